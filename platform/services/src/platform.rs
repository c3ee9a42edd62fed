//! What everything is made of: the ports, the snapshots, the limits. Built once by the application.

use std::sync::Arc;

use lianwu_ports::blobs::Blobs;
use lianwu_ports::bus::Bus;
use lianwu_ports::clock::Clock;
use lianwu_ports::log::Log;
use lianwu_ports::readings::Readings;
use lianwu_ports::registry::fences::FenceStore;
use lianwu_ports::registry::files::FileStore;
use lianwu_ports::registry::{
    Accounts, Certificates, Devices, LogLevels as LogLevelStore, ProductScripts, Products, Projects,
    RemoteConfigs as RemoteConfigStore, Topology as TopologyStore,
};
use lianwu_ports::script::Scripts;
use lianwu_ports::states::States;

use crate::account::AccountCache;
use crate::audit::Audit;
use crate::broadcast::Broadcasts;
use crate::catalog::Catalog;
use crate::certificate::CertificateCache;
use crate::device_log::LogLevels;
use crate::directory::Directory;
use crate::fence::Fences;
use crate::file::Files;
use crate::follower::Progress;
use crate::gateway::Topology;
use crate::message::PendingReplies;
use crate::randomness::Randomness;
use crate::remote_config::RemoteConfigs;
use crate::simulation::Simulations;
use crate::stranger::Strangers;
use crate::turn::Turns;

/// The registry: small stores over one database.
#[derive(Clone)]
pub struct Stores {
    pub accounts: Arc<dyn Accounts>,
    pub projects: Arc<dyn Projects>,
    pub products: Arc<dyn Products>,
    pub devices: Arc<dyn Devices>,
    pub certificates: Arc<dyn Certificates>,
    pub topology: Arc<dyn TopologyStore>,
    pub scripts: Arc<dyn ProductScripts>,
    pub log_levels: Arc<dyn LogLevelStore>,
    pub remote_configs: Arc<dyn RemoteConfigStore>,
    pub files: Arc<dyn FileStore>,
    pub fences: Arc<dyn FenceStore>,
}

impl Stores {
    /// All of one registry.
    #[must_use]
    pub fn of<R>(registry: &Arc<R>) -> Self
    where
        R: Accounts
            + Projects
            + Products
            + Devices
            + Certificates
            + TopologyStore
            + ProductScripts
            + LogLevelStore
            + RemoteConfigStore
            + FileStore
            + FenceStore
            + 'static,
    {
        Self {
            accounts: registry.clone(),
            projects: registry.clone(),
            products: registry.clone(),
            devices: registry.clone(),
            certificates: registry.clone(),
            topology: registry.clone(),
            scripts: registry.clone(),
            log_levels: registry.clone(),
            remote_configs: registry.clone(),
            files: registry.clone(),
            fences: registry.clone(),
        }
    }
}

/// Every number that bounds something; zero means "no limit" where the field says so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Messages per second a device may send; 0 means no limit.
    pub device_up_tps: u32,
    /// Messages per second sent to a device; 0 means no limit.
    pub device_down_tps: u32,
    /// Sign-ins of one device within 5 s; 0 means no limit.
    pub device_connects_per_5s: u32,
    /// Failed sign-ins of one source for one device within a minute, before it has to wait; 0 means no limit.
    pub sign_in_failures: u32,
    /// Messages of QoS 1 kept for a device with a kept session; 0 keeps none.
    pub offline_messages: usize,
    /// Hours such a message is kept, and the session of a device that is away.
    pub offline_hours: u32,
    /// Kept sessions the backends of one account may have; 0 keeps none.
    pub backend_sessions: usize,
    /// Messages that may wait for one of them, and their bytes; the oldest make room.
    pub backend_session_messages: usize,
    pub backend_session_bytes: usize,
    /// Hours such a session is kept at most while its backend is away.
    pub backend_session_hours: u32,
    /// Devices of a product that is not released; 0 means no limit.
    pub dev_product_devices: u64,
    /// Sub-devices of one gateway; 0 means no limit.
    pub gateway_sub_devices: u64,
    /// Bytes of one file; 0 means no limit.
    pub file_bytes: u64,
    /// Bytes of all files of a product, and of all products of a main account; 0 means no limit.
    pub product_file_bytes: u64,
    pub account_file_bytes: u64,
    /// Cloud API calls per second of one account and operation; 0 means no limit.
    pub api_tps: u32,
    /// Messages per second of the instance; 0 means no limit.
    pub instance_tps: u32,
    /// Messages per second to all devices of the instance; 0 means no limit.
    pub instance_down_tps: u32,
    /// Sign-ins per second of all devices; 0 means no limit.
    pub instance_connects_per_s: u32,
    /// Messages per second of all devices of one product, and to them; 0 means no limit.
    pub product_up_tps: u32,
    pub product_down_tps: u32,
    /// Projects per main account; 0 means no limit.
    pub projects: u64,
    /// Products per project; 0 means no limit.
    pub products: u64,
    /// Longest MQTT packet a device may send, in bytes.
    pub packet_bytes_max: usize,
    /// Is the instance made at first start an enterprise one? A public one has no custom topics.
    pub enterprise: bool,
    /// History of a product without a retention of its own is kept for this many days.
    pub retention_days: u32,
    /// Most days a product may ask for; `retention_days` where that is more.
    pub product_retention_days_max: u32,
    /// Rows of the audit log are kept for this many days.
    pub audit_days: u32,
    /// Hours after which a login to the console ends that is not used.
    pub login_idle_hours: u32,
    /// Days after which a login to the console ends in any case.
    pub login_days: u32,
    /// How long a synchronous call waits for the device, in milliseconds.
    pub reply_wait_ms: u64,
    /// How long a question to a device waits for its answer, in milliseconds.
    pub rrpc_wait_ms: u64,
    /// Simulated devices of all accounts together; 0 switches the simulator off.
    pub simulator_devices: u64,
}

