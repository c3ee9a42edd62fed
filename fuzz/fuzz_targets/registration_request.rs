#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lianwu_fuzz::registration_request::run(data));
