//! Order statistics of many numbers without sorting all of them.
//!
//! Numbers are counted by the first 16 bits of a key that orders as they do (sign, exponent, four digits of the fraction),
//! so that every bucket spans at most a sixteenth of its values; only the buckets that are asked for are looked into.

/// Buckets: all values of 16 bits.
const BUCKETS: usize = 1 << 16;

/// An integer that orders as `f64::total_cmp` does; −0 and 0 share one.
#[must_use]
pub fn key(value: f64) -> u64 {
    let bits = (value + 0.0).to_bits();
    if bits >> 63 == 0 { bits | (1 << 63) } else { !bits }
}

/// The number behind a key.
#[must_use]
pub fn value(key: u64) -> f64 {
    f64::from_bits(if key >> 63 == 1 { key ^ (1 << 63) } else { !key })
}

fn bucket(value: f64) -> usize {
    // 16 bits fit any usize.
    usize::try_from(key(value) >> 48).unwrap_or_default()
}

/// The known values' number, their smallest and largest, and the values below which the shares of them lie.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Summary {
    /// Values that are not NaN.
    pub known: usize,
    /// Smallest and largest.
    pub range: Option<(f64, f64)>,
    /// One value per share asked for: the known value at position round(share · (known − 1)); empty if none is known.
    pub quantiles: Vec<f64>,
}

/// Summarises the numbers (NaN: unknown); `shares` ascending, each in 0 ..= 1.
#[must_use]
pub fn summary(numbers: &[f64], shares: &[f64]) -> Summary {
    if shares.is_empty() {
        return range_alone(numbers);
    }
    let mut counts = vec![0u32; BUCKETS];
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for &value in numbers.iter().filter(|value| !value.is_nan()) {
        counts[bucket(value)] += 1;
        low = if value < low { value } else { low };
        high = if value > high { value } else { high };
    }
    let known: usize = counts.iter().map(|count| *count as usize).sum();
    if known == 0 {
        return Summary::default();
    }
    let wanted: Vec<usize> = shares.iter().filter_map(|share| position(*share, known)).collect();
    Summary { known, range: Some((low, high)), quantiles: at_positions(numbers, &counts, &wanted) }
}

fn range_alone(numbers: &[f64]) -> Summary {
    let known = numbers.iter().filter(|value| !value.is_nan()).count();
    let (low, high) = extremes(numbers);
    Summary { known, range: (known > 0).then_some((low, high)), quantiles: Vec::new() }
}

/// The smallest and the largest known number; an empty range where none is known.
#[must_use]
pub fn extremes(numbers: &[f64]) -> (f64, f64) {
    let (mut lows, mut highs) = ([f64::INFINITY; 8], [f64::NEG_INFINITY; 8]);
    for eight in numbers.chunks(8) {
        for ((low, high), &number) in lows.iter_mut().zip(&mut highs).zip(eight) {
            *low = if number < *low { number } else { *low };
            *high = if number > *high { number } else { *high };
        }
    }
    let low = lows.into_iter().fold(f64::INFINITY, f64::min);
    (low, highs.into_iter().fold(f64::NEG_INFINITY, f64::max))
}

/// Where the value lies, among so many in ascending order, below which a share of them is; none if there are none.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length is a position")]
pub fn position(share: f64, known: usize) -> Option<usize> {
    Some((share * known.checked_sub(1)? as f64).round() as usize)
}

/// The values at ascending positions of the sorted numbers.
fn at_positions(numbers: &[f64], counts: &[u32], wanted: &[usize]) -> Vec<f64> {
    // Per position: the bucket, and the position inside it.
    let mut places = Vec::with_capacity(wanted.len());
    let (mut bucket_at, mut before) = (0, 0);
    for &position in wanted {
        while before + counts[bucket_at] as usize <= position {
            before += counts[bucket_at] as usize;
            bucket_at += 1;
        }
        places.push((bucket_at, position - before));
    }
    let mut slot_of = vec![u8::MAX; BUCKETS];
    let mut members: Vec<Vec<f64>> = Vec::new();
    for &(bucket, _) in &places {
        if slot_of[bucket] == u8::MAX {
            slot_of[bucket] = u8::try_from(members.len()).unwrap_or(u8::MAX - 1);
            members.push(Vec::with_capacity(counts[bucket] as usize));
        }
    }
    for &value in numbers {
        let slot = slot_of[bucket(value)];
        if slot != u8::MAX && !value.is_nan() {
            members[usize::from(slot)].push(value);
        }
    }
    let mut pick = |&(bucket, inside): &(usize, usize)| {
        let members = &mut members[usize::from(slot_of[bucket])];
        *members.select_nth_unstable_by(inside, f64::total_cmp).1
    };
    places.iter().map(&mut pick).collect()
}