impl Default for Limits {
    /// Source: spec/cloud-api.md 3.16, decisions 10.
    fn default() -> Self {
        Self {
            device_up_tps: 20,
            device_down_tps: 20,
            device_connects_per_5s: 1,
            sign_in_failures: 5,
            offline_messages: 150,
            offline_hours: 24,
            backend_sessions: 1_000,
            backend_session_messages: 10_000,
            backend_session_bytes: 16 << 20,
            backend_session_hours: 72,
            dev_product_devices: 50,
            gateway_sub_devices: 1_500,
            file_bytes: 1 << 30,
            product_file_bytes: 10 << 30,
            account_file_bytes: 50 << 30,
            api_tps: 20,
            instance_tps: 0,
            instance_down_tps: 0,
            instance_connects_per_s: 0,
            product_up_tps: 0,
            product_down_tps: 0,
            projects: 20,
            products: 50,
            packet_bytes_max: 64 * 1024,
            enterprise: true,
            retention_days: 3,
            product_retention_days_max: 7,
            audit_days: 90,
            login_idle_hours: 12,
            login_days: 7,
            reply_wait_ms: 5_000,
            rrpc_wait_ms: 10_000,
            simulator_devices: 1_000,
        }
    }
}

impl std::fmt::Debug for Stores {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Stores")
    }
}

/// Everything the services work on. Shared by every edge.
pub struct Platform {
    pub clock: Arc<dyn Clock>,
    pub log: Arc<dyn Log>,
    pub readings: Arc<dyn Readings>,
    pub states: Arc<dyn States>,
    pub stores: Stores,
    pub bus: Arc<dyn Bus>,
    pub catalog: Catalog,
    pub directory: Directory,
    /// Gateways and what comes in through them.
    pub topology: Arc<Topology>,
    /// How much devices upload of their own logs.
    pub log_levels: LogLevels,
    /// What devices are told to work with.
    pub remote_configs: RemoteConfigs,
    /// Contents of files, and where they are loaded.
    pub files: Files,
    /// Fences on the map, and devices bound to them.
    pub fences: Fences,
    pub replies: PendingReplies,
    /// Messages to all devices of a product that are being sent.
    pub broadcasts: Broadcasts,
    /// How far the readings are behind the log.
    pub progress: Arc<Progress>,
    pub limits: Limits,
    pub randomness: Arc<dyn Randomness>,
    pub accounts: AccountCache,
    /// Certificate authorities, the platform's and those of accounts.
    pub certificates: CertificateCache,
    /// Who called what; silent until it is started.
    pub audit: Audit,
    /// Changes of the registry, one after the other.
    pub turns: Turns,
    /// Refused sign-ins that are nobody's.
    pub strangers: Strangers,
    /// Runs the scripts of products.
    pub scripts: Arc<dyn Scripts>,
    /// Fleets of simulated devices; none until there is something that runs them.
    pub simulations: Simulations,
}

/// What a platform stands on: all it knows besides follows from these.
pub struct Foundation {
    pub clock: Arc<dyn Clock>,
    pub log: Arc<dyn Log>,
    pub readings: Arc<dyn Readings>,
    pub states: Arc<dyn States>,
    pub stores: Stores,
    pub blobs: Arc<dyn Blobs>,
    pub bus: Arc<dyn Bus>,
    pub scripts: Arc<dyn Scripts>,
    pub randomness: Arc<dyn Randomness>,
    pub limits: Limits,
}

impl Platform {
    /// Its rooms are empty: [`crate::start::load`] fills them from the registry.
    #[must_use]
    pub fn new(foundation: Foundation) -> Self {
        let Foundation { clock, log, readings, states, stores, blobs, bus, scripts, randomness, limits } = foundation;
        Self {
            progress: Arc::new(Progress::new(readings.applied())),
            files: Files::new(blobs),
            clock,
            log,
            readings,
            states,
            stores,
            bus,
            scripts,
            randomness,
            limits,
            catalog: Catalog::default(),
            directory: Directory::default(),
            topology: Arc::default(),
            log_levels: LogLevels::default(),
            remote_configs: RemoteConfigs::default(),
            fences: Fences::default(),
            replies: PendingReplies::default(),
            broadcasts: Broadcasts::default(),
            accounts: AccountCache::default(),
            certificates: CertificateCache::default(),
            audit: Audit::default(),
            turns: Turns::default(),
            strangers: Strangers::default(),
            simulations: Simulations::default(),
        }
    }
}

impl std::fmt::Debug for Foundation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Foundation").field("limits", &self.limits).finish_non_exhaustive()
    }
}

impl std::fmt::Debug for Platform {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Platform").field("limits", &self.limits).finish_non_exhaustive()
    }
}
