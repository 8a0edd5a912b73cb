#![no_main]

use airlock_fuzz::{mutate, normaliser};
use libfuzzer_sys::{fuzz_mutator, fuzz_target, fuzzer_mutate};

fuzz_target!(|data: &[u8]| normaliser::run(data));

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate::json(data, size, max_size, seed, normaliser::WORDS).unwrap_or_else(|| fuzzer_mutate(data, size, max_size))
});
