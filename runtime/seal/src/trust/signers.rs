//! `allowed_signers` (ssh-keygen(1)): who may sign what.
//!
//! One line `PRINCIPALS [namespaces="…"] KIND KEY [COMMENT]`. Principals and namespaces are names, separated by commas. What
//! ssh-keygen has besides (patterns, certificate authorities, dates) is an error: left out in silence, it would let somebody in
//! or keep somebody out. Dates are none of it, because the clock of an isolated machine is nobody's word.

use crate::sshsig::PublicKey;

/// A name longer than this is refused, in bytes.
const NAME_BYTES_MAX: usize = 256;

/// Who may sign.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Signers(Vec<Signer>);

/// One line.
#[derive(Clone, Debug, PartialEq)]
struct Signer {
    principals: Vec<String>,
    /// None where every one is meant.
    namespaces: Option<Vec<String>>,
    key: PublicKey,
}

impl Signer {
    fn is_for(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_none_or(|namespaces| namespaces.iter().any(|one| one == namespace))
    }
}

impl Signers {
    /// Reads the file's text. Faults begin with the line's number and go behind the file's name.
    pub fn read(text: &str) -> Result<Self, String> {
        let mut signers = Vec::new();
        for (at, line) in text.split('\n').enumerate() {
            let told = |fault: String| format!("line {}: {fault}", at + 1);
            if line.contains('\r') {
                return Err(told(
                    "ends as on Windows, which ssh-keygen reads as part of a name; end lines with LF".to_owned(),
                ));
            }
            let line = line.trim_matches([' ', '\t']);
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            signers.push(signer(line).map_err(told)?);
        }
        Ok(Self(signers))
    }

    /// Whether this key may sign under this name in a namespace.
    pub fn admits(&self, principal: &str, namespace: &str, key: &PublicKey) -> bool {
        let is_named = |signer: &Signer| signer.principals.iter().any(|one| one == principal);
        self.0.iter().any(|signer| signer.key == *key && is_named(signer) && signer.is_for(namespace))
    }

    /// The names that may sign in a namespace, sorted, each once.
    pub fn principals(&self, namespace: &str) -> Vec<&str> {
        let of = self.0.iter().filter(|signer| signer.is_for(namespace));
        let mut names: Vec<&str> = of.flat_map(|signer| signer.principals.iter().map(String::as_str)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// The keys that may sign in a namespace, under whatever name.
    pub fn keys(&self, namespace: &str) -> Vec<PublicKey> {
        self.0.iter().filter(|signer| signer.is_for(namespace)).map(|signer| signer.key.clone()).collect()
    }
}

fn signer(line: &str) -> Result<Signer, String> {
    let (principals, rest) = line.split_once([' ', '\t']).ok_or("holds no key")?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let (options, key) = if rest.starts_with("ssh-") || rest.starts_with("ecdsa-") {
        (None, rest)
    } else {
        let (options, key) = rest.split_once([' ', '\t']).ok_or("holds no key")?;
        (Some(options), key)
    };
    let namespaces = match options {
        None => None,
        Some(options) => {
            let list = options.strip_prefix("namespaces=\"").and_then(|list| list.strip_suffix('"'));
            Some(names(list.ok_or("has options besides `namespaces=\"…\"`, which are not understood here")?)?)
        }
    };
    Ok(Signer { principals: names(principals)?, namespaces, key: PublicKey::read_line(key)? })
}

/// Names separated by commas.
fn names(list: &str) -> Result<Vec<String>, String> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && !b"*?!\"\\".contains(&byte);
    list.split(',')
        .map(|name| {
            if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.bytes().all(is_plain) {
                let shown: String = name.escape_debug().take(40).collect();
                return Err(format!(
                    "`{shown}` is no name; patterns (`*`, `?`, `!`) and quotes are not understood here"
                ));
            }
            Ok(name.to_owned())
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::Signers;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

    #[test]
    fn names_and_namespaces_are_taken_as_they_stand() {
        let text = format!("# ours\n\n a,b@c.d\tnamespaces=\"x,y\"  {KEY} comment\nc {KEY}\n");
        let signers = Signers::read(&text).expect("is well formed");
        let key = &signers.keys("x")[0];
        for (principal, namespace, admitted) in [
            ("a", "x", true),
            ("b@c.d", "y", true),
            ("a", "z", false),
            ("c", "z", true),
            ("A", "x", false),
            ("", "x", false),
        ] {
            assert_eq!(signers.admits(principal, namespace, key), admitted, "{principal} {namespace}");
        }
        assert_eq!((signers.principals("x"), signers.principals("z")), (vec!["a", "b@c.d", "c"], vec!["c"]));
    }

    #[test]
    fn what_is_not_understood_is_an_error_with_its_line() {
        for (line, part) in [
            ("one".to_owned(), "line 2: holds no key"),
            (format!("one cert-authority {KEY}"), "has options besides"),
            (format!("one valid-before=\"20300101\" {KEY}"), "has options besides"),
            (format!("one namespaces=\"a\",valid-after=\"20300101\" {KEY}"), "is no name"),
            (format!("one namespaces=\"a b\" {KEY}"), "has options besides"),
            (format!("one namespaces=\"\" {KEY}"), "is no name"),
            (format!("one namespaces=\"a*\" {KEY}"), "is no name"),
            (format!("* {KEY}"), "is no name"),
            (format!("one,!two {KEY}"), "is no name"),
            (format!("\"one\" {KEY}"), "is no name"),
            (format!("one,,two {KEY}"), "is no name"),
            (format!("one {KEY}\r"), "end lines with LF"),
            ("one ssh-rsa AAAA".to_owned(), "is no public key"),
        ] {
            let fault = Signers::read(&format!("\n{line}\n")).expect_err(&line);
            assert!(fault.starts_with("line 2: ") && fault.contains(part), "{line}: {fault}");
        }
    }
}
