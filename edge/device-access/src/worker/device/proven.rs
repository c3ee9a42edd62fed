//! Devices that come over TLS with their key or certificate: what their CONNECT may still say.

use std::sync::Arc;

use lianwu_model::product::Authentication;
use lianwu_mqtt::{Connect, ConnectRefusal};
use lianwu_ports::record::{Record, RecordKind};
use lianwu_services::certificate::CertificateRefusal;
use lianwu_services::directory::DirectoryDevice;
use lianwu_services::logs::notes;

use super::sign_in::Refusal;
use crate::tls::Refused;
use crate::worker::Worker;
use crate::worker::state::State;

impl Worker {
    /// The client id must be the identity of the handshake, or the common name of the certificate; user name and password are not looked at.
    ///
    /// Source: spec/device-protocol.md 2.8. The device is looked up again: since the handshake it may have been deleted,
    /// disabled or given another secret.
    pub(crate) fn verify_proven(
        &self,
        connect: &Connect<'_>,
        proven: &DirectoryDevice,
    ) -> Result<Arc<DirectoryDevice>, Refusal> {
        let refusal = |code, why: String| Refusal {
            code,
            why,
            product: Some(proven.product),
            number: proven.number,
            hint: String::new(),
        };
        let is_same = connect.client_id.strip_prefix(proven.product.as_str()) == Some(proven.name.as_str());
        if !is_same {
            let refusal = refusal(ConnectRefusal::IdentifierRejected, notes::IDENTITY_MISMATCH.to_owned());
            return Err(Refusal { hint: notes::other_client_id(connect.client_id), ..refusal });
        }
        let found = self.platform.directory.find(proven.product, proven.name.as_str());
        let Some(device) = found.filter(|device| device.secret == proven.secret) else {
            // A device that was created again has another secret, also where nobody is told of it.
            let is_by_key = self
                .platform
                .catalog
                .product(proven.product)
                .is_none_or(|known| known.product.authentication == Authentication::Key);
            let why =
                if is_by_key { notes::PSK_MISMATCH.to_owned() } else { CertificateRefusal::NotOnRecord.to_string() };
            return Err(refusal(ConnectRefusal::BadUserNameOrPassword, why));
        };
        if !device.is_enabled() {
            return Err(refusal(ConnectRefusal::NotAuthorised, notes::DISABLED.to_owned()));
        }
        Ok(device)
    }

    /// Tells the owner of a device of a handshake that failed.
    pub(crate) fn tls_refused(&self, state: &mut State, refused: &Refused) {
        state.batch.push(&Record {
            kind: RecordKind::ConnectRefused,
            qos: 0,
            packet_id: 0,
            code: u32::from(refused.code.code()),
            number: refused.number,
            product: refused.product,
            device: &refused.device,
            sample_time: state.wall,
            topic: "",
            note: &refused.why,
            payload: format!("transport:{},clientip:{}", refused.transport, refused.source.to_canonical()).as_bytes(),
        });
        state.want_turn();
    }
}
