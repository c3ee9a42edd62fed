//! What a request asks for, and who asks: everything that needs no waiting.
//!
//! Source: spec/device-protocol.md 3.3; what the plain port accepts: docs/adr/0024-coap.md.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use lianwu_coap::option::{self, AUTH_TOKEN, NEED_RESP, is_critical};
use lianwu_coap::{Code, Message, Response};
use lianwu_device_protocol::credentials::{SignIn, SignInError};
use lianwu_device_protocol::topic::{Topic, check_name};
use lianwu_model::product::Authentication;
use lianwu_model::{DeviceNumber, ProductId};
use lianwu_mqtt::ConnectRefusal;
use lianwu_ports::record::{Record, RecordBatch, RecordKind};
use lianwu_services::device_token::{self, TokenError};
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;
use lianwu_services::stranger::{self, Cause, Claimed, Listener};
use lianwu_services::{Platform, message};
use tracing::{debug, warn};

use crate::failures::{Attempt, Failures, Notice};

/// Longest payload of a request. The vendor documents 1 KB for a whole message; what is longer would be cut into fragments on
/// many networks.
pub(super) const PAYLOAD_BYTES_MAX: usize = 1_024;

/// Last level of the path of the authentication.
const AUTHENTICATE: &str = "txauth9w0BAQsFA";

/// Options that may not be ignored, and are understood.
const UNDERSTOOD: [u16; 6] =
    [option::URI_HOST, option::URI_PORT, option::URI_PATH, option::URI_QUERY, option::ACCEPT, AUTH_TOKEN];

/// What requests are judged with.
#[derive(Clone, Debug)]
pub(super) struct Judge {
    pub(super) platform: Arc<Platform>,
    pub(super) failures: Option<Arc<Failures>>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug)]
pub(super) struct Speaker<'a> {
    pub(super) source: IpAddr,
    /// The device of the DTLS session; `None` in the clear.
    pub(super) proven: Option<&'a Arc<DirectoryDevice>>,
}

/// What a request amounts to.
#[derive(Debug)]
pub(super) enum Judged {
    /// Answered as it is.
    Answer(Response),
    /// A token, once the device is let in at its home.
    SignIn(Response, Arc<DirectoryDevice>),
    /// Refused, with a line for the owner of the product.
    Refused(Response, Box<Line>),
    /// The device may send this, unless its topic forbids it.
    Publish(Publish),
}

/// A refusal in a device's log.
#[derive(Debug)]
pub(super) struct Line {
    product: ProductId,
    device: Box<str>,
    number: DeviceNumber,
    why: String,
    /// As CONNACK would have it.
    code: u8,
    source: IpAddr,
}

#[derive(Debug)]
pub(super) struct Publish {
    pub(super) device: Arc<DirectoryDevice>,
    pub(super) topic: String,
    pub(super) payload: Vec<u8>,
    /// NEED_RESP is `1`: an answer of its own, with what the platform says on the topic down.
    pub(super) wants_reply: bool,
}

/// A refusal before it is known whom it concerns.
struct Refusal {
    code: Code,
    why: String,
    /// Seconds to wait.
    wait: Option<u8>,
    /// Counts as a failed sign-in, and is told to the owner.
    is_told: bool,
}

impl Refusal {
    fn new(code: Code, why: impl Into<String>) -> Self {
        Self { code, why: why.into(), wait: None, is_told: false }
    }

    fn told(code: Code, why: impl Into<String>) -> Self {
        Self { is_told: true, ..Self::new(code, why) }
    }

    /// What the log of sign-ins has for it.
    fn as_connack(&self) -> ConnectRefusal {
        match self.code {
            Code::NOT_FOUND => ConnectRefusal::IdentifierRejected,
            Code::FORBIDDEN => ConnectRefusal::NotAuthorised,
            _ if self.why == notes::NEEDS_CERTIFICATE => ConnectRefusal::NotAuthorised,
            _ => ConnectRefusal::BadUserNameOrPassword,
        }
    }

