#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lianwu_fuzz::log_block::run(data));