/// Bounds on the AUC of the known numbers as scores of the outcome, with the numbers of events and non-events among them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AucBounds {
    /// Events among the known.
    pub events: u64,
    /// Non-events among the known.
    pub others: u64,
    /// The AUC is not below this.
    pub low: f64,
    /// Nor above this.
    pub high: f64,
}

impl AucBounds {
    /// The largest the AUC in its better direction can be.
    #[must_use]
    pub fn better_at_most(&self) -> f64 {
        self.high.max(1.0 - self.low)
    }

    /// The least the AUC in its better direction can be.
    #[must_use]
    pub fn better_at_least(&self) -> f64 {
        self.low.max(1.0 - self.high).max(0.5)
    }
}

/// Bounds from the buckets alone; exact where no bucket holds different values of both outcomes.
#[must_use]
pub fn auc_bounds(outcome: &[bool], numbers: &[f64]) -> AucBounds {
    let mut counts = vec![[0u32; 2]; BUCKETS];
    for (&value, &event) in numbers.iter().zip(outcome) {
        if !value.is_nan() {
            counts[bucket(value)][usize::from(event)] += 1;
        }
    }
    let (mut others, mut events, mut low, mut high) = (0u64, 0u64, 0u64, 0u64);
    for [here_others, here_events] in counts {
        let (here_others, here_events) = (u64::from(here_others), u64::from(here_events));
        low += here_events * others;
        high += here_events * (others + here_others);
        others += here_others;
        events += here_events;
    }
    let pairs = ((events * others) as f64).max(1.0);
    AucBounds { events, others, low: low as f64 / pairs, high: high as f64 / pairs }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Vec<f64> {
        let value = |i: u32| match i % 7 {
            0 => f64::NAN,
            1 => -f64::from(i % 50) * 0.3,
            2 => 0.0,
            3 => f64::from(i % 9),
            _ => f64::from(i).sin() * 1e3,
        };
        (0..5000).map(value).collect()
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_numbers() {
        let numbers = numbers();
        let mut sorted: Vec<f64> = numbers.iter().copied().filter(|value| !value.is_nan()).collect();
        sorted.sort_by(f64::total_cmp);
        let shares = [0.0, 0.01, 0.25, 0.5, 0.5, 0.75, 0.99, 1.0];
        let found = summary(&numbers, &shares);
        let last = (sorted.len() - 1) as f64;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a position")]
        let wanted: Vec<f64> = shares.iter().map(|share| sorted[(share * last).round() as usize]).collect();
        assert_eq!(found.quantiles, wanted);
        assert_eq!((found.known, found.range), (sorted.len(), Some((sorted[0], sorted[sorted.len() - 1]))));
        assert_eq!(summary(&[f64::NAN], &[0.5]), Summary::default());
        assert_eq!(summary(&[f64::NAN], &[]), Summary::default());
        assert_eq!(summary(&numbers, &[]), Summary { quantiles: Vec::new(), ..found });
    }

    #[test]
    fn keys_order_as_numbers_do() {
        let ascending = [f64::NEG_INFINITY, -2.5, -1e-300, 0.0, 1e-300, 1.0, f64::INFINITY];
        assert!(ascending.windows(2).all(|pair| key(pair[0]) < key(pair[1])));
        assert_eq!(key(-0.0), key(0.0));
        assert!(ascending.iter().all(|number| value(key(*number)).to_bits() == number.to_bits()));
    }

    #[test]
    fn the_auc_lies_within_its_bounds() {
        let numbers: Vec<f64> = numbers().into_iter().filter(|value| !value.is_nan()).collect();
        let outcome: Vec<bool> = (0..numbers.len()).map(|i| (i * i) % 3 == 0 || numbers[i] > 400.0).collect();
        let bounds = auc_bounds(&outcome, &numbers);
        let of =
            |wanted: bool| numbers.iter().zip(&outcome).filter(move |(_, event)| **event == wanted).map(|(x, _)| *x);
        let won =
            |x: f64| of(false).map(|y| f64::from(u8::from(x > y)) + 0.5 * f64::from(u8::from(x == y))).sum::<f64>();
        let exact = of(true).map(won).sum::<f64>() / (of(true).count() * of(false).count()) as f64;
        assert!(bounds.low <= exact && exact <= bounds.high && bounds.high - bounds.low < 0.1, "{bounds:?} {exact}");
    }
}
