//! Rates that devices share: those of a product, of the instance downwards, and of sign-ins.
//!
//! All of them are off unless the configuration sets them; then a message costs a look-up and an atomic addition more.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use lianwu_model::ProductId;
use parking_lot::RwLock;

use super::InstanceRate;
use crate::options::AccessOptions;

/// The worker's view of them, and the API's.
#[derive(Debug, Default)]
pub struct SharedRates {
    product_up: Option<ProductRates>,
    product_down: Option<ProductRates>,
    instance_down: Option<InstanceRate>,
    sign_ins: Option<InstanceRate>,
}

/// One rate for each product that has had a message; bounded by the products there are.
#[derive(Debug)]
struct ProductRates {
    per_second: u32,
    rates: RwLock<HashMap<ProductId, Arc<InstanceRate>>>,
}

/// Over a rate: its number, and the key that sets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Over {
    pub(crate) per_second: u32,
    pub(crate) key: &'static str,
}

pub(crate) const PRODUCT_UP: &str = "limits.product_up_tps";
pub(crate) const PRODUCT_DOWN: &str = "limits.product_down_tps";
pub(crate) const INSTANCE_DOWN: &str = "limits.instance_down_tps";

/// Messages, or sign-ins, that count against the rates now: those of about the last second.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RatesUse {
    /// `None` where the rate is not limited.
    pub product_up: Option<u64>,
    pub product_down: Option<u64>,
    pub instance_down: Option<u64>,
    pub sign_ins: Option<u64>,
}

impl SharedRates {
    pub(crate) fn new(now: Instant, options: &AccessOptions) -> Self {
        Self {
            product_up: ProductRates::new(options.product_up_tps),
            product_down: ProductRates::new(options.product_down_tps),
            instance_down: InstanceRate::new(now, options.instance_down_tps),
            sign_ins: InstanceRate::new(now, options.instance_connects_per_s),
        }
    }

    /// Counts a message of a device on a connection: how long its sender has to wait for the product's other devices.
    pub(crate) fn wait_up(&self, product: ProductId, now: Instant) -> Option<Duration> {
        let pause = self.product_up.as_ref()?.of(product, now).take(now);
        (!pause.is_zero()).then_some(pause)
    }

    /// Counts a message that cannot wait, unless its product is over the rate.
    pub(crate) fn try_up(&self, product: ProductId, now: Instant) -> Result<(), Over> {
        match &self.product_up {
            Some(rates) if !rates.of(product, now).try_take(now) => {
                Err(Over { per_second: rates.per_second, key: PRODUCT_UP })
            }
            _ => Ok(()),
        }
    }

    /// Counts a message to a device, unless its product or the instance is over the rate.
    pub(crate) fn try_down(&self, product: ProductId, now: Instant) -> Result<(), Over> {
        let instance = self.instance_down.as_ref();
        // Looked at before the product's is taken: what the instance refuses does not count against the product.
        if let Some(rate) = instance.filter(|rate| rate.is_over(now)) {
            return Err(Over { per_second: rate.per_second, key: INSTANCE_DOWN });
        }
        if let Some(rates) = &self.product_down
            && !rates.of(product, now).try_take(now)
        {
            return Err(Over { per_second: rates.per_second, key: PRODUCT_DOWN });
        }
        if let Some(rate) = instance {
            rate.take(now);
        }
        Ok(())
    }

    /// Counts a sign-in, unless the instance is over the rate; the rate if it is.
    pub(crate) fn try_sign_in(&self, now: Instant) -> Result<(), u32> {
        match &self.sign_ins {
            Some(rate) if !rate.try_take(now) => Err(rate.per_second),
            _ => Ok(()),
        }
    }

    /// What counts against the rates now; of the product, if one is named.
    #[must_use]
    pub fn in_use(&self, product: Option<ProductId>) -> RatesUse {
        let now = Instant::now();
        let of = |rates: &Option<ProductRates>| Some(rates.as_ref()?.used(product?, now));
        RatesUse {
            product_up: of(&self.product_up),
            product_down: of(&self.product_down),
            instance_down: self.instance_down.as_ref().map(|rate| rate.used(now)),
            sign_ins: self.sign_ins.as_ref().map(|rate| rate.used(now)),
        }
    }
}

impl ProductRates {
    /// `None` when there is no limit.
    fn new(per_second: u32) -> Option<Self> {
        (per_second > 0).then(|| Self { per_second, rates: RwLock::default() })
    }

    fn of(&self, product: ProductId, now: Instant) -> Arc<InstanceRate> {
        if let Some(rate) = self.rates.read().get(&product) {
            return Arc::clone(rate);
        }
        let mut rates = self.rates.write();
        Arc::clone(rates.entry(product).or_insert_with(|| Arc::new(InstanceRate::at(now, self.per_second))))
    }

    fn used(&self, product: ProductId, now: Instant) -> u64 {
        self.rates.read().get(&product).map_or(0, |rate| rate.used(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAMP: &str = "LAMP000001";
    const METER: &str = "METER00001";

    fn id(text: &str) -> ProductId {
        text.parse().unwrap()
    }

    /// Is each product counted for itself, and is nothing counted that was refused?
    #[test]
    fn products_have_rates_of_their_own() {
        let start = Instant::now();
        let options = AccessOptions { product_down_tps: 3, instance_down_tps: 5, ..AccessOptions::default() };
        let rates = SharedRates::new(start, &options);
        let now = start + Duration::from_secs(30);
        let over = |per_second, key| Err(Over { per_second, key });
        for _ in 0..4 {
            assert_eq!(rates.try_down(id(LAMP), now), Ok(()));
        }
        assert_eq!(rates.try_down(id(LAMP), now), over(3, PRODUCT_DOWN));
        assert_eq!(rates.try_down(id(METER), now), Ok(()));
        assert_eq!(rates.try_down(id(METER), now), Ok(()));
        assert_eq!(rates.try_down(id(METER), now), over(5, INSTANCE_DOWN));
        assert_eq!(rates.try_down(id(LAMP), now + Duration::from_secs(5)), Ok(()));
        assert_eq!(rates.try_up(id(LAMP), now), Ok(()), "no limit");
        assert_eq!(rates.wait_up(id(LAMP), now), None, "no limit");
    }

    /// Does a product that is over its rate wait, and another not?
    #[test]
    fn senders_wait_for_their_product() {
        let start = Instant::now();
        let options = AccessOptions { product_up_tps: 10, ..AccessOptions::default() };
        let rates = SharedRates::new(start, &options);
        let now = start + Duration::from_secs(30);
        let pauses: Vec<_> = (0..15).filter_map(|_| rates.wait_up(id(LAMP), now)).collect();
        assert_eq!(pauses.len(), 5);
        assert_eq!(pauses[4], Duration::from_millis(500));
        assert!(rates.try_up(id(LAMP), now).is_err() && rates.try_up(id(METER), now).is_ok());
        let used = rates.product_up.as_ref().unwrap().used(id(LAMP), now);
        assert_eq!((used, rates.product_up.as_ref().unwrap().used(id(LAMP), now + Duration::from_secs(9))), (15, 0));
    }
}
