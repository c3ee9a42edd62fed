//! Latencies, counted in buckets whose width grows with the value.

/// Buckets per doubling of the value: 128 keep the error below 0.8 %.
const STEPS_BITS: u32 = 7;
const STEPS: u64 = 1 << STEPS_BITS;
/// Enough for every `u64`: the values below `STEPS` exactly, then `STEPS` buckets per power of two.
const BUCKETS: usize = (STEPS as usize) * (64 - STEPS_BITS as usize + 1);

/// A log-linear histogram of nanoseconds. Recording is one addition; 58 KiB, allocated once.
#[derive(Clone)]
pub struct Histogram {
    counts: Box<[u64]>,
    count: u64,
    sum: u128,
    max: u64,
}

impl std::fmt::Debug for Histogram {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Histogram").field("count", &self.count).field("max", &self.max).finish_non_exhaustive()
    }
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS].into_boxed_slice(), count: 0, sum: 0, max: 0 }
    }
}

impl Histogram {
    /// Counts one value. Unit: nanoseconds.
    #[inline]
    pub fn record(&mut self, value: u64) {
        self.counts[bucket(value)] += 1;
        self.count += 1;
        self.sum += u128::from(value);
        self.max = self.max.max(value);
    }

    /// Adds everything another histogram holds.
    pub fn merge(&mut self, other: &Self) {
        for (mine, theirs) in self.counts.iter_mut().zip(&other.counts) {
            *mine += theirs;
        }
        self.count += other.count;
        self.sum += other.sum;
        self.max = self.max.max(other.max);
    }

    /// Number of values recorded.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Largest value recorded, exact; zero when empty.
    #[must_use]
    pub fn max(&self) -> u64 {
        self.max
    }

    /// Mean of the values, exact; zero when empty.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if self.count == 0 { 0.0 } else { self.sum as f64 / self.count as f64 }
    }

    /// Smallest recorded value (to 0.8 %) that at least `share` of all values do not exceed; zero when empty.
    ///
    /// `share` lies between 0 and 1: 0.99 is the 99th percentile.
    #[must_use]
    pub fn quantile(&self, share: f64) -> u64 {
        let rank = ((self.count as f64 * share).ceil() as u64).clamp(1, self.count.max(1));
        let mut seen = 0;
        for (index, &count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return highest(index).min(self.max);
            }
        }
        0
    }
}

/// The bucket a value falls into.
#[inline]
fn bucket(value: u64) -> usize {
    if value < STEPS {
        return value as usize;
    }
    // The leading one bit says which doubling, the STEPS_BITS after it which step.
    let doubling = 63 - value.leading_zeros() - STEPS_BITS;
    let step = (value >> doubling) - STEPS;
    ((u64::from(doubling) + 1) * STEPS + step) as usize
}

/// The largest value of a bucket.
fn highest(bucket: usize) -> u64 {
    let bucket = bucket as u64;
    if bucket < STEPS {
        return bucket;
    }
    let doubling = bucket / STEPS - 1;
    let lowest = (STEPS + bucket % STEPS) << doubling;
    lowest + ((1 << doubling) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Is every value in a bucket whose bounds enclose it within one percent, up to the largest number?
    #[test]
    fn buckets_enclose_their_values_within_one_percent() {
        let mut values = vec![0, 1, 126, 127, 128, 129, 255, 256, 257, u64::MAX - 1, u64::MAX];
        values.extend(
            (0..64).flat_map(|bit| [1_u64 << bit, (1_u64 << bit).wrapping_sub(1), (1 << bit) + (1 << bit) / 3]),
        );
        for value in values {
            let high = highest(bucket(value));
            assert!(high >= value, "{value} above its bucket's end {high}");
            assert!((high - value) as f64 <= value as f64 * 0.01, "{value} is too far from {high}");
            assert_eq!(bucket(high), bucket(value));
        }
    }

    /// Do quantiles of 1..=10,000 come out within one percent, also after a merge?
    #[test]
    fn quantiles_of_a_known_spread() {
        let (mut low, mut high) = (Histogram::default(), Histogram::default());
        (1..=5_000).for_each(|value| low.record(value));
        (5_001..=10_000).for_each(|value| high.record(value));
        low.merge(&high);
        assert_eq!(low.count(), 10_000);
        assert_eq!(low.max(), 10_000);
        assert!((low.mean() - 5_000.5).abs() < 0.001);
        for (share, expected) in [(0.5, 5_000.0), (0.99, 9_900.0), (0.999, 9_990.0), (1.0, 10_000.0)] {
            let got = low.quantile(share) as f64;
            assert!((got - expected).abs() <= expected * 0.01, "{share}: {got}, expected {expected}");
        }
    }

    /// Does an empty histogram answer with zeros?
    #[test]
    fn nothing_recorded() {
        let empty = Histogram::default();
        assert_eq!((empty.quantile(0.5), empty.max(), empty.count()), (0, 0, 0));
        assert_eq!(empty.mean(), 0.0);
    }
}
