#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lianwu_fuzz::report_check::run(data));
