//! Why a device is not given its secret.

use lianwu_ports::record::RecordKind;

use super::{Cure, Detector, Entry, Pattern, Severity, Text, text};

/// A registration refused for one of these reasons, and neither a good one nor a sign-in since.
const fn refused(notes: &'static [&'static str]) -> Detector {
    let kinds = &[RecordKind::Registration];
    Detector::Records(Pattern { kinds, code: None, notes, without: &[], cure: Cure::SignIn })
}

const TITLE: Text = text("动态注册被拒绝", "Dynamic registration is refused");

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-59-signature",
        severity: Severity::Error,
        title: TITLE,
        cause: text(
            "签名不是用本产品的 ProductSecret 计算的：密钥写错、属于别的产品或别的部署，或签名原文有误。",
            "The signature was not made with this product's ProductSecret: misspelled, another product's or another deployment's, or something else was signed.",
        ),
        cure: text(
            "用 DescribeProductDynamicRegister 查看 ProductSecret，与固件中的逐字符核对。",
            "Take ProductSecret from DescribeProductDynamicRegister and compare it with the firmware letter by letter.",
        ),
        detector: refused(&["signature error", "X-TC-"]),
    },
    Entry {
        id: "faq-59-off",
        severity: Severity::Error,
        title: TITLE,
        cause: text("产品没有开启动态注册。", "Dynamic registration is off for the product."),
        cure: text(
            "在发布产品前用 ModifyProductDynamicRegister 开启（RegisterType 1 或 2）。",
            "Switch it on with ModifyProductDynamicRegister (RegisterType 1 or 2), before the product is released.",
        ),
        detector: refused(&["registration is off"]),
    },
    Entry {
        id: "faq-59-unknown",
        severity: Severity::Error,
        title: TITLE,
        cause: text(
            "设备名称不合法，或尚未创建，而产品不允许自动创建。",
            "The device name is none, or was not created before and the product creates none by registration.",
        ),
        cure: text(
            "核对 DeviceName；用 CreateDevice 预先创建，或把 RegisterType 设为 2（自动创建）。",
            "Check DeviceName; create it with CreateDevice, or set RegisterType to 2 (created by registration).",
        ),
        detector: refused(&["registration does not create devices", "is not a device name"]),
    },
    Entry {
        id: "faq-59-activated",
        severity: Severity::Error,
        title: TITLE,
        cause: text(
            "设备已经连接过平台；每台设备只能在首次连接之前注册。多半是设备没有保存 DeviceSecret，或两台设备用了同一个名称。",
            "The device has signed in before, and registers only until then. Mostly it did not keep its DeviceSecret, or two devices share a name.",
        ),
        cure: text(
            "让固件把 DeviceSecret 存入掉电不丢失的存储；要重新注册，先删除设备（历史数据随之不再可见）再注册。",
            "Let the firmware keep DeviceSecret over a power cut. To register again, delete the device first (its history is no longer shown).",
        ),
        detector: refused(&["registers only once"]),
    },
    Entry {
        id: "faq-59-quota",
        severity: Severity::Error,
        title: TITLE,
        cause: text(
            "产品的设备数量已达 RegisterLimit，或未发布产品的设备上限。",
            "The product has as many devices as RegisterLimit, or as a product that is not released may have.",
        ),
        cure: text(
            "提高 RegisterLimit、发布产品，或删除不用的设备。",
            "Raise RegisterLimit, release the product, or delete devices that are not used.",
        ),
        detector: refused(&["registration creates no more"]),
    },
    Entry {
        id: "faq-59-certificate",
        severity: Severity::Error,
        title: TITLE,
        cause: text(
            "产品信任自有 CA，注册请求没有带设备证书，或所带证书不能使用（签发者、CN、有效期）。",
            "The product trusts an authority of its account, and the request brought no certificate, or one that cannot be used (its issuer, common name or dates).",
        ),
        cure: text(
            "在 /device/register 的请求体中用 ClientCert 提交由该 CA 签发、CN 为 ProductId 加 DeviceName 的证书；或解除绑定（DeleteProductPrivateCA），由平台签发。",
            "Send a certificate of that authority with the ProductId followed by the DeviceName as its common name, as ClientCert in the body of /device/register; or unbind the authority (DeleteProductPrivateCA), and the platform issues certificates.",
        ),
        detector: refused(&["as ClientCert", "the certificate is refused"]),
    },
];
