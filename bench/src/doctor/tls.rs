//! The handshake: by the device's key, or with the server's certificate checked.

use std::net::{IpAddr, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};

use openssl::error::ErrorStack;
use openssl::ssl::{
    HandshakeError, Ssl, SslContext, SslContextBuilder, SslMethod, SslStream, SslVerifyMode, SslVersion,
};
use openssl::x509::{X509, X509VerifyResult};

use super::Question;
use super::channel::Channel;
use super::holder::certificate::{not_yet, seconds_from};
use super::holder::{Held, TlsProof, now};
use super::steps::{Failure, Seen, StepResult};
use super::words::Words;

/// The suites of the vendor's C SDK.
const KEY_SUITES: &str = "PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA";

// Numbers of OpenSSL's verify results.
const NOT_YET_VALID: i32 = 9;
const EXPIRED: i32 = 10;
const HOST_MISMATCH: i32 = 62;
const ADDRESS_MISMATCH: i32 = 64;

/// The first thing wrong with the server's chain, and the certificate it is wrong with.
type Complaint = Arc<Mutex<Option<(X509VerifyResult, X509)>>>;

/// Shakes hands.
pub(super) fn secure(question: &Question, held: &Held, socket: TcpStream) -> StepResult<Channel> {
    let complaint = Complaint::default();
    let prepared = prepare(question, held, &complaint).map_err(|error| local(&error))?;
    socket.set_read_timeout(Some(question.timeout)).map_err(|error| local(&error))?;
    let shaken = prepared.connect(socket);
    let complaint = complaint.lock().unwrap_or_else(PoisonError::into_inner).take();
    match (shaken, complaint) {
        (_, Some((result, certificate))) => Err(distrusted(question, result, &certificate)),
        (Ok(stream), None) => {
            let seen = describe(&stream);
            Ok(Seen::new(Channel::secured(stream), seen))
        }
        (Err(HandshakeError::SetupFailure(error)), None) => Err(local(&error)),
        (Err(HandshakeError::Failure(broken) | HandshakeError::WouldBlock(broken)), None) => {
            Err(failed(question, held, broken.error()))
        }
    }
}

fn prepare(question: &Question, held: &Held, complaint: &Complaint) -> anyhow::Result<Ssl> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_min_proto_version(Some(SslVersion::TLS1_2))?;
    if let TlsProof::Key { identity, key } = &held.tls {
        context.set_max_proto_version(Some(SslVersion::TLS1_2))?;
        show_key(&mut context, identity, key)?;
        return Ok(Ssl::new(&context.build())?);
    }
    match &question.authorities {
        Some(file) => context.set_ca_file(file)?,
        None => context.set_default_verify_paths()?,
    }
    if let TlsProof::Certificate { chain, key } = &held.tls {
        context.set_certificate(&chain[0])?;
        for above in &chain[1..] {
            context.add_extra_chain_cert(above.clone())?;
        }
        context.set_private_key(key)?;
    }
    let first = Arc::clone(complaint);
    // What is wrong is told afterwards: an alert of ours would end the handshake without its certificate being seen.
    context.set_verify_callback(SslVerifyMode::PEER, move |is_good, found| {
        if !is_good && let Some(certificate) = found.current_cert() {
            let mut first = first.lock().unwrap_or_else(PoisonError::into_inner);
            first.get_or_insert_with(|| (found.error(), certificate.to_owned()));
        }
        true
    });
    let mut ssl = Ssl::new(&context.build())?;
    match question.server.host.parse::<IpAddr>() {
        Ok(address) => ssl.param_mut().set_ip(address)?,
        Err(_) => {
            ssl.set_hostname(&question.server.host)?;
            ssl.param_mut().set_host(&question.server.host)?;
        }
    }
    Ok(ssl)
}

/// Proves the device by its key, over TLS or DTLS.
pub(super) fn show_key(context: &mut SslContextBuilder, identity: &str, key: &[u8]) -> Result<(), ErrorStack> {
    context.set_cipher_list(KEY_SUITES)?;
    let (identity, key) = (identity.to_owned(), key.to_vec());
    context.set_psk_client_callback(move |_, _hint, name, secret| {
        // OpenSSL wants the identity to end with a NUL.
        let text = identity.as_bytes();
        if text.len() >= name.len() || key.len() > secret.len() {
            return Ok(0);
        }
        name[..text.len()].copy_from_slice(text);
        name[text.len()] = 0;
        secret[..key.len()].copy_from_slice(&key);
        Ok(key.len())
    });
    Ok(())
}

fn describe(stream: &SslStream<TcpStream>) -> Words {
    let ssl = stream.ssl();
    let suite = ssl.current_cipher().map_or("", |cipher| cipher.name());
    let version = ssl.version_str();
    match ssl.peer_certificate() {
        Some(certificate) => Words::new(
            format!("{version}，{suite}，服务器证书有效期至 {}", certificate.not_after()),
            format!("{version}, {suite}, server certificate valid until {}", certificate.not_after()),
        ),
        None => Words::fact(format!("{version}, {suite}")),
    }
}

/// Something on this machine.
fn local(error: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        Words::fact(error.to_string()),
        Words::new(
            "本机无法准备 TLS：CA 文件无法读取，或 OpenSSL 不支持。",
            "TLS cannot be prepared here: the CA file cannot be read, or OpenSSL lacks something.",
        ),
        Words::new("检查 --ca 指定的 PEM 文件。", "Look at the PEM file of --ca."),
    )
}

