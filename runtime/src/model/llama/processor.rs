//! Which instructions llama.cpp was compiled for, and whether this processor has them.
//!
//! llama.cpp does not look itself: on an older processor it would end the process by an illegal instruction. Rust is compiled for
//! the baseline of the target, and nothing of llama.cpp that runs before `main` has instructions beyond it
//! (`tests/imports.sh`), so this runs anywhere.

use super::super::ModelError;

/// What llama.cpp was compiled for. A release says it when it is built; otherwise llama.cpp takes this level by itself.
const LEVEL: &str = match option_env!("AIRLOCK_CPU") {
    Some(level) => level,
    None => "x86-64-v3",
};

/// What a processor says of itself (`CPUID`), and whether the system saves the wide registers.
#[derive(Clone, Copy, Debug, Default)]
struct Processor {
    /// Leaf 1, ECX.
    basic: u32,
    /// Leaf 7, EBX.
    structured: u32,
    /// Leaf 0x8000_0001, ECX.
    extended: u32,
    /// `XCR0` has the bits of SSE and AVX.
    saves_wide: bool,
}

/// Refuses on a processor that lacks instructions that llama.cpp was compiled for.
pub(crate) fn check_processor() -> Result<(), ModelError> {
    #[cfg(target_arch = "x86_64")]
    if LEVEL == "x86-64-v3" {
        let missing = missing(read());
        if !missing.is_empty() {
            return Err(ModelError::Load(told(&missing)));
        }
    }
    Ok(())
}

/// The answers of the processor, and not of the compiler: where Rust itself is compiled for more, its macro does not ask.
#[cfg(target_arch = "x86_64")]
fn read() -> Processor {
    use core::arch::x86_64::{__cpuid, __cpuid_count};
    let leaf_max = __cpuid(0).eax;
    let extended_max = __cpuid(0x8000_0000).eax;
    Processor {
        basic: __cpuid(1).ecx,
        structured: if leaf_max >= 7 { __cpuid_count(7, 0).ebx } else { 0 },
        extended: if extended_max >= 0x8000_0001 { __cpuid(0x8000_0001).ecx } else { 0 },
        // That is of the system, and only the macro reads it without `unsafe`.
        saves_wide: is_x86_feature_detected!("avx"),
    }
}

/// What is missing for x86-64-v3, by the names of `/proc/cpuinfo` (System V ABI, AMD64, section 3.1.1).
fn missing(processor: Processor) -> Vec<&'static str> {
    let Processor { basic, structured, extended, saves_wide } = processor;
    let has = [
        ("ssse3", basic >> 9 & 1),
        ("fma", basic >> 12 & 1),
        ("sse4_1", basic >> 19 & 1),
        ("sse4_2", basic >> 20 & 1),
        ("movbe", basic >> 22 & 1),
        ("popcnt", basic >> 23 & 1),
        ("osxsave", basic >> 27 & 1),
        ("avx", basic >> 28 & u32::from(saves_wide)),
        ("f16c", basic >> 29 & 1),
        ("bmi1", structured >> 3 & 1),
        ("avx2", structured >> 5 & u32::from(saves_wide)),
        ("bmi2", structured >> 8 & 1),
        ("abm", extended >> 5 & 1),
    ];
    has.iter().filter(|(_, there)| *there == 0).map(|(name, _)| *name).collect()
}

fn told(missing: &[&str]) -> String {
    format!(
        "this program is built for processors of the level {LEVEL} (Intel since Haswell, AMD since Excavator), and this one \
         lacks {}. Run it elsewhere, use a model server (`--endpoint`), or build it with AIRLOCK_CPU=x86-64 GGML_AVX=OFF \
         GGML_AVX2=OFF GGML_FMA=OFF GGML_F16C=OFF GGML_BMI2=OFF GGML_SSE42=OFF in the environment",
        missing.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::{Processor, missing, told};

    /// CPUID of an Intel Core i7-4770 (Haswell), and of a Xeon X5570 (Nehalem).
    const HASWELL: Processor =
        Processor { basic: 0x7ffa_fbbf, structured: 0x0000_27ab, extended: 0x0000_0021, saves_wide: true };
    const NEHALEM: Processor =
        Processor { basic: 0x009c_e3bd, structured: 0, extended: 0x0000_0001, saves_wide: false };

    #[test]
    fn an_old_processor_is_told_by_what_it_lacks() {
        assert_eq!(missing(HASWELL), [""; 0]);
        assert_eq!(missing(NEHALEM), ["fma", "movbe", "osxsave", "avx", "f16c", "bmi1", "avx2", "bmi2", "abm"]);
        let text = told(&missing(NEHALEM));
        assert!(text.contains("lacks fma, movbe, osxsave, avx,") && text.contains("--endpoint"), "{text}");
    }

    #[test]
    fn a_system_that_does_not_save_the_wide_registers_has_no_avx() {
        assert_eq!(missing(Processor { saves_wide: false, ..HASWELL }), ["avx", "avx2"]);
    }

    #[test]
    fn each_bit_counts() {
        for bit in [9, 12, 19, 20, 22, 23, 27, 28, 29] {
            let processor = Processor { basic: HASWELL.basic & !(1 << bit), ..HASWELL };
            assert_eq!(missing(processor).len(), 1, "bit {bit}");
        }
        for bit in [3, 5, 8] {
            let processor = Processor { structured: HASWELL.structured & !(1 << bit), ..HASWELL };
            assert_eq!(missing(processor).len(), 1, "bit {bit}");
        }
        assert_eq!(missing(Processor { extended: 1, ..HASWELL }), ["abm"]);
    }
}
