//! Tidewatch: from a customer history to calibrated churn scores with exact reasons, and the KPIs beside them.
//!
//! # The data's way
//! ```text
//! files ─ source ─ contract ─► rollup ─ observe ─┬─ feature ─┬─► model ─ evaluate ─ registry
//!                    │                           └─ label  ──┘     │
//!                    │                                           score ─► publish ─► runs/<as_of>/
//!                    └─► kpi, insight, journey ──────────────────────────►│
//!                                        campaign (plan, assign, evaluate, target)
//! ```
//! `cli` (what was typed) calls `ops` (one verb, one file), `ops` calls the stages, the stages stand on the foundations
//! (`time`, `stats`, `tables`, `error`). `tests/layers.rs` holds the allowed edges.

pub mod campaign;
pub mod cli;
pub mod clv;
pub mod contract;
pub mod error;
pub mod evaluate;
pub mod feature;
pub mod forecast;
pub mod insight;
pub mod journey;
pub mod kpi;
pub mod label;
pub mod model;
pub mod money;
pub mod observe;
pub mod ops;
pub mod outlook;
pub mod profile;
pub mod progress;
pub mod project;
pub mod publish;
pub mod registry;
pub mod report;
pub mod rollup;
pub mod score;
pub mod sentiment;
pub mod simulate;
pub mod source;
pub mod stats;
pub mod tables;
pub mod time;