/// The handshake would have gone through, but the server is not to be trusted.
fn distrusted(question: &Question, result: X509VerifyResult, certificate: &X509) -> Failure {
    let (from, until) = (certificate.not_before(), certificate.not_after());
    let seen = Words::fact(format!("{}; valid {from} - {until}", result.error_string()));
    match result.as_raw() {
        NOT_YET_VALID => {
            let seconds = seconds_from(now(), from).unwrap_or_default();
            not_yet(&seen.en, seconds)
        }
        EXPIRED => {
            let seconds = seconds_from(now(), until).unwrap_or_default().abs();
            Failure::new(
                seen,
                Words::new(
                    format!("按本机时钟，服务器证书已过期 {seconds} 秒：证书没有更新，或本机时钟快了。"),
                    format!(
                        "By this machine's clock the server's certificate expired {seconds} s ago: it was not renewed, or the clock is ahead."
                    ),
                ),
                Words::new(
                    "更新服务器证书（tls.cert）；或校准本机时钟。",
                    "Renew the server's certificate (tls.cert), or set this machine's clock.",
                ),
            )
        }
        HOST_MISMATCH | ADDRESS_MISMATCH => Failure::new(
            seen,
            Words::new(
                format!("服务器证书不是签发给 {} 的。", question.server.host),
                format!("The server's certificate is not for {}.", question.server.host),
            ),
            Words::new(
                "用证书中的域名连接，或让证书包含该域名（public.device_host）。",
                "Connect by a name in the certificate, or add this one to it (public.device_host).",
            ),
        ),
        _ => Failure::new(
            seen,
            Words::new(
                "设备不信任签发服务器证书的 CA：CA 文件不对、缺少中间证书，或证书是自签名的。",
                "The device does not trust who signed the server's certificate: the CA file is another one, an intermediate certificate is missing, or it is self-signed.",
            ),
            Words::new(
                "用 --ca 指定平台的 CA（数据目录中的 tls/ca.crt），并把同一文件烧录进设备；自有证书需附上中间证书。",
                "Give the platform's CA, tls/ca.crt in its data folder, with --ca, and flash the same file into devices; an own certificate needs its intermediates.",
            ),
        ),
    }
}

/// OpenSSL's word for it.
fn reason(error: &openssl::ssl::Error) -> String {
    let stack = error.ssl_error().map(ErrorStack::errors).unwrap_or_default();
    match stack.first().and_then(openssl::error::Error::reason) {
        Some(reason) => reason.to_owned(),
        None => error.io_error().map_or_else(|| "the server closed the connection".to_owned(), ToString::to_string),
    }
}

/// It closed, said nothing, or said something else than TLS.
fn no_tls(question: &Question, seen: Words) -> Failure {
    let port = question.server.port;
    Failure::new(
        seen,
        Words::new(
            format!(
                "端口 {port} 上的程序没有以 TLS 应答：多半不说 TLS，也可能是登录限流、服务器过载或中间设备断开了连接。"
            ),
            format!(
                "What listens on port {port} gives no answer in TLS: most likely it does not speak TLS; or it limits sign-ins, is \
                 overloaded, or something in between ended the connection."
            ),
        ),
        Words::new(
            "明文 MQTT 用 mqtt://（1883）；TLS 用 mqtts://（8883）。",
            "Use mqtt:// (1883) in the clear, and mqtts:// (8883) with TLS.",
        ),
    )
}

/// The handshake broke off. Also what a read behind it may bring, because TLS 1.3 judges client certificates late.
pub(super) fn failed(question: &Question, held: &Held, error: &openssl::ssl::Error) -> Failure {
    let reason = reason(error);
    let seen = Words::fact(reason.clone());
    let is_clear = ["wrong version number", "record layer failure", "packet length too long", "unexpected eof"];
    if error.ssl_error().is_none() || is_clear.iter().any(|word| reason.contains(word)) {
        return no_tls(question, seen);
    }
    match &held.tls {
        TlsProof::Key { identity, .. } => Failure::new(
            seen,
            Words::new(
                format!(
                    "服务器不接受 TLS-PSK：密钥不是 {identity} 的 DeviceSecret、设备不存在或被禁用、产品使用证书认证，或该端口不支持 PSK 套件。"
                ),
                format!(
                    "The server does not take the key: it is not the DeviceSecret of {identity}, there is no such device or it is disabled, its product uses certificates, or the port has no suites with keys."
                ),
            ),
            Words::new(
                "核对 ProductId、DeviceName 与 DeviceSecret 是否属于同一设备；平台上 lianwu diagnose 会给出具体原因；其他服务器可用 --ca 改为校验证书并发送密码。",
                "See that ProductId, DeviceName and DeviceSecret are of one device; on the platform lianwu diagnose says which it is. For another server use --ca: its certificate is checked and a password sent.",
            ),
        ),
        TlsProof::Certificate { .. } => Failure::new(
            seen,
            Words::new(
                "服务器在握手中断开：多半是不接受设备证书（签发者未知、过期或被吊销）。",
                "The server broke off the handshake: mostly it does not take the device's certificate (its authority is unknown, it expired or was revoked).",
            ),
            Words::new(
                "使用平台签发的证书，或先用 CreatePrivateCA 登记自己的 CA；具体原因见 lianwu diagnose。",
                "Use the certificate the platform issued, or register your own authority with CreatePrivateCA; lianwu diagnose says which it is.",
            ),
        ),
        TlsProof::Nothing => Failure::new(
            seen,
            Words::new(
                "没有双方都支持的 TLS 版本或套件，或服务器没有证书。",
                "There is no TLS version or suite both sides have, or the server has no certificate.",
            ),
            Words::new(
                "服务器需支持 TLS 1.2 或 1.3 并配置证书。",
                "The server needs TLS 1.2 or 1.3, and a certificate.",
            ),
        ),
    }
}
