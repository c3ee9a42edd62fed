//! Writing system topics. Each function appends to `out`, so one buffer serves many messages.

use lianwu_model::ProductId;

use super::{DownTopic, RrpcFamily, UpTopic};

/// Appends the topic a message of this kind goes down on.
///
/// For the two RRPC kinds, whose topics end in a process id, use [`rrpc_down_topic`]: here they get no last level.
pub fn down_topic(kind: DownTopic, product: ProductId, device: &str, out: &mut String) {
    write(kind.prefix(), product, device, out);
}

/// Appends the topic a device publishes on. For RRPC answers use [`rrpc_up_topic`].
pub fn up_topic(kind: UpTopic, product: ProductId, device: &str, out: &mut String) {
    write(kind.prefix(), product, device, out);
}

/// Appends the topic of a question to a device. `process` is one level: not empty, no `/`, `+` or `#`.
pub fn rrpc_down_topic(family: RrpcFamily, product: ProductId, device: &str, process: &str, out: &mut String) {
    down_topic(family.down(), product, device, out);
    out.push('/');
    out.push_str(process);
}

/// Appends the topic of a device's answer; `process` is copied from the question.
pub fn rrpc_up_topic(family: RrpcFamily, product: ProductId, device: &str, process: &str, out: &mut String) {
    up_topic(family.up(), product, device, out);
    out.push('/');
    out.push_str(process);
}

/// Appends the filter with which a device subscribes to this kind, the `+` of the RRPC kinds included.
pub fn subscription_filter(kind: DownTopic, product: ProductId, device: &str, out: &mut String) {
    down_topic(kind, product, device, out);
    if kind.rrpc().is_some() {
        out.push_str("/+");
    }
}

fn write(prefix: &str, product: ProductId, device: &str, out: &mut String) {
    out.reserve(prefix.len() + ProductId::LEN + 1 + device.len());
    out.push_str(prefix);
    out.push_str(product.as_str());
    out.push('/');
    out.push_str(device);
}
