//! `horizons.parquet`: how likely the outcome is within each of the horizons a target declares, beside the score.
//!
//! One row per scored customer and horizon, by target, customer, horizon:
//!
//! - `customer`, `as_of`, `target`, `horizon_days` (from the start of the label window), `model`;
//! - `probability`: monotone in the horizon; it cannot fall for an end or an event, nor rise for inactivity;
//! - `expected_days`: until the event, or for inactivity until the silence ends, counted up to the longest horizon;
//! - `probability_voluntary`, `probability_payment`, `probability_other`: competing reasons of an end; they sum to the
//!   probability; null where the reasons are not known.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn as _, NamedFrom as _, PolarsResult, Series};

use super::Scores;
use crate::model::{Curve, Reasons};

/// One customer's curve over the horizons of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomerCurve {
    /// The customer's id.
    pub customer: String,
    /// Probabilities and expected time.
    pub curve: Curve,
    /// How an end divides into reasons.
    pub reasons: Option<Reasons>,
}

/// The table of all targets that have curves; `None` if none has.
///
/// # Errors
/// None that data can cause: all columns have one entry per row.
pub fn horizons_frame<'a>(all: impl IntoIterator<Item = &'a Scores>) -> PolarsResult<Option<DataFrame>> {
    let mut by_target: Vec<&Scores> = all.into_iter().filter(|scores| !scores.curves.is_empty()).collect();
    by_target.sort_by(|a, b| a.target.cmp(&b.target));
    let rows: Vec<Line<'_>> = by_target.into_iter().flat_map(lines).collect();
    if rows.is_empty() {
        return Ok(None);
    }
    let text = |name: &str, pick: fn(&Line<'a>) -> Option<&'a str>| {
        Series::new(name.into(), rows.iter().map(pick).collect::<Vec<Option<&str>>>()).into_column()
    };
    let number = |name: &str, pick: &dyn Fn(&Line<'a>) -> Option<f64>| {
        Series::new(name.into(), rows.iter().map(pick).collect::<Vec<Option<f64>>>()).into_column()
    };
    let share = |name: &str, pick: fn(&Reasons) -> f64| {
        number(name, &|line| line.one.reasons.as_ref().map(|reasons| pick(reasons) * line.probability()))
    };
    let days: Vec<i32> = rows.iter().map(|line| line.scores.as_of.epoch_days()).collect();
    let horizon: Vec<u32> = rows.iter().map(|line| line.scores.horizons[line.place]).collect();
    let columns: Vec<Column> = vec![
        text("customer", |line| Some(line.one.customer.as_str())),
        Series::new("as_of".into(), days).cast(&DataType::Date)?.into_column(),
        text("target", |line| Some(line.scores.target.as_str())),
        Series::new("horizon_days".into(), horizon).into_column(),
        number("probability", &|line| Some(line.probability())),
        number("expected_days", &|line| Some(line.one.curve.expected_days)),
        share("probability_voluntary", |reasons| reasons.voluntary),
        share("probability_payment", |reasons| reasons.payment),
        share("probability_other", |reasons| reasons.other),
        text("model", |line| line.scores.model.as_deref()),
    ];
    DataFrame::new(rows.len(), columns).map(Some)
}

/// One customer at one horizon.
struct Line<'a> {
    scores: &'a Scores,
    one: &'a CustomerCurve,
    place: usize,
}

impl Line<'_> {
    fn probability(&self) -> f64 {
        self.one.curve.outcome[self.place]
    }
}

fn lines(scores: &Scores) -> impl Iterator<Item = Line<'_>> {
    let places = 0..scores.horizons.len();
    scores.curves.iter().flat_map(move |one| places.clone().map(move |place| Line { scores, one, place }))
}
