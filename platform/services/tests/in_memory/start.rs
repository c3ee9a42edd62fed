//! What a start finds, and what an interrupted first start leaves behind. Over the registry in memory.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use lianwu_model::account::{Principal, StoredPolicy};
use lianwu_model::product::{Authentication, DataProtocol, Product, ProductKind};
use lianwu_model::{Uin, UnixMillis};
use lianwu_ports::Answer;
use lianwu_ports::audit::memory::MemoryAudit;
use lianwu_ports::audit::suite::entry;
use lianwu_ports::audit::{AuditEntry, AuditPage, AuditQuery, AuditStore};
use lianwu_ports::registry::StoreError;
use lianwu_ports::registry::memory::MemoryRegistry;
use lianwu_services::account::AccountError;
use lianwu_services::audit::{self, AuditOptions, QUEUE_ROWS_MAX};
use lianwu_services::product::NewProduct;
use lianwu_services::project::ProjectText;
use lianwu_services::{Platform, account, device, product, project, thing_model};

use crate::platform::{self, NOW};

/// A start over this registry; `seed` makes its random texts differ from another start's.
async fn started(registry: &Arc<MemoryRegistry>, seed: u64) -> Arc<Platform> {
    platform::started(registry, seed).await.0
}

async fn lamp(platform: &Platform, by: &Principal) -> Product {
    let text = ProjectText { name: "home".into(), description: String::new() };
    let project = project::create(platform, by.owner, text, None).await.unwrap();
    let new = NewProduct {
        project: project.id.to_string(),
        name: "lamp".into(),
        description: String::new(),
        category: 1,
        kind: ProductKind::Device,
        authentication: Authentication::Key,
        net_type: "wifi".into(),
        data_protocol: DataProtocol::ThingModel,
    };
    product::create(platform, by, new).await.unwrap()
}

/// Does a restart find products, models, devices and keys where they were?
#[tokio::test]
async fn a_restart_finds_everything() {
    let registry = Arc::new(MemoryRegistry::new());
    let before = started(&registry, 1).await;
    let first = account::bootstrap(&before).await.unwrap().unwrap();
    let owner = before.accounts.principal(first.uin).unwrap();
    let product = lamp(&before, &owner).await;
    let model = r#"{"version":"1.0","properties":[],"events":[],"actions":[]}"#;
    thing_model::modify(&before, first.uin, product.id.as_str(), model.into()).await.unwrap();
    for name in ["a", "b", "c"] {
        device::create(&before, &owner, product.id.as_str(), name, None).await.unwrap();
    }
    let named = |name: &str| device::DeviceRef { product: product.id.to_string(), name: name.into() };
    device::set_enabled(&before, first.uin, &[named("b")], false).await.unwrap();
    device::delete(&before, first.uin, &[named("c")]).await.unwrap();

    let after = started(&registry, 2).await;
    assert_eq!(account::bootstrap(&after).await.unwrap(), None, "there is an account already");
    assert_eq!(after.accounts.signer(&first.secret_id).unwrap().secret_key, first.secret_key);
    assert_eq!(after.catalog.model(product.id).unwrap().stored.text, model);
    assert_eq!(after.directory.count(product.id), 2);
    for (name, enabled) in [("a", true), ("b", false)] {
        let (old, new) = [&before, &after].map(|p| p.directory.find(product.id, name).unwrap()).into();
        assert_eq!((new.number, new.is_enabled()), (old.number, enabled), "{name}");
        assert!(new.secret == old.secret);
    }
}

/// Does a first start that was cut off before the key was written go on with the same account?
#[tokio::test]
async fn an_interrupted_first_start_goes_on() {
    let registry = Arc::new(MemoryRegistry::new());
    let platform = started(&registry, 1).await;
    let uin = Uin(100_000_000_001);
    let admin = Principal { uin, owner: uin, name: "admin".into(), policies: Vec::new(), active: true, created: NOW };
    platform.stores.accounts.create_principal(admin).await.unwrap();
    let first = account::bootstrap(&platform).await.unwrap().unwrap();
    assert_eq!(first.uin, uin);
    assert_eq!(platform.stores.accounts.principals().await.unwrap().len(), 1);
    assert_eq!(platform.stores.accounts.instances().await.unwrap().len(), 1);
    assert!(!format!("{first:?}").contains(&first.secret_key.0), "keys are not printed");
}

#[tokio::test]
async fn keys_have_the_vendors_form_and_are_few() {
    let registry = Arc::new(MemoryRegistry::new());
    let platform = started(&registry, 1).await;
    let first = account::bootstrap(&platform).await.unwrap().unwrap();
    let second = account::create_key(&platform, first.uin).await.unwrap();
    let keys = [(&first.secret_id, &first.secret_key.0), (&second.secret_id, &second.secret_key.0)];
    for (id, key) in keys {
        assert!(id.starts_with("AKID") && id.len() == 36 && id.bytes().all(|b| b.is_ascii_alphanumeric()), "{id}");
        assert!(key.len() == 32 && key.bytes().all(|b| b.is_ascii_alphanumeric()), "{key}");
    }
    assert_eq!(keys.iter().map(|(id, _)| id).collect::<HashSet<_>>().len(), 2);
    assert_eq!(account::create_key(&platform, first.uin).await, Err(AccountError::TooManyKeys));
    assert_eq!(account::create_key(&platform, Uin(7)).await, Err(AccountError::NotFound(Uin(7))));
    let nested = account::create_sub_account(&platform, Uin(7), "x", Vec::new()).await;
    assert_eq!(nested.map(|_| ()), Err(AccountError::NotFound(Uin(7))));
}

