//! Whole-system tests: one file in `tests/` per subject, programs for the vendor's SDKs in `python/` and `node/`.
//!
//! Each test starts the real binary on its own data and ports, so all of them may run at once. What runs against what
//! is listed in docs/compatibility.md; start reading at `tests/python_device.rs`.
