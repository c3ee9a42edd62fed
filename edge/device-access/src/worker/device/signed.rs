//! Sign-in by a signature of the device's certificate: the certificate must be fetched first.
//!
//! Meanwhile the connection belongs to the task that fetches, and nothing of it is read. Source: spec/device-protocol.md 2.3.

use std::rc::Rc;
use std::sync::Arc;

use lianwu_device_protocol::credentials::CertifiedSignIn;
use lianwu_model::DeviceNumber;
use lianwu_mqtt::{Connect, ConnectRefusal};
use lianwu_services::certificate::{SignatureRefusal, verify_signature};
use lianwu_services::directory::DirectoryDevice;
use tokio::time::timeout;

use super::sign_in::{Refusal, Verified, claimed_product, code, reason};
use crate::failures::Attempt;
use crate::tls::refused::code_of_certificate;
use crate::worker::Worker;
use crate::worker::io::connection::Flow;
use crate::worker::state::{Place, State};

/// Sign-ins of one worker that wait for the registry at once; more are told to come back.
const CHECKS_MAX: usize = 256;

const BUSY: &str = "too many sign-ins at once, the device may try again";

/// A CONNECT that outlives the buffer it was read from.
struct Kept {
    client_id: String,
    user_name: String,
    password: Vec<u8>,
    clean_session: bool,
    starts_clean: bool,
}

impl Worker {
    /// Goes on once the certificate is there; the connection is somewhere else until then.
    pub(crate) fn sign_in_signed(
        self: &Rc<Self>,
        state: &mut State,
        place: Place,
        connect: &Connect<'_>,
        facts: String,
        rest: &[u8],
    ) -> Flow {
        if state.signature_checks >= CHECKS_MAX {
            let refusal = self.refusal(connect.client_id, ConnectRefusal::ServerUnavailable, BUSY.to_owned());
            return self.refuse(state, place, connect.client_id, &facts, &refusal);
        }
        let kept = Kept {
            client_id: connect.client_id.to_owned(),
            user_name: connect.user_name.unwrap_or_default().to_owned(),
            password: connect.password.unwrap_or_default().to_owned(),
            clean_session: super::sign_in::wants_nothing_kept(connect),
            starts_clean: connect.clean_session,
        };
        let rest = rest.to_vec();
        state.signature_checks += 1;
        let connection = state.connections.remove(place.slot as usize);
        let worker = Rc::clone(self);
        tokio::task::spawn_local(async move {
            let verified = worker.verify_signed(&kept).await;
            let mut state = worker.state.borrow_mut();
            state.signature_checks -= 1;
            if state.is_stopping {
                return;
            }
            worker.refresh_time(&mut state);
            let source = connection.peer.ip();
            let place = worker.insert(&mut state, connection.stream, connection.peer, connection.mqtt);
            let attempt = Attempt { source, client_id: &kept.client_id };
            match verified {
                Ok(device) => {
                    if let Some(failures) = &worker.failures {
                        failures.succeeded(&attempt);
                    }
                    let (clean_session, starts_clean) = (kept.clean_session, kept.starts_clean);
                    let verified = Verified { device, facts, clean_session, starts_clean };
                    worker.go_home(&mut state, place, verified, &rest);
                }
                Err(refusal) => {
                    if let Some(failures) = worker.failures.as_ref().filter(|_| refusal.code != BUSY_CODE) {
                        failures.failed(state.now, &attempt);
                    }
                    worker.refuse(&mut state, place, &kept.client_id, &facts, &refusal);
                }
            }
        });
        Flow::Closed
    }

    async fn verify_signed(&self, kept: &Kept) -> Result<Arc<DirectoryDevice>, Refusal> {
        let refusal = |code, why| self.refusal(&kept.client_id, code, why);
        let claim = CertifiedSignIn::parse(&kept.client_id, &kept.user_name, &kept.password);
        let claim = claim.map_err(|error| refusal(code(&error), reason(&error)))?;
        let texts = [claim.signed()];
        let verifying = verify_signature(&self.platform, claim.product, claim.device, &texts, claim.signature());
        let device = match timeout(self.options.connect_timeout, verifying).await {
            Ok(verified) => verified.map_err(|error| refusal(code_of(&error), error.to_string()))?,
            Err(_) => return Err(refusal(BUSY_CODE, BUSY.to_owned())),
        };
        claim.check_expiry(self.platform.clock.now()).map_err(|error| refusal(code(&error), reason(&error)))?;
        Ok(device)
    }

    fn refusal(&self, client_id: &str, code: ConnectRefusal, why: String) -> Refusal {
        let product = claimed_product(client_id).filter(|id| self.platform.catalog.product(*id).is_some());
        let named = lianwu_device_protocol::credentials::split_client_id(client_id).ok();
        let found = named.and_then(|(product, name)| self.platform.directory.find(product, name));
        let number = found.map_or(DeviceNumber::NONE, |device| device.number);
        Refusal { code, why, product, number, hint: String::new() }
    }
}

/// It is the platform's fault.
const BUSY_CODE: ConnectRefusal = ConnectRefusal::ServerUnavailable;

/// Source: spec/device-protocol.md 2.4.
fn code_of(refusal: &SignatureRefusal) -> ConnectRefusal {
    match refusal {
        SignatureRefusal::Certificate(why) => code_of_certificate(why),
        SignatureRefusal::NotOnRecord | SignatureRefusal::Mismatch => ConnectRefusal::BadUserNameOrPassword,
        SignatureRefusal::Store(_) => BUSY_CODE,
    }
}