/// Is a policy that does not read refused when saved, and without any effect when found?
#[tokio::test]
async fn an_unreadable_policy_allows_nothing() {
    let registry = Arc::new(MemoryRegistry::new());
    let platform = started(&registry, 1).await;
    let owner = account::bootstrap(&platform).await.unwrap().unwrap().uin;
    let policy =
        |document: &str| StoredPolicy { owner, name: "p".into(), document: document.into(), remark: String::new() };
    assert!(matches!(account::save_policy(&platform, policy("{}")).await, Err(AccountError::Policy(_))));
    platform.stores.accounts.save_policy(policy("{}")).await.unwrap();
    account::load(&platform).await.unwrap();
    let sub = account::create_sub_account(&platform, owner, "x", vec!["p".into()]).await.unwrap();
    let key = account::create_key(&platform, sub.uin).await.unwrap();
    assert!(platform.accounts.signer(&key.secret_id).unwrap().member.policies.is_empty());
}

/// Do a hundred creations at once respect the quota and leave memory and registry alike?
#[tokio::test]
async fn creations_at_once_respect_the_quota() {
    let registry = Arc::new(MemoryRegistry::new());
    let platform = started(&registry, 1).await;
    let first = account::bootstrap(&platform).await.unwrap().unwrap();
    let owner = platform.accounts.principal(first.uin).unwrap();
    let product = lamp(&platform, &owner).await;
    let mut creations = tokio::task::JoinSet::new();
    for at in 0..100 {
        let (platform, owner) = (platform.clone(), owner.clone());
        creations.spawn(async move {
            device::create(&platform, &owner, product.id.as_str(), &format!("d{at}"), None).await.is_ok()
        });
    }
    let created = creations.join_all().await.into_iter().filter(|created| *created).count();
    assert_eq!(created, 50);
    assert_eq!(platform.directory.count(product.id), 50);
    assert_eq!(started(&registry, 2).await.directory.count(product.id), 50);
}

/// An audit log whose first writes fail.
#[derive(Default)]
struct Failing {
    failures: AtomicU64,
    store: MemoryAudit,
}

impl AuditStore for Failing {
    fn append(&self, entries: Vec<AuditEntry>) -> Answer<'_, Result<(), StoreError>> {
        let less = |left: u64| left.checked_sub(1);
        match self.failures.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => Box::pin(async { Err(StoreError::Failed("the disk is full".to_owned())) }),
            Err(_) => self.store.append(entries),
        }
    }

    fn page(&self, query: AuditQuery) -> Answer<'_, Result<AuditPage, StoreError>> {
        self.store.page(query)
    }

    fn expire(&self, oldest: UnixMillis, rows_max: usize) -> Answer<'_, Result<usize, StoreError>> {
        self.store.expire(oldest, rows_max)
    }
}

fn every_row() -> AuditQuery {
    AuditQuery {
        owner: Uin(1),
        times: UnixMillis(0)..=NOW,
        uin: None,
        operation: None,
        writes_only: false,
        before: None,
        limit: QUEUE_ROWS_MAX + 10,
        look_max: QUEUE_ROWS_MAX + 10,
    }
}

/// Are rows kept while the disk refuses them, and is whoever reads meanwhile given what there is?
#[tokio::test(start_paused = true)]
async fn audit_rows_outlive_a_failing_store() {
    let platform = started(&Arc::new(MemoryRegistry::new()), 1).await;
    let store = Arc::new(Failing { failures: 2.into(), ..Failing::default() });
    let writer = audit::start(&platform, store.clone(), AuditOptions { reads: false });
    platform.audit.push(entry(1, "first"));
    assert_eq!(audit::page(&platform, every_row()).await, Ok(AuditPage::default()));
    platform.audit.push(entry(2, "second"));
    let rows = audit::page(&platform, every_row()).await.unwrap().rows;
    assert_eq!(rows, [entry(2, "second"), entry(1, "first")]);
    platform.audit.push(entry(3, "third"));
    writer.stop().await;
    assert_eq!(store.page(every_row()).await.unwrap().rows.len(), 3, "the end writes what is queued");
}

/// Does a queue that is full cost rows, counted, and no waiting?
#[tokio::test(start_paused = true)]
async fn audit_rows_beyond_the_queue_are_counted() {
    let platform = started(&Arc::new(MemoryRegistry::new()), 1).await;
    platform.audit.push(entry(1, "before the start"));
    let writer = audit::start(&platform, Arc::new(MemoryAudit::default()), AuditOptions { reads: false });
    for _ in 0..QUEUE_ROWS_MAX + 3 {
        platform.audit.push(entry(1, "x"));
    }
    assert_eq!(platform.audit.lost(), 3);
    assert_eq!(audit::page(&platform, every_row()).await.unwrap().rows.len(), QUEUE_ROWS_MAX);
    writer.stop().await;
}
