//! RFM tiers and value bands: fifths by rank, so that equal customers get equal tiers and labels mean the same every night.

use super::portrait::Portrait;

/// The tiers of one customer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tiers {
    /// 5: bought most recently.
    pub recency: Option<u32>,
    /// 5: ordered most often in the last year.
    pub frequency: Option<u32>,
    /// 5: brought most in the last year.
    pub monetary: Option<u32>,
    /// By value.
    pub value_band: ValueBand,
}

/// Bands of value among customers with any.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueBand {
    /// The most valuable fifth.
    Top,
    /// The next two fifths.
    Middle,
    /// The rest.
    Low,
    /// No value: not active, or nothing brought.
    None,
}

impl ValueBand {
    /// Its name in result tables.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Top => "top",
            Self::Middle => "middle",
            Self::Low => "low",
            Self::None => "none",
        }
    }
}

impl Tiers {
    /// The tier of an RFM table of recency by frequency; `None` without an order.
    #[must_use]
    pub fn rfm(&self) -> Option<&'static str> {
        let (recency, frequency) = (self.recency?, self.frequency?);
        Some(match (recency, frequency) {
            (4.., 4..) => "champion",
            (3, 4..) => "loyal",
            (..=2, 4..) => "cannot_lose",
            (4.., ..=2) => "promising",
            (3.., _) => "steady",
            (2, _) => "fading",
            _ => "hibernating",
        })
    }
}

/// The tiers of all customers, in the order of the portraits.
#[must_use]
pub fn tiers(portraits: &[Portrait]) -> Vec<Tiers> {
    let buyers = |of: fn(&Portrait) -> f64| -> Vec<Option<f64>> {
        portraits.iter().map(|portrait| portrait.recency_days.map(|_| of(portrait))).collect()
    };
    let recency = fifths(&buyers(|portrait| -f64::from(portrait.recency_days.unwrap_or(i32::MAX))));
    let frequency = fifths(&buyers(|portrait| f64::from(portrait.orders)));
    let monetary = fifths(&buyers(|portrait| portrait.revenue));
    let values: Vec<Option<f64>> =
        portraits.iter().map(|portrait| Some(portrait.value).filter(|value| *value > 0.0)).collect();
    let values = fifths(&values);
    (0..portraits.len())
        .map(|at| Tiers {
            recency: recency[at],
            frequency: frequency[at],
            monetary: monetary[at],
            value_band: match values[at] {
                None => ValueBand::None,
                Some(5) => ValueBand::Top,
                Some(3 | 4) => ValueBand::Middle,
                Some(_) => ValueBand::Low,
            },
        })
        .collect()
}

/// The fifth of each value, 5 the highest: ⌈5 · midrank / n⌉, so that equal values share a fifth.
#[must_use]
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a fifth lies between 1 and 5")]
pub fn fifths(values: &[Option<f64>]) -> Vec<Option<u32>> {
    let mut sorted: Vec<f64> = values.iter().flatten().copied().collect();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len() as f64;
    let fifth = |value: f64| {
        let below = sorted.partition_point(|other| *other < value);
        let up_to = sorted.partition_point(|other| *other <= value);
        let midrank = (below + 1 + up_to) as f64 / 2.0;
        (5.0 * midrank / n).ceil().clamp(1.0, 5.0) as u32
    };
    values.iter().map(|value| value.map(fifth)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fifths_are_even_and_ties_share_one() {
        let ten: Vec<Option<f64>> = (1..=10).map(|value| Some(f64::from(value))).collect();
        let counts = |fifths: Vec<Option<u32>>| {
            (1..=5).map(|k| fifths.iter().flatten().filter(|f| **f == k).count()).collect::<Vec<_>>()
        };
        assert_eq!(counts(fifths(&ten)), [2, 2, 2, 2, 2]);
        assert_eq!(fifths(&[Some(1.0), Some(1.0), None, Some(1.0)]), [Some(4), Some(4), None, Some(4)]);
    }
}
