//! What the feature stage hands on: one block of columns per cutoff.

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
