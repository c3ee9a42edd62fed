//! The in-process bus: a device's home worker follows from its number, so a message is sent there without a look-up.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::{Arc, OnceLock};

use lianwu_model::{DeviceNumber, ProductId, Uin};
use lianwu_ports::Answer;
use lianwu_ports::bus::{
    Bus, ChangeShadowError, ConfigPush, ConfigPushed, DeliverError, Delivery, Down, Leave, ShadowChange, ShadowChanged,
};
use lianwu_services::gateway::Topology;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tracing::warn;

use crate::worker::Mail;

/// Which of `workers` a device lives on.
pub(crate) fn home(number: DeviceNumber, workers: usize) -> usize {
    number.0 as usize % workers
}

/// Which of `workers` a backend lives on, and its session while it is away.
pub(crate) fn home_of_backend(owner: Uin, client_id: &str, workers: usize) -> usize {
    let mut hasher = DefaultHasher::new();
    (owner, client_id).hash(&mut hasher);
    usize::try_from(hasher.finish() % workers as u64).unwrap_or(0)
}

/// Mailboxes of the workers. Made before them, because the platform needs its bus first.
#[derive(Debug, Default)]
pub struct LocalBus {
    mailboxes: OnceLock<Box<[mpsc::Sender<Mail>]>>,
    /// Sub-devices live where their gateways do.
    topology: OnceLock<Arc<Topology>>,
}

impl LocalBus {
    pub(crate) fn connect(&self, mailboxes: Vec<mpsc::Sender<Mail>>, topology: &Arc<Topology>) {
        if self.topology.set(Arc::clone(topology)).is_err() || self.mailboxes.set(mailboxes.into()).is_err() {
            warn!("the bus is connected already");
        }
    }

    fn mailbox(&self, number: DeviceNumber) -> Option<&mpsc::Sender<Mail>> {
        self.mailbox_at(self.topology.get()?.home(number))
    }

    /// The mailbox of the worker that is home to this device.
    fn mailbox_at(&self, number: DeviceNumber) -> Option<&mpsc::Sender<Mail>> {
        let mailboxes = self.mailboxes.get()?;
        mailboxes.get(home(number, mailboxes.len()))
    }
}

impl Bus for LocalBus {
    fn deliver(&self, down: Down) -> Answer<'_, Result<Delivery, DeliverError>> {
        Box::pin(async move {
            let mailbox = self.mailbox(down.number).ok_or(DeliverError::Closed)?;
            let (answer, delivered) = oneshot::channel();
            match mailbox.try_send(Mail::Down(Box::new(down), answer)) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => return Err(DeliverError::Busy),
                Err(TrySendError::Closed(_)) => return Err(DeliverError::Closed),
            }
            delivered.await.map_err(|_| DeliverError::Closed)?
        })
    }

    fn change_shadow(&self, change: ShadowChange) -> Answer<'_, Result<ShadowChanged, ChangeShadowError>> {
        Box::pin(async move {
            let mailbox = self.mailbox(change.number).ok_or(DeliverError::Closed)?;
            let (answer, changed) = oneshot::channel();
            match mailbox.try_send(Mail::Shadow(Box::new(change), answer)) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => return Err(DeliverError::Busy.into()),
                Err(TrySendError::Closed(_)) => return Err(DeliverError::Closed.into()),
            }
            changed.await.map_err(|_| DeliverError::Closed)?
        })
    }

    fn push_config(&self, push: ConfigPush) -> Answer<'_, Result<ConfigPushed, DeliverError>> {
        Box::pin(async move {
            let mailboxes = match push.only {
                Some(number) => std::slice::from_ref(self.mailbox(number).ok_or(DeliverError::Closed)?),
                None => self.mailboxes.get().ok_or(DeliverError::Closed)?,
            };
            let mut waiting = Vec::with_capacity(mailboxes.len());
            for mailbox in mailboxes {
                let (answer, pushed) = oneshot::channel();
                match mailbox.try_send(Mail::PushConfig(Box::new(push.clone()), answer)) {
                    Ok(()) => waiting.push(pushed),
                    Err(TrySendError::Full(_)) => return Err(DeliverError::Busy),
                    Err(TrySendError::Closed(_)) => return Err(DeliverError::Closed),
                }
            }
            let mut all = ConfigPushed::default();
            for pushed in waiting {
                all += pushed.await.map_err(|_| DeliverError::Closed)??;
            }
            Ok(all)
        })
    }

    fn disconnect(&self, number: DeviceNumber, why: &'static str) {
        let sent = self.mailbox(number).map(|mailbox| mailbox.try_send(Mail::Disconnect(number, why)));
        if let Some(Err(TrySendError::Full(_))) = sent {
            // The registry change stands: the next sign-in is refused, and every publish checks the device again.
            warn!(number = number.0, why, "the device's worker is busy, its connection stays until it ends by itself");
        }
    }

    fn leave(&self, leave: Leave, why: &'static str) {
        let sent = self.mailbox_at(leave.home).map(|mailbox| mailbox.try_send(Mail::Leave(leave, why)));
        if let Some(Err(TrySendError::Full(_))) = sent {
            // A gateway's right to speak for it is looked up with each message.
            warn!(
                number = leave.device.0,
                why, "the device's worker is busy, what the device has there ends by itself"
            );
        }
    }

    fn topics_changed(&self, product: ProductId) -> Answer<'_, ()> {
        Box::pin(async move {
            for mailbox in self.mailboxes.get().into_iter().flat_map(|mailboxes| mailboxes.iter()) {
                if mailbox.send(Mail::TopicsChanged(product)).await.is_err() {
                    // It goes down, and looks at its sessions when it is up again.
                    return;
                }
            }
        })
    }

    fn subscriptions(&self, number: DeviceNumber) -> Answer<'_, Result<Vec<Box<str>>, DeliverError>> {
        Box::pin(async move {
            let mailbox = self.mailbox(number).ok_or(DeliverError::Closed)?;
            let (answer, found) = oneshot::channel();
            match mailbox.try_send(Mail::Subscriptions(number, answer)) {
                Ok(()) => {}
                Err(TrySendError::Full(_)) => return Err(DeliverError::Busy),
                Err(TrySendError::Closed(_)) => return Err(DeliverError::Closed),
            }
            found.await.map_err(|_| DeliverError::Closed)
        })
    }
}
