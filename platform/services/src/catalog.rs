//! Products and compiled thing models in memory: a read-mostly snapshot for the data path.

use std::collections::HashSet;
use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use hashbrown::HashMap;
use lianwu_model::account::Instance;
use lianwu_model::product::{DataProtocol, Product, StoredScript, StoredThingModel};
use lianwu_model::thing_model::{ThingModel, Validator};
use lianwu_model::{ProductId, Uin, UnixMillis};
use parking_lot::Mutex;

/// A thing model, ready to check messages.
#[derive(Debug)]
pub struct CompiledModel {
    pub stored: StoredThingModel,
    pub definition: ThingModel,
    pub validator: Validator,
}

/// One product as the data path sees it.
#[derive(Clone, Debug)]
pub struct CatalogProduct {
    pub product: Arc<Product>,
    /// `None` until a model was saved.
    pub model: Option<Arc<CompiledModel>>,
    /// `None` until a script was saved, and once it was deleted.
    pub script: Option<Arc<CurrentScript>>,
}

/// The script in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurrentScript {
    pub version: u64,
    /// One `Arc` as long as the version is in force: engines know a script by it.
    pub text: Arc<str>,
    pub author: Uin,
    pub saved: UnixMillis,
}

impl CurrentScript {
    /// `None` for a version that took the script away.
    #[must_use]
    pub fn new(stored: &StoredScript) -> Option<Self> {
        let StoredScript { version, text, author, saved, .. } = stored;
        let text = (!text.is_empty()).then(|| Arc::from(text.as_str()))?;
        Some(Self { version: *version, text, author: *author, saved: *saved })
    }
}

impl CatalogProduct {
    /// The script between the devices' bytes and standard messages; only products of a custom data protocol have one, and only
    /// while it is switched on.
    #[must_use]
    pub fn active_script(&self) -> Option<&Arc<CurrentScript>> {
        let is_on = self.product.data_protocol == DataProtocol::Custom && self.product.script_enabled;
        self.script.as_ref().filter(|_| is_on)
    }
}

/// All products at one moment.
pub type Snapshot = HashMap<ProductId, CatalogProduct>;

/// All products of this platform. Reading takes no lock; writers copy the map.
#[derive(Debug, Default)]
pub struct Catalog {
    snapshot: ArcSwap<Snapshot>,
    /// Main accounts without an enterprise instance.
    public: ArcSwap<HashSet<Uin>>,
    writers: Mutex<()>,
}

impl Catalog {
    /// The products as they are now. Hold it for one message, not longer.
    pub fn load(&self) -> Guard<Arc<Snapshot>> {
        self.snapshot.load()
    }

    #[must_use]
    pub fn product(&self, id: ProductId) -> Option<CatalogProduct> {
        self.snapshot.load().get(&id).cloned()
    }

    /// The product's compiled model: what a message needs, without touching the product's count.
    #[must_use]
    pub fn model(&self, id: ProductId) -> Option<Arc<CompiledModel>> {
        self.snapshot.load().get(&id)?.model.clone()
    }

    /// Products of one main account, newest first.
    #[must_use]
    pub fn owned_by(&self, owner: Uin) -> Vec<CatalogProduct> {
        let mut products: Vec<_> =
            self.snapshot.load().values().filter(|p| p.product.owner == owner).cloned().collect();
        products.sort_by(|a, b| {
            (b.product.created, b.product.id.as_str()).cmp(&(a.product.created, a.product.id.as_str()))
        });
        products
    }

    /// May devices of this account's products use custom topics? Those on a public instance may not (decisions 9).
    #[must_use]
    pub fn allows_custom_topics(&self, owner: Uin) -> bool {
        !self.public.load().contains(&owner)
    }

    /// Notes which accounts have an enterprise instance: at start, and when instances change.
    pub fn put_instances(&self, instances: &[Instance]) {
        let enterprise: HashSet<Uin> = instances.iter().filter(|i| i.enterprise).map(|i| i.owner).collect();
        let public = instances.iter().map(|i| i.owner).filter(|owner| !enterprise.contains(owner)).collect();
        self.public.store(Arc::new(public));
    }

    /// Replaces everything: at start, in one step, however many products there are.
    pub fn fill(&self, products: Vec<Product>, models: Vec<CompiledModel>, scripts: &[StoredScript]) {
        self.change(|map| {
            map.clear();
            for product in products {
                map.insert(product.id, CatalogProduct { product: Arc::new(product), model: None, script: None });
            }
            for model in models {
                if let Some(product) = map.get_mut(&model.stored.product) {
                    product.model = Some(Arc::new(model));
                }
            }
            for stored in scripts {
                if let Some(product) = map.get_mut(&stored.product) {
                    product.script = CurrentScript::new(stored).map(Arc::new);
                }
            }
        });
    }

    /// Adds or replaces a product; its model and script stay.
    pub fn put_product(&self, product: Product) {
        self.change(|map| {
            let (model, script) = map.get(&product.id).map(|p| (p.model.clone(), p.script.clone())).unwrap_or_default();
            map.insert(product.id, CatalogProduct { product: Arc::new(product), model, script });
        });
    }

    /// Replaces the model of a product that exists.
    pub fn put_model(&self, model: CompiledModel) {
        self.change(|map| {
            if let Some(product) = map.get_mut(&model.stored.product) {
                product.model = Some(Arc::new(model));
            }
        });
    }

    /// Replaces the script of a product that exists.
    pub fn put_script(&self, stored: &StoredScript) {
        self.change(|map| {
            if let Some(product) = map.get_mut(&stored.product) {
                product.script = CurrentScript::new(stored).map(Arc::new);
            }
        });
    }

    pub fn remove(&self, id: ProductId) {
        self.change(|map| {
            map.remove(&id);
        });
    }

    fn change(&self, edit: impl FnOnce(&mut Snapshot)) {
        let _one_at_a_time = self.writers.lock();
        let mut map = Snapshot::clone(&self.snapshot.load());
        edit(&mut map);
        self.snapshot.store(Arc::new(map));
    }
}