    fn response(&self) -> Response {
        Response { retry_after: self.wait, ..Response::new(self.code, self.why.as_str()) }
    }
}

/// Product and device named in a path.
#[derive(Clone, Copy)]
struct Named<'a> {
    product: &'a str,
    device: &'a str,
}

impl Judge {
    pub(super) fn judge(&self, message: &Message<'_>, speaker: Speaker<'_>) -> Judged {
        let path = match path(message) {
            Ok(path) => path,
            Err(refusal) => return Judged::Answer(refusal.response()),
        };
        let owner = Topic::parse(&path).owner();
        let auth = path.strip_suffix(AUTHENTICATE).and_then(|rest| rest.strip_suffix('/')?.split_once('/'));
        let (named, judged) = match auth {
            Some((product, device)) => {
                let named = Named { product, device };
                (named, self.authenticate(message, named, speaker))
            }
            None => {
                let Some((product, device)) = &owner else {
                    let why = "the path is no topic, expected for example ProductId/DeviceName/data";
                    return Judged::Answer(Refusal::new(Code::NOT_FOUND, why).response());
                };
                let named = Named { product: product.as_str(), device };
                (named, self.publish(message, &path, named, speaker).map(Judged::Publish))
            }
        };
        match judged {
            Ok(judged) => judged,
            Err(refusal) => self.refused(&refusal, named, speaker),
        }
    }

    /// Counts a refusal, and finds out who is to be told.
    fn refused(&self, refusal: &Refusal, named: Named<'_>, speaker: Speaker<'_>) -> Judged {
        let response = refusal.response();
        debug!(product = named.product, device = named.device, why = refusal.why, "a request over CoAP was refused");
        if !refusal.is_told {
            return Judged::Answer(response);
        }
        // Who has proved to be a device by DTLS is no stranger who tries keys.
        if let (None, Some(failures)) = (speaker.proven, &self.failures) {
            let client_id = format!("{}{}", named.product, named.device);
            failures.failed(Instant::now(), &Attempt { source: speaker.source, client_id: &client_id });
        }
        let product = named.product.parse::<ProductId>().ok();
        let Some(product) = product.filter(|id| self.platform.catalog.product(*id).is_some()) else {
            self.note_nobody(named, speaker, Cause::UnknownProduct);
            return Judged::Answer(response);
        };
        let found = self.platform.directory.find(product, named.device);
        let number = found.map_or(DeviceNumber::NONE, |device| device.number);
        let (device, why) = (named.device.into(), refusal.why.clone());
        let line = Line { product, device, number, why, code: refusal.as_connack().code(), source: speaker.source };
        Judged::Refused(response, Box::new(line))
    }

    /// The token that later messages carry.
    fn authenticate(&self, message: &Message<'_>, named: Named<'_>, speaker: Speaker<'_>) -> Result<Judged, Refusal> {
        self.must_wait(named, speaker)?;
        let device = self.find(named, speaker)?;
        if speaker.proven.is_none() {
            self.check_signature(message.payload, named, speaker, &device)?;
        }
        if !device.is_enabled() {
            return Err(Refusal::told(Code::FORBIDDEN, notes::DISABLED));
        }
        let token = device_token::issue(&device, self.platform.clock.now());
        Ok(Judged::SignIn(Response::new(Code::CONTENT, token.text), device))
    }

