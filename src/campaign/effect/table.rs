//! Rows of `effects.parquet`: adjusted for how many there are, then put into a frame.

use std::collections::BTreeMap;

use polars::prelude::*;

use super::estimate::Estimate;
use super::methods::heterogeneity;
use crate::campaign::Error;
use crate::stats::{Interval, benjamini_hochberg, holm};

/// One row of `effects.parquet`.
#[derive(Debug, Clone, PartialEq)]
pub struct EffectRow {
    /// The treated arm.
    pub arm: String,
    /// The outcome.
    pub outcome: String,
    /// The segment; `None` for the whole.
    pub segment: Option<String>,
    /// Its level.
    pub segment_value: Option<String>,
    /// How it was estimated.
    pub method: &'static str,
    /// Whether this is the row to quote.
    pub primary: bool,
    /// Rows of the treated arm that have the outcome.
    pub n_treated: f64,
    /// Rows of the control that have it.
    pub n_control: f64,
    /// What the effect is counted on in the treated arm: its rows, or the sum of a ratio's denominators.
    pub exposure: f64,
    /// The estimate at 95 %.
    pub estimate: Estimate,
    /// The interval that holds together with those of its family.
    pub together: Interval,
    /// Holm's p over the family.
    pub p_adjusted: f64,
    /// Benjamini–Hochberg's q over the family.
    pub q: f64,
    /// Cochran's Q of the segment and its p.
    pub heterogeneity: Option<(f64, f64)>,
}

impl Default for EffectRow {
    fn default() -> Self {
        let nothing = Interval { low: f64::NAN, high: f64::NAN };
        Self {
            arm: String::new(),
            outcome: String::new(),
            segment: None,
            segment_value: None,
            method: "",
            primary: false,
            n_treated: 0.0,
            n_control: 0.0,
            exposure: 0.0,
            estimate: Estimate {
                treated: f64::NAN,
                control: f64::NAN,
                effect: f64::NAN,
                error: f64::NAN,
                interval: nothing,
                p: f64::NAN,
                relative: (f64::NAN, f64::NAN, f64::NAN),
            },
            together: nothing,
            p_adjusted: f64::NAN,
            q: f64::NAN,
            heterogeneity: None,
        }
    }
}

/// Fills in Holm's p, Benjamini–Hochberg's q and the heterogeneity test.
pub fn adjust(rows: &mut [EffectRow]) {
    // A family or group is named by its parts joined by a character that no name holds.
    let mut families: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    let mut groups: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, row) in rows.iter().enumerate() {
        let Some(segment) = &row.segment else {
            families.entry(row.method.to_owned()).or_default().push(at);
            continue;
        };
        families.entry([row.method, segment, &row.outcome].join("\u{1f}")).or_default().push(at);
        groups.entry([row.method, segment, &row.outcome, &row.arm].join("\u{1f}")).or_default().push(at);
    }
    for family in families.into_values() {
        let p: Vec<f64> = family.iter().map(|at| rows[*at].estimate.p).collect();
        for ((at, holm), q) in family.iter().zip(holm(&p)).zip(benjamini_hochberg(&p)) {
            (rows[*at].p_adjusted, rows[*at].q) = (holm, q);
        }
    }
    for group in groups.into_values() {
        let effects: Vec<(f64, f64)> =
            group.iter().map(|at| (rows[*at].estimate.effect, rows[*at].estimate.error)).collect();
        let test = heterogeneity(&effects);
        for at in group {
            rows[at].heterogeneity = test;
        }
    }
}

/// The frame of `effects.parquet`; what is not finite is null.
///
/// # Errors
/// None that data can cause.
pub fn frame(rows: &[EffectRow]) -> Result<DataFrame, Error> {
    let number = |name: &str, value: &dyn Fn(&EffectRow) -> f64| {
        let values: Vec<Option<f64>> =
            rows.iter().map(|row| Some(value(row)).filter(|value| value.is_finite())).collect();
        Column::new(name.into(), values)
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "numbers of rows")]
    let count = |name: &str, value: &dyn Fn(&EffectRow) -> f64| {
        Column::new(name.into(), rows.iter().map(|row| value(row) as u64).collect::<Vec<u64>>())
    };
    let text = |name: &str, value: &dyn Fn(&EffectRow) -> Option<String>| {
        Column::new(name.into(), rows.iter().map(value).collect::<Vec<Option<String>>>())
    };
    let columns = vec![
        text("arm", &|row| Some(row.arm.clone())),
        text("outcome", &|row| Some(row.outcome.clone())),
        text("segment", &|row| row.segment.clone()),
        text("segment_value", &|row| row.segment_value.clone()),
        text("method", &|row| Some(row.method.to_owned())),
        count("n_treated", &|row| row.n_treated),
        count("n_control", &|row| row.n_control),
        number("treated", &|row| row.estimate.treated),
        number("control", &|row| row.estimate.control),
        number("effect", &|row| row.estimate.effect),
        number("low", &|row| row.estimate.interval.low),
        number("high", &|row| row.estimate.interval.high),
        number("p", &|row| row.estimate.p),
        number("p_adjusted", &|row| row.p_adjusted),
        number("relative", &|row| row.estimate.relative.0),
        number("relative_low", &|row| row.estimate.relative.1),
        number("relative_high", &|row| row.estimate.relative.2),
        Column::new("primary".into(), rows.iter().map(|row| row.primary).collect::<Vec<bool>>()),
        number("standard_error", &|row| row.estimate.error),
        number("q_bh", &|row| row.q),
        number("low_simultaneous", &|row| row.together.low),
        number("high_simultaneous", &|row| row.together.high),
        number("heterogeneity_q", &|row| row.heterogeneity.map_or(f64::NAN, |test| test.0)),
        number("heterogeneity_p", &|row| row.heterogeneity.map_or(f64::NAN, |test| test.1)),
    ];
    Ok(DataFrame::new(rows.len(), columns)?)
}
