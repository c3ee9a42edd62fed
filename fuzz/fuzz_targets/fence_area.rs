#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lianwu_fuzz::fence_area::run(data));