    /// In the clear the payload is what CONNECT carries over MQTT: `<user name>;<password>`.
    fn check_signature(
        &self,
        payload: &[u8],
        named: Named<'_>,
        speaker: Speaker<'_>,
        device: &DirectoryDevice,
    ) -> Result<(), Refusal> {
        let unauthorized = |why: String| Refusal::told(Code::UNAUTHORIZED, why);
        let known = self.platform.catalog.product(device.product);
        if known.is_none_or(|known| known.product.authentication != Authentication::Key) {
            return Err(unauthorized(notes::NEEDS_CERTIFICATE.to_owned()));
        }
        let text = std::str::from_utf8(payload).unwrap_or_default().trim_end_matches('\0');
        let client_id = format!("{}{}", named.product, named.device);
        let Some((rest, method)) = text.rsplit_once(';').filter(|_| text.starts_with(&client_id)) else {
            return Err(unauthorized(notes::COAP_UNSIGNED.to_owned()));
        };
        let Some((user_name, digits)) = rest.rsplit_once(';') else {
            return Err(unauthorized(notes::COAP_UNSIGNED.to_owned()));
        };
        let password = format!("{digits};{method}");
        let claim = SignIn::parse(&client_id, user_name, password.as_bytes());
        let verified = claim.and_then(|claim| claim.verify(&device.secret, self.platform.clock.now()));
        verified.map_err(|error| match error {
            SignInError::HmacMismatch { .. } => unauthorized(notes::HMAC_MISMATCH.to_owned()),
            other => unauthorized(other.to_string()),
        })?;
        if let Some(failures) = &self.failures {
            failures.succeeded(&Attempt { source: speaker.source, client_id: &client_id });
        }
        Ok(())
    }

    /// A message of a device that has a token.
    fn publish(
        &self,
        message: &Message<'_>,
        path: &str,
        named: Named<'_>,
        speaker: Speaker<'_>,
    ) -> Result<Publish, Refusal> {
        check_name(path).map_err(|error| Refusal::new(Code::BAD_REQUEST, error.to_string()))?;
        if message.payload.len() > PAYLOAD_BYTES_MAX {
            let why = format!("at most {PAYLOAD_BYTES_MAX} bytes over CoAP, send longer messages over MQTT or HTTP");
            return Err(Refusal::new(Code::TOO_LARGE, why));
        }
        let wants_reply = match message.options.find(NEED_RESP) {
            None | Some(b"0") => false,
            Some(b"1") => true,
            Some(_) => return Err(Refusal::new(Code::BAD_REQUEST, "option 62 (NEED_RESP) is neither 0 nor 1")),
        };
        self.must_wait(named, speaker)?;
        // Over DTLS the sender is known; whether it may use the topic is asked where all others are asked.
        let device = match speaker.proven {
            Some(proven) => self.still_known(proven)?,
            None => self.find(named, speaker)?,
        };
        let now = self.platform.clock.now();
        let token = message.options.find(AUTH_TOKEN).unwrap_or_default();
        if token.is_empty() {
            return Err(Refusal::new(Code::UNAUTHORIZED, "no token in option 61, authenticate first"));
        }
        let checked = device_token::verify(&device, &String::from_utf8_lossy(token), now);
        checked.map_err(|error| match error {
            TokenError::Disabled => Refusal::told(Code::FORBIDDEN, notes::DISABLED),
            // Every device's token runs out; it gets another.
            TokenError::Expired => Refusal::new(Code::UNAUTHORIZED, "the token has expired, authenticate again"),
            other => Refusal::told(Code::UNAUTHORIZED, format!("{other}, authenticate again")),
        })?;
        Ok(Publish { device, topic: path.to_owned(), payload: message.payload.to_vec(), wants_reply })
    }

    /// The device a path names; over DTLS it must be the one that has proved itself.
    fn find(&self, named: Named<'_>, speaker: Speaker<'_>) -> Result<Arc<DirectoryDevice>, Refusal> {
        if let Some(proven) = speaker.proven {
            let is_same = proven.product.as_str() == named.product && proven.name.as_str() == named.device;
            if !is_same {
                return Err(Refusal::told(Code::FORBIDDEN, "the path is not that of the device of the DTLS session"));
            }
            return self.still_known(proven);
        }
        let id = named.product.parse::<ProductId>().ok().filter(|id| self.platform.catalog.product(*id).is_some());
        let Some(id) = id else {
            return Err(Refusal::told(Code::NOT_FOUND, "the product does not exist on this platform"));
        };
        let found = self.platform.directory.find(id, named.device);
        found.ok_or_else(|| Refusal::told(Code::NOT_FOUND, "the device does not exist in the product"))
    }

