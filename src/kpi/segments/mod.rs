//! Segments of customers as of a day, and who moved between them. These are `segments.parquet` and
//! `segment_migration.parquet`.
//!
//! `segments.parquet`, one row per customer seen before D: customer, `as_of`, `recency_score`, `frequency_score`,
//! `monetary_score` (1–5, fifths of the buyers to date; null without an order), `rfm_tier`, `value_band`, lifecycle, cluster,
//! `cluster_name` (null below [`clusters::FEWEST_CUSTOMERS`] customers), value.
//!
//! `segment_migration.parquet`, per scheme: scheme, `from_date`, `to_date`, `from_segment` (or `new`), `to_segment` (or `lost`),
//! customers, share (of the row's `from_segment`; the shares of each sum to 1), `value_from`, `value_to`, `value_moved`,
//! expansion, contraction (what each customer gained or lost: `value_moved` = expansion − contraction).

pub mod clusters;
mod migration;
mod portrait;
mod tiers;

pub use migration::{Move, frame, migration, table as migration_table};
pub use portrait::{Lifecycle, Portrait, portraits};
pub use tiers::{Tiers, ValueBand, tiers};

use polars::prelude::{Column, DataFrame, DataType, PolarsResult};

use super::facts::Store;
use crate::time::Day;

/// Everything about the customers as of a day.
#[derive(Debug)]
pub struct Segmentation {
    /// The day.
    pub as_of: Day,
    /// One per customer seen before it, by name.
    pub portraits: Vec<Portrait>,
    /// In the same order.
    pub tiers: Vec<Tiers>,
    /// In the same order; `None` for too few customers.
    pub clusters: Option<clusters::Clusters>,
}

impl Segmentation {
    /// Segments the customers as of a day.
    #[must_use]
    pub fn new(store: &Store, as_of: Day) -> Self {
        let portraits = portraits(store, as_of);
        let tiers = tiers(&portraits);
        let clusters = clusters::Clusters::fit(&portraits);
        Self { as_of, portraits, tiers, clusters }
    }

    /// The rows as `segments.parquet` holds them, by customer.
    ///
    /// # Errors
    /// None that data can cause: all columns have the same length.
    pub fn frame(&self, store: &Store) -> PolarsResult<DataFrame> {
        let order: Vec<usize> = (0..self.portraits.len()).collect();
        let name = |at: usize| store.subjects.name(self.portraits[at].subject);
        let text = |column: &str, of: &dyn Fn(usize) -> Option<String>| {
            Column::new(column.into(), order.iter().map(|at| of(*at)).collect::<Vec<Option<String>>>())
        };
        let score = |column: &str, of: fn(&Tiers) -> Option<u32>| {
            Column::new(column.into(), order.iter().map(|at| of(&self.tiers[*at])).collect::<Vec<Option<u32>>>())
        };
        let cluster = |at: usize| self.clusters.as_ref().map(|clusters| clusters.of[at]);
        let clusters: Vec<Option<u32>> = order.iter().map(|at| cluster(*at)).collect();
        let values: Vec<f64> = order.iter().map(|at| self.portraits[*at].value).collect();
        let days = vec![self.as_of.epoch_days(); order.len()];
        DataFrame::new_infer_height(vec![
            text("customer", &|at| Some(name(at).to_owned())),
            Column::new("as_of".into(), days).cast(&DataType::Date)?,
            score("recency_score", |tiers| tiers.recency),
            score("frequency_score", |tiers| tiers.frequency),
            score("monetary_score", |tiers| tiers.monetary),
            text("rfm_tier", &|at| self.tiers[at].rfm().map(str::to_owned)),
            text("value_band", &|at| Some(self.tiers[at].value_band.as_str().to_owned())),
            text("lifecycle", &|at| Some(self.portraits[at].lifecycle.as_str().to_owned())),
            Column::new("cluster".into(), clusters),
            text("cluster_name", &|at| {
                self.clusters.as_ref().map(|clusters| clusters.names[clusters.of[at] as usize].clone())
            }),
            Column::new("value".into(), values),
        ])
    }

    /// The segment of every customer by a scheme, by rank of name.
    fn labels(&self, scheme: &str) -> Vec<(usize, &str)> {
        let label = |at: usize| match scheme {
            "rfm_tier" => self.tiers[at].rfm().unwrap_or("none"),
            "value_band" => self.tiers[at].value_band.as_str(),
            _ => self.portraits[at].lifecycle.as_str(),
        };
        self.portraits.iter().enumerate().map(|(at, portrait)| (portrait.rank, label(at))).collect()
    }
}
