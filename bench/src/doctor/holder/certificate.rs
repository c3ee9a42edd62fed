//! A device's certificate and private key.

use lianwu_device_protocol::credentials::SDK_APP_ID;
use lianwu_model::{DeviceName, ProductId, UnixMillis};
use openssl::asn1::{Asn1Time, Asn1TimeRef};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::{X509, X509Ref};

use super::{Held, TlsProof};
use crate::doctor::Transport;
use crate::doctor::steps::{Failure, Seen, StepResult};
use crate::doctor::words::Words;

pub(super) fn check(
    (product, device): (ProductId, DeviceName),
    chain: &[u8],
    key: &[u8],
    transport: Transport,
) -> StepResult<Held> {
    let chain = X509::stack_from_pem(chain).ok().filter(|chain| !chain.is_empty());
    let chain = chain.ok_or_else(|| unreadable("certificate", "证书", "-----BEGIN CERTIFICATE-----"))?;
    let key = PKey::private_key_from_pem(key)
        .map_err(|_| unreadable("private key", "私钥", "-----BEGIN PRIVATE KEY-----"))?;
    let own = &chain[0];
    if !own.public_key().is_ok_and(|public| public.public_eq(&key)) {
        return Err(Failure::new(
            Words::fact(name_of(own)),
            Words::new(
                "私钥与证书不配对：不是同一台设备的文件。",
                "The private key does not belong to the certificate: the files are of different devices.",
            ),
            Words::new(
                "使用 CreateDevice 返回的同一组 DeviceCert 与 DevicePrivateKey。",
                "Use DeviceCert and DevicePrivateKey of one answer of CreateDevice.",
            ),
        ));
    }
    let wanted = format!("{product}{device}");
    if name_of(own) != wanted {
        return Err(Failure::new(
            Words::fact(format!("CN {}", name_of(own))),
            Words::new(
                format!("证书属于 {}，不是设备 {wanted}。", name_of(own)),
                format!("The certificate is that of {}, not of {wanted}.", name_of(own)),
            ),
            Words::new(
                "烧录该设备自己的证书，或改正 ProductId 与 DeviceName。",
                "Flash the device's own certificate, or correct ProductId and DeviceName.",
            ),
        ));
    }
    check_dates(own)?;
    let seen = Words::new(
        format!("CN {wanted}，有效期至 {}", own.not_after()),
        format!("CN {wanted}, valid until {}", own.not_after()),
    );
    let user_name = format!("{wanted};{SDK_APP_ID};dctor;{}", super::now().seconds() + super::VALID_SECONDS);
    let names = Some((product, device));
    // Where no handshake asks for the certificate, its key signs the user name. Source: spec/device-protocol.md 2.3.
    let (password, tls) = match transport {
        Transport::Mqtts => (None, TlsProof::Certificate { chain, key }),
        _ => (Some(signed(&key, &user_name)?), TlsProof::Nothing),
    };
    Ok(Seen::new(Held { client_id: wanted, user_name: Some(user_name), password, tls, names }, seen))
}

/// A password by rsa-sha256.
fn signed(key: &PKey<Private>, user_name: &str) -> Result<String, Failure> {
    let signature = Signer::new(MessageDigest::sha256(), key)
        .and_then(|mut signer| signer.sign_oneshot_to_vec(user_name.as_bytes()))
        .map_err(|_| unreadable("private key", "私钥", "-----BEGIN PRIVATE KEY-----"))?;
    Ok(format!("{};rsa-sha256", hex::encode(signature)))
}

fn unreadable(en: &str, zh: &str, begin: &str) -> Failure {
    Failure::new(
        Words::fact(format!("{en}: not PEM")),
        Words::new(format!("{zh}文件不是 PEM。"), format!("The file with the {en} is not PEM.")),
        Words::new(
            format!("文件应以 {begin} 开头，且未加密。"),
            format!("It begins with {begin}, and is not encrypted."),
        ),
    )
}

/// The common name; empty when there is none.
fn name_of(certificate: &X509Ref) -> String {
    let entry = certificate.subject_name().entries_by_nid(Nid::COMMONNAME).next();
    entry.and_then(|entry| entry.data().to_string().ok()).unwrap_or_default()
}

fn check_dates(own: &X509Ref) -> Result<(), Failure> {
    let now = super::now();
    if let Some(seconds) = seconds_from(now, own.not_before()).filter(|seconds| *seconds > 0) {
        return Err(not_yet(&format!("valid from {}", own.not_before()), seconds));
    }
    match seconds_from(now, own.not_after()) {
        Some(seconds) if seconds < 0 => Err(Failure::new(
            Words::fact(format!("valid until {}", own.not_after())),
            Words::new(
                format!("设备证书已过期 {} 秒（按本机时钟）。", -seconds),
                format!("The device's certificate expired {} s ago by this machine's clock.", -seconds),
            ),
            Words::new(
                "为设备签发新证书；若日期看起来正确，请校准本机时钟。",
                "Give the device a new certificate; if the date looks right, set this machine's clock.",
            ),
        )),
        _ => Ok(()),
    }
}

/// A date that is still to come: mostly a clock that is behind.
pub(in crate::doctor) fn not_yet(seen: &str, seconds: i64) -> Failure {
    Failure::new(
        Words::fact(seen),
        Words::new(
            format!("证书尚未生效：本机时钟比其生效时间早 {seconds} 秒，多半是时钟慢了至少这么多。"),
            format!(
                "The certificate is not valid yet: this machine's clock is {seconds} s before its first day, so most likely that much behind or more."
            ),
        ),
        Words::new("校准时钟（NTP）后重试。", "Set the clock (NTP), then try again."),
    )
}

/// How far a moment lies ahead; negative when it has passed.
pub(in crate::doctor) fn seconds_from(now: UnixMillis, moment: &Asn1TimeRef) -> Option<i64> {
    let now = Asn1Time::from_unix(i64::try_from(now.seconds()).ok()?).ok()?;
    let ahead = now.diff(moment).ok()?;
    Some(i64::from(ahead.days) * 86_400 + i64::from(ahead.secs))
}
