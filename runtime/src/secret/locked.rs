//! Bytes in pages of their own: kept out of swap and core files, and overwritten when they are let go.

use zeroize::Zeroize as _;

/// What fits: a credential of 4096 bytes, each percent-encoded, and a scheme before it.
const BYTES_MAX: usize = 16 * 1024;

/// No other data shares its pages, so what the kernel is asked for them concerns nothing else.
#[repr(C, align(4096))]
struct Pages([u8; BYTES_MAX]);

/// Bytes that do not leave their pages.
pub(super) struct Locked {
    pages: Box<Pages>,
    length: usize,
}

impl Locked {
    /// Puts texts one behind the other. None where they do not fit.
    pub(super) fn new(parts: &[&str]) -> Option<Self> {
        let mut pages = Box::new(Pages([0; BYTES_MAX]));
        // Before anything stands in them.
        keep(&pages);
        let mut length = 0;
        for part in parts {
            let end = length + part.len();
            let Some(place) = pages.0.get_mut(length..end) else {
                pages.0.zeroize();
                release(&pages);
                return None;
            };
            place.copy_from_slice(part.as_bytes());
            length = end;
        }
        Some(Self { pages, length })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.pages.0[..self.length]
    }
}

impl Drop for Locked {
    fn drop(&mut self) {
        self.pages.0.zeroize();
        release(&self.pages);
    }
}

/// Asks for pages that are neither swapped nor dumped. A limit on locked memory (`ulimit -l`) is no reason not to start:
/// this is on top of a core limit of 0.
#[expect(unsafe_code, reason = "the calls take an address; these pages are this program's, and stay where they are")]
fn keep(pages: &Pages) {
    let start = (&raw const pages.0).cast_mut().cast();
    // SAFETY: the range is that of one live allocation, and neither call changes what stands in it.
    let _ = unsafe { rustix::mm::mlock(start, BYTES_MAX) };
    #[cfg(target_os = "linux")]
    // SAFETY: as above.
    let _ = unsafe { rustix::mm::madvise(start, BYTES_MAX, rustix::mm::Advice::LinuxDontDump) };
}

/// Gives the pages back as they came, since the allocator hands them to others.
#[expect(unsafe_code, reason = "the calls take an address; these pages are this program's, and stay where they are")]
fn release(pages: &Pages) {
    let start = (&raw const pages.0).cast_mut().cast();
    // SAFETY: the range is that of one live allocation, and neither call changes what stands in it.
    let _ = unsafe { rustix::mm::munlock(start, BYTES_MAX) };
    #[cfg(target_os = "linux")]
    // SAFETY: as above.
    let _ = unsafe { rustix::mm::madvise(start, BYTES_MAX, rustix::mm::Advice::LinuxDoDump) };
}

#[cfg(test)]
mod tests {
    use super::{BYTES_MAX, Locked};

    #[test]
    fn bytes_stand_in_pages_of_their_own() {
        let locked = Locked::new(&["ab", "", "c"]).expect("they fit");
        assert_eq!(locked.bytes(), b"abc");
        assert_eq!(locked.bytes().as_ptr().addr() % 4096, 0);
        assert!(Locked::new(&["x", &"x".repeat(BYTES_MAX)]).is_none());
    }

    /// The kernel says of each mapping how much of it is locked.
    #[cfg(target_os = "linux")]
    #[test]
    fn the_kernel_neither_swaps_nor_dumps_them() {
        let locked = Locked::new(&["canary"]).expect("it fits");
        let address = locked.bytes().as_ptr().addr();
        let maps = std::fs::read_to_string("/proc/self/smaps").expect("there is one");
        let mut is_here = false;
        let mut flags = "";
        for line in maps.lines() {
            let range = line.split(' ').next().and_then(|range| range.split_once('-'));
            let bounds = range.and_then(|(start, end)| {
                Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?))
            });
            if let Some((start, end)) = bounds {
                is_here = (start..end).contains(&address);
            } else if let Some(found) = line.strip_prefix("VmFlags:").filter(|_| is_here) {
                flags = found;
            }
        }
        let has = |flag: &str| flags.split_whitespace().any(|one| one == flag);
        assert!(has("lo") && has("dd"), "{flags}");
    }
}
