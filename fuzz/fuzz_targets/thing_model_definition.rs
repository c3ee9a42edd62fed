#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| lianwu_fuzz::thing_model_definition::run(data));
