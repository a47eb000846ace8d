//! What the feature stage hands on: one block of columns per cutoff.

use std::collections::BTreeSet;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::narrow::Narrow;
pub use crate::rollup::{CustomerIndex, NO_LEVEL};
use crate::time::Day;

/// What is known about a feature beside its values.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FeatureInfo {
    /// Unique name, `[a-z][a-z0-9_]*`.
    pub name: String,
    /// Family: recency, frequency, monetary, tenure, trend, inter-event, breadth, ratio, attribute, ...
    pub family: String,
    /// Unit of the values: `days`, `count`, `money`, `share`, `ratio`, `level`, ...
    pub unit: String,
    /// Why the feature is there, in words a marketer understands.
    pub why: String,
    /// Hash of the definition, in hex: a model is only applied to features of equal definition.
    pub definition: String,
    /// The rows it is made of: `events` (all kinds), `events: login` (one level), `customers: region` (an attribute); of a
    /// feature made of others, those of its parts. Empty where unknown.
    pub sources: Vec<String>,
}

/// Features of all cutoffs asked for.
#[derive(Debug, Clone, Default)]
pub struct FeatureFrame {
    /// The customers that the rows' numbers refer to.
    pub customers: Arc<CustomerIndex>,
    /// One entry per column of every block, in the same order.
    pub features: Vec<FeatureInfo>,
    /// One block per cutoff, ascending by `as_of`.
    pub blocks: Vec<FeatureBlock>,
}

/// Features of all customers with any history before one cutoff.
#[derive(Debug, Clone)]
pub struct FeatureBlock {
    /// The cutoff.
    pub as_of: Day,
    /// Numbers of the customers, ascending: one per row.
    pub customer: Vec<u32>,
    /// One column per feature, each as long as `customer`.
    pub columns: Vec<FeatureColumn>,
}

/// The values of one feature in one block.
#[derive(Debug, Clone)]
pub enum FeatureColumn {
    /// Numbers; NaN is "undefined or unknown", written as null.
    Number(Narrow),
    /// Category levels.
    Level {
        /// Position in `levels`, or [`NO_LEVEL`].
        codes: Vec<u32>,
        /// Levels, ascending, the same in every block of a frame.
        levels: Arc<Vec<String>>,
    },
}

impl FeatureFrame {
    /// The same customers and features at no cutoff.
    #[must_use]
    pub fn without_blocks(&self) -> Self {
        Self { customers: Arc::clone(&self.customers), features: self.features.clone(), blocks: Vec::new() }
    }

    /// Adds the same features of later customers at the same cutoffs.
    pub fn append(&mut self, later: Self) {
        if self.blocks.is_empty() {
            *self = later;
            return;
        }
        for (block, mut later) in self.blocks.iter_mut().zip(later.blocks) {
            block.customer.append(&mut later.customer);
            block.columns.iter_mut().zip(later.columns).for_each(|(column, later)| column.append(later));
        }
    }
}

impl FeatureColumn {
    /// Adds the values of later customers; levels are those of both.
    fn append(&mut self, later: Self) {
        match (self, later) {
            (Self::Number(own), Self::Number(later)) => own.append(&later),
            (Self::Level { codes, levels }, Self::Level { codes: mut others, levels: added }) => {
                if *levels != added {
                    let all: BTreeSet<&String> = levels.iter().chain(added.iter()).collect();
                    let all: Vec<String> = all.into_iter().cloned().collect();
                    renumber(codes, levels, &all);
                    renumber(&mut others, &added, &all);
                    *levels = Arc::new(all);
                }
                codes.append(&mut others);
            }
            // A column is of one kind in all shards.
            (Self::Number(_), Self::Level { .. }) | (Self::Level { .. }, Self::Number(_)) => {}
        }
    }
}

/// Makes positions in some levels positions in all.
fn renumber(codes: &mut [u32], levels: &[String], all: &[String]) {
    let position = |level: &String| all.binary_search(level).ok().and_then(|position| u32::try_from(position).ok());
    let positions: Vec<u32> = levels.iter().map(|level| position(level).unwrap_or(NO_LEVEL)).collect();
    for code in codes {
        *code = positions.get(*code as usize).copied().unwrap_or(NO_LEVEL);
    }
}

impl FeatureBlock {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.customer.len()
    }

    /// Whether nobody has any history before the cutoff.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.customer.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(customers: &[u32], numbers: Vec<f64>, codes: &[u32], levels: &[&str]) -> FeatureFrame {
        let levels = Arc::new(levels.iter().map(|&level| level.to_owned()).collect());
        let columns =
            vec![FeatureColumn::Number(numbers.into()), FeatureColumn::Level { codes: codes.to_vec(), levels }];
        let block = FeatureBlock { as_of: Day::from_epoch_days(9), customer: customers.to_vec(), columns };
        FeatureFrame { blocks: vec![block], ..FeatureFrame::default() }
    }

    #[test]
    fn shards_of_a_frame_are_put_beside_each_other() {
        let mut all = FeatureFrame::default();
        all.append(frame(&[0, 1], vec![1.0, f64::NAN], &[1, 0], &["b", "d"]));
        all.append(frame(&[4], vec![1e9], &[0], &["c"]));
        all.append(frame(&[5, 7], vec![0.5, 2.0], &[NO_LEVEL, 2], &["a", "b", "d"]));
        let block = &all.blocks[0];
        assert_eq!(block.customer, [0, 1, 4, 5, 7]);
        let [FeatureColumn::Number(numbers), FeatureColumn::Level { codes, levels }] = &block.columns[..] else {
            panic!("two columns: {:?}", block.columns)
        };
        assert_eq!(format!("{:?}", numbers.to_vec()), "[1.0, NaN, 1000000000.0, 0.5, 2.0]");
        let said = |&code: &u32| levels.get(code as usize).map(String::as_str);
        assert_eq!(codes.iter().map(said).collect::<Vec<_>>(), [Some("d"), Some("b"), Some("c"), None, Some("d")]);
        assert_eq!(**levels, ["a", "b", "c", "d"]);
    }
}