    /// Since the handshake the device may have been deleted or given another secret.
    fn still_known(&self, proven: &DirectoryDevice) -> Result<Arc<DirectoryDevice>, Refusal> {
        let found = self.platform.directory.find(proven.product, proven.name.as_str());
        let found = found.filter(|device| device.secret == proven.secret);
        found.ok_or_else(|| Refusal::told(Code::UNAUTHORIZED, notes::PSK_MISMATCH))
    }

    /// A source that has failed too often is refused unchecked.
    fn must_wait(&self, named: Named<'_>, speaker: Speaker<'_>) -> Result<(), Refusal> {
        let (None, Some(failures)) = (speaker.proven, &self.failures) else { return Ok(()) };
        let client_id = format!("{}{}", named.product, named.device);
        let now = Instant::now();
        if !failures.must_wait(now, &Attempt { source: speaker.source, client_id: &client_id }) {
            return Ok(());
        }
        let known = named.product.parse().ok().filter(|id| self.platform.catalog.product(*id).is_some());
        if let Some(product) = known {
            let found = self.platform.directory.find(product, named.device);
            let number = found.map_or(DeviceNumber::NONE, |device| device.number);
            let device = named.device.into();
            failures.note(now, Notice { product, device, number, count: 1, last_source: speaker.source });
        } else {
            self.note_nobody(named, speaker, Cause::Unchecked);
        }
        let why = "too many requests have failed, try again in a minute";
        Err(Refusal { wait: Some(60), ..Refusal::new(Code::UNAVAILABLE, why) })
    }

    /// Counts who names no product of this platform.
    fn note_nobody(&self, named: Named<'_>, speaker: Speaker<'_>, cause: Cause) {
        let listener = if speaker.proven.is_some() { Listener::Coaps } else { Listener::Coap };
        let claimed = Claimed::by_names(named.product, named.device);
        self.note_stranger(stranger::Refusal { listener, source: speaker.source, claimed, cause, detail: "" });
    }

    pub(super) fn note_stranger(&self, refusal: stranger::Refusal<'_>) {
        self.platform.strangers.note(self.platform.clock.now(), refusal);
    }

    /// Puts a refusal on record.
    pub(super) async fn tell(&self, line: &Line) {
        let mut batch = RecordBatch::default();
        batch.push(&Record {
            kind: RecordKind::ConnectRefused,
            qos: 0,
            packet_id: 0,
            code: line.code.into(),
            number: line.number,
            product: line.product,
            device: &line.device,
            sample_time: self.platform.clock.now(),
            topic: "",
            note: &format!("{}{}", notes::COAP_REFUSED, line.why),
            payload: format!("protocol:coap,clientip:{}", line.source.to_canonical()).as_bytes(),
        });
        if let Err(error) = message::commit(&self.platform, batch).await {
            warn!(product = %line.product, device = line.device, why = line.why, %error, "a refusal could not be put on record");
        }
    }
}

/// The path of a POST without options nobody here knows.
fn path(message: &Message<'_>) -> Result<String, Refusal> {
    if message.code != Code::POST {
        return Err(Refusal::new(Code::METHOD_NOT_ALLOWED, "devices use POST"));
    }
    let unknown = message.options.iter().find(|(number, _)| is_critical(*number) && !UNDERSTOOD.contains(number));
    if let Some((number, _)) = unknown {
        let why = format!("option {number} is not known here; there is no blockwise transfer");
        return Err(Refusal::new(Code::BAD_OPTION, why));
    }
    message.options.path().map_err(|error| Refusal::new(Code::BAD_REQUEST, error.to_string()))
}
