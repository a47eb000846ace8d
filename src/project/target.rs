//! `[target.NAME]`: what is predicted.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tables::TableName;

/// What is predicted. Which keys apply depends on `kind`; `list targets` explains each.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// The kind of outcome.
    pub kind: TargetKind,
    /// The table whose rows show the outcome (`inactivity`, `event`).
    #[serde(default)]
    pub table: Option<TableName>,
    /// Eligible at D: at least one qualifying row in the last so many days; left out: any history before D.
    #[serde(default)]
    pub active_within_days: Option<u32>,
    /// Days between D and the start of the label window.
    #[serde(default)]
    pub gap_days: u32,
    /// Length of the label window in days.
    #[serde(default)]
    pub horizon_days: Option<u32>,
    /// Further horizons in days, ascending, for `horizons.parquet` (`inactivity`, `event`, `subscription_end`).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub horizons: Vec<u32>,
    /// Event kinds that qualify (`inactivity`), or that are the outcome (`event`); all if left out.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// Event kinds that do not qualify.
    #[serde(default)]
    pub not_kinds: Vec<String>,
    /// Which rows qualify: an SQL expression over canonical columns.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// `subscription_end`: a new valid subscription within so many days after the end is not churn.
    #[serde(default)]
    pub grace_days: u32,
    /// `subscription_end`: only ends for these reasons are the outcome; all if left out.
    #[serde(default)]
    pub reasons: Option<Vec<EndReason>>,
    /// `column`: the attribute of `customers` that holds the outcome.
    #[serde(default)]
    pub column: Option<String>,
    /// `column`: the value that means "yes".
    #[serde(default)]
    pub positive: Option<Scalar>,
}

/// Kinds of outcome.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TargetKind {
    /// No qualifying row in the label window.
    Inactivity,
    /// The active period of the subscriptions ends in the label window.
    SubscriptionEnd,
    /// A named kind of event occurs in the label window.
    Event,
    /// A referral, a promoter answer or a positive public act occurs in the label window.
    Advocacy,
    /// The outcome is a column of a flat table.
    Column,
}

/// Why a subscription ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The customer chose to leave.
    Voluntary,
    /// A payment failed for good.
    Payment,
    /// Anything else.
    Other,
}

/// A TOML scalar compared with a column's text.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Scalar {
    /// true or false.
    Flag(bool),
    /// A whole number.
    Whole(i64),
    /// A number.
    Number(f64),
    /// Text.
    Text(String),
}
