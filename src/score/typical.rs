//! What is usual among the customers scored on the same night: the yardstick of the sentences.

use crate::feature::{FeatureColumn, NO_LEVEL};
use crate::stats::tally::UNKNOWN;

/// The usual value of a feature.
#[derive(Debug, Clone, PartialEq)]
pub enum Typical {
    /// Median of the known values.
    Number(f64),
    /// The most frequent level; the first in the alphabet among equals.
    Level(String),
    /// Nobody has a value.
    Unknown,
}

/// The usual value of a column among `rows`.
#[must_use]
pub fn typical(column: &FeatureColumn, rows: &[usize]) -> Typical {
    match column {
        FeatureColumn::Number(values) => {
            let mut counts = Vec::with_capacity(values.len());
            if values.append_counts(0..values.len(), &mut counts).is_some() {
                return usual_count(rows.iter().map(|&row| counts[row]));
            }
            let mut known: Vec<f64> = rows.iter().map(|&row| values.at(row)).filter(|value| !value.is_nan()).collect();
            if known.is_empty() {
                return Typical::Unknown;
            }
            let middle = known.len() / 2;
            let is_even = known.len().is_multiple_of(2);
            let (below, &mut upper, _) = known.select_nth_unstable_by(middle, f64::total_cmp);
            let lower = below.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Typical::Number(if is_even { upper.midpoint(lower) } else { upper })
        }
        FeatureColumn::Level { codes, levels } => {
            let mut counts = vec![0u64; levels.len()];
            for code in rows.iter().map(|&row| codes[row]).filter(|&code| code != NO_LEVEL) {
                counts[code as usize] += 1;
            }
            let most = counts.iter().copied().max().filter(|&most| most > 0);
            let position = most.and_then(|most| counts.iter().position(|&count| count == most));
            position.map_or(Typical::Unknown, |position| Typical::Level(levels[position].clone()))
        }
    }
}

/// The median of counts, by how often each occurs.
fn usual_count(counts: impl Iterator<Item = u16>) -> Typical {
    let mut rows_of = vec![0usize; usize::from(UNKNOWN)];
    counts.filter(|count| *count != UNKNOWN).for_each(|count| rows_of[usize::from(count)] += 1);
    let known: usize = rows_of.iter().sum();
    let mut ends = rows_of.iter().enumerate().scan(0, |end, (count, rows)| {
        *end += rows;
        Some((count as f64, *end))
    });
    let mut at = |position: usize| ends.find(|(_, end)| *end > position);
    let Some((lower, end)) = at(known.saturating_sub(1) / 2) else { return Typical::Unknown };
    let upper = if end > known / 2 { lower } else { at(known / 2).map_or(lower, |(count, _)| count) };
    Typical::Number(lower.midpoint(upper))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn the_usual_number_is_the_median_of_the_known() {
        let column = FeatureColumn::Number(vec![5.0, f64::NAN, 1.0, 2.0, 100.0].into());
        assert_eq!(typical(&column, &[0, 1, 2, 3]), Typical::Number(2.0));
        assert_eq!(typical(&column, &[0, 2, 3, 4]), Typical::Number(3.5));
        assert_eq!(typical(&column, &[1]), Typical::Unknown);
        let column = FeatureColumn::Number(vec![0.5, 2.0, 1.25, 7.0].into());
        assert_eq!(typical(&column, &[0, 1, 2, 3]), Typical::Number(1.625));
        assert_eq!(typical(&column, &[0, 1, 2]), Typical::Number(1.25));
    }

    #[test]
    fn the_usual_level_is_the_most_frequent() {
        let levels = Arc::new(vec!["east".to_owned(), "west".to_owned()]);
        let column = FeatureColumn::Level { codes: vec![1, 0, 1, NO_LEVEL], levels };
        assert_eq!(typical(&column, &[0, 1, 2, 3]), Typical::Level("west".to_owned()));
        assert_eq!(typical(&column, &[0, 1]), Typical::Level("east".to_owned()));
    }
}
