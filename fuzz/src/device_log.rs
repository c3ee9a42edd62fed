//! Uploads of devices' own logs in the C SDK's form: whatever is read is bounded, and none is accepted without the key.
//!
//! Input: the body of a request.

use lianwu_device_protocol::device_log::FirstForm;

pub fn run(data: &[u8]) {
    let Ok(form) = FirstForm::parse(data) else { return };
    // The corpus holds an upload signed with another key; this one nobody has.
    assert!(!form.is_signed_with("kept from the fuzzer by nothing but chance"), "accepted without the key");
    assert_eq!(form.product.len(), 10);
    assert!(form.device.len() <= 48 && !form.device.ends_with('#'), "{form:?}");
    assert!(form.sent < 10_000_000_000);
    let mut texts = 0;
    for line in form.lines() {
        assert!(!line.text.is_empty() && !line.text.contains("\n\x0c"), "{line:?}");
        texts += line.text.len();
    }
    // A byte that is no text becomes a character of three.
    assert!(texts <= 3 * data.len());
}
