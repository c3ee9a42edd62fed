//! Why a device's certificate does not let it in.

use super::{Detector, Entry, Severity, refused, text};
use crate::diagnosis::checks;

pub(super) const ENTRIES: &[Entry] = &[
    Entry {
        id: "faq-41-certificate",
        severity: Severity::Error,
        title: text("证书文件不对", "A wrong certificate"),
        cause: text(
            "设备出示的证书不能证明它的身份：签发者不是该产品的 CA、CN 不是 ProductId 加 DeviceName、证书已被替换，或设备重建过；是哪一种见证据。",
            "The certificate the device showed does not prove it: not issued by the product's authority, another common name, replaced, or from before the device was made anew. \
             The evidence says which.",
        ),
        cure: text(
            "烧录该设备自己的证书与私钥（CreateDevice 返回，或用 RenewDeviceCertificate 换发）；自有 CA 须用 CreatePrivateCA 登记并与产品绑定。",
            "Flash the device's own certificate and key, from CreateDevice or RenewDeviceCertificate; an authority of your own must be registered with CreatePrivateCA and bound to the product.",
        ),
        detector: refused(&[
            "is not the authority of the product",
            "of the certificate is not the ProductId",
            "the certificate chain is",
            "the certificate cannot be used",
            "the certificate is not the one on record",
            "that issued the certificate has expired or is not valid yet",
        ]),
    },
    Entry {
        id: "faq-56-certificate",
        severity: Severity::Error,
        title: text("证书签名不匹配（rsa-sha256）", "The signature does not fit the certificate (rsa-sha256)"),
        cause: text(
            "密码或请求的 rsa-sha256 签名不是用登记证书的私钥计算的：私钥属于另一台设备、证书已换发，或签名内容不是 UserName（HTTP 为签名原文）。",
            "The rsa-sha256 signature of the password or the request was not made with the private key of the certificate on record: another device's key, one from before a renewal, \
             or something else than the user name (over HTTP: the text to sign) was signed.",
        ),
        cure: text(
            "用与 DescribeDevice 中证书成对的私钥，对 UserName 做 RSA-SHA256（PKCS #1 v1.5）；私钥丢失时用 RenewDeviceCertificate 换发。",
            "Sign the user name with RSA-SHA256 (PKCS #1 v1.5) and the private key of the certificate that DescribeDevice shows; RenewDeviceCertificate gives another if the key is lost.",
        ),
        detector: refused(&["is not that of the certificate on record"]),
    },
    Entry {
        id: "faq-55-record",
        severity: Severity::Error,
        title: text("平台没有该设备的证书", "The platform has no certificate of the device"),
        cause: text(
            "设备用 rsa-sha256 签名登录，但创建时没有登记证书，平台无从校验。",
            "The device signs in with rsa-sha256, but it was created without its certificate, so nothing can check the signature.",
        ),
        cure: text(
            "创建设备时用 TlsCrt 登记证书，或用 RenewDeviceCertificate 登记；或通过 8883 端口用证书握手登录。",
            "Give CreateDevice its certificate as TlsCrt, or put one on record with RenewDeviceCertificate; or sign in over port 8883 with the certificate in the handshake.",
        ),
        detector: refused(&["no certificate of the device is on record"]),
    },
    Entry {
        id: "faq-42-certificate",
        severity: Severity::Error,
        title: text("证书尚未生效：时钟不正确", "The certificate is not valid yet: a clock is wrong"),
        cause: text(
            "设备证书的生效时间在将来：签发证书的机器时钟快了，或服务器时钟慢了；偏差见证据。",
            "The device's certificate begins in the future: the clock of the machine that issued it is ahead, or the server's is behind. The evidence shows by how much.",
        ),
        cure: text(
            "校准两处时钟（NTP）；时钟快时签发的证书需要重新签发，或等到它生效。",
            "Set both clocks (NTP); issue a certificate made with a wrong clock again, or wait until it is valid.",
        ),
        detector: Detector::Check(checks::certificate_to_come),
    },
    Entry {
        id: "faq-54-certificate",
        severity: Severity::Error,
        title: text("证书已过期", "The certificate has expired"),
        cause: text(
            "设备证书的有效期已过，之前能连接，之后被拒绝；过期时间见证据。",
            "The device's certificate is over: it worked before and is refused now. The evidence shows when.",
        ),
        cure: text(
            "用 RenewDeviceCertificate 换发，或用自有 CA 重新签发，并烧录到设备。",
            "Give the device another one with RenewDeviceCertificate, or issue one with your own authority, and flash it.",
        ),
        detector: Detector::Check(checks::certificate_over),
    },
    Entry {
        id: "faq-55-key",
        severity: Severity::Error,
        title: text("产品使用密钥认证", "The product uses keys"),
        cause: text(
            "设备出示了证书或用证书签名（rsa-sha256），而产品的认证方式是密钥。",
            "The device showed a certificate, or signed with one (rsa-sha256), and the product's devices sign in with keys.",
        ),
        cure: text(
            "去掉证书，用密钥（TLS-PSK 或密码）连接，或新建证书认证的产品。",
            "Sign in with the key (TLS-PSK or a password) and no certificate, or make a product with certificates.",
        ),
        detector: refused(&["the product's devices sign in with keys, not with certificates"]),
    },
];
