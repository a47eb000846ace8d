//! One feature's values of some rows, counted once where they come in few kinds.

use std::sync::{Arc, OnceLock};

use super::Shape;
use super::column::Codes;
use super::panel::{Panel, Values};
use crate::feature::NO_LEVEL;
use crate::stats::order;
use crate::stats::tally::{Tally, UNKNOWN};

/// A feature's values and, of counts and categories, how often each occurs.
pub struct Counted<'a> {
    /// The values.
    pub values: Values<'a>,
    /// The rows' codes (the count, or the category's position; missing is one above the largest) and their tally.
    pub kinds: Option<(Codes, Tally)>,
    /// So many first rows are counted and learnt from.
    pub rows: usize,
    /// The numbers and their logarithms, once a column is made of them.
    numbers: OnceLock<Arc<Vec<f64>>>,
    logarithms: OnceLock<Arc<Vec<f64>>>,
}

impl<'a> Counted<'a> {
    /// Counts the values of a feature.
    #[must_use]
    pub fn new(panel: &Panel<'a>, position: usize) -> Self {
        let values = panel.values(position);
        let kinds = values.codes().map(|codes| {
            let tally = codes.tally(values.most_kind(), &panel.outcome);
            (codes, tally)
        });
        Self { values, kinds, rows: panel.len(), numbers: OnceLock::new(), logarithms: OnceLock::new() }
    }

    /// The same without the counts themselves, which their codes say too.
    #[must_use]
    pub fn slim(self) -> Self {
        let values = match self.values {
            Values::Counts { most, .. } if self.kinds.is_some() => Values::Counts { counts: Vec::new(), most },
            values => values,
        };
        Self { values, ..self }
    }

    /// Of each row that is learnt from, whether its value is missing.
    #[must_use]
    pub fn missing(&self) -> Vec<bool> {
        match (&self.values, &self.kinds) {
            (Values::Numbers(numbers), _) => numbers[..self.rows].iter().map(|value| value.is_nan()).collect(),
            (Values::Levels { codes, .. }, _) => codes[..self.rows].iter().map(|code| *code == NO_LEVEL).collect(),
            (Values::Counts { most, .. }, Some((codes, _))) => codes.above(*most, self.rows),
            (Values::Counts { counts, .. }, None) => {
                counts[..self.rows].iter().map(|count| *count == UNKNOWN).collect()
            }
        }
    }

    /// The same rows, but only the first so many counted and learnt from; `outcome` of all.
    #[must_use]
    pub fn first(self, rows: usize, outcome: &[bool]) -> Self {
        let most = self.values.most_kind();
        let kinds = self.kinds.map(|(codes, _)| {
            let tally = codes.tally(most, &outcome[..rows]);
            (codes, tally)
        });
        Self { kinds, rows, ..self }
    }

    /// The numbers, for the columns that are made of them.
    pub(super) fn numbers(&self) -> Arc<Vec<f64>> {
        Arc::clone(self.numbers.get_or_init(|| Arc::new(Shape::Identity.column(&self.values))))
    }

    /// ln(1 + number), for the columns that are made of it.
    pub(super) fn logarithms(&self) -> Arc<Vec<f64>> {
        Arc::clone(self.logarithms.get_or_init(|| Arc::new(Shape::Log.column(&self.values))))
    }

    /// The tally, if these are counts.
    #[must_use]
    pub fn tally(&self) -> Option<&Tally> {
        let is_count = matches!(self.values, Values::Counts { .. });
        self.kinds.as_ref().filter(|_| is_count).map(|(_, tally)| tally)
    }

    /// Rows whose value is known.
    #[must_use]
    pub fn known(&self) -> usize {
        match (&self.values, &self.kinds) {
            (_, Some((_, tally))) => usize::try_from(tally.totals().iter().sum::<u64>()).unwrap_or_default(),
            (Values::Numbers(numbers), None) => numbers[..self.rows].iter().filter(|value| !value.is_nan()).count(),
            (Values::Counts { counts, .. }, None) => {
                counts[..self.rows].iter().filter(|count| **count != UNKNOWN).count()
            }
            (Values::Levels { codes, .. }, None) => codes[..self.rows].iter().filter(|code| **code != NO_LEVEL).count(),
        }
    }

    /// Number, range and quantiles of the known numbers; nothing of categories.
    #[must_use]
    pub fn summary(&self, shares: &[f64]) -> order::Summary {
        match (&self.values, self.tally()) {
            (_, Some(tally)) => {
                let known = self.known();
                let positions = shares.iter().filter_map(|share| order::position(*share, known));
                order::Summary { known, range: tally.range(), quantiles: tally.at_positions(positions) }
            }
            (Values::Numbers(numbers), None) => order::summary(&numbers[..self.rows], shares),
            _ => order::Summary::default(),
        }
    }
}

impl Values<'_> {
    /// The largest count, or the position of the last category.
    fn most_kind(&self) -> u16 {
        match self {
            Self::Numbers(_) => 0,
            Self::Counts { most, .. } => *most,
            Self::Levels { levels, .. } => u16::try_from(levels.len().saturating_sub(1)).unwrap_or(UNKNOWN),
        }
    }

    /// One code per row, one above the largest for what is missing; `None` of numbers, and of more categories than two bytes
    /// can tell apart.
    #[must_use]
    pub fn codes(&self) -> Option<Codes> {
        let missing = self.most_kind().saturating_add(1);
        match self {
            Self::Numbers(_) => None,
            Self::Counts { counts, .. } => {
                Some(Codes::new(counts.iter().map(|count| (*count).min(missing)), usize::from(missing) + 1))
            }
            Self::Levels { codes, levels } => {
                let code = |code: &u32| u16::try_from(*code).unwrap_or(missing).min(missing);
                let is_few = !levels.is_empty() && levels.len() < usize::from(UNKNOWN);
                is_few.then(|| Codes::new(codes.iter().map(code), usize::from(missing) + 1))
            }
        }
    }
}
