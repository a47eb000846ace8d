//! Facts from the scores of the run: who is at risk, and with what value.

use polars::prelude::{DataFrame, DataType, PlHashMap, PolarsResult};

/// A customer's score.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ScoreFacts {
    /// Whether it lies in the highest band.
    pub in_highest_band: bool,
    /// Score times value; `None` where the value is unknown.
    pub value_at_risk: Option<f64>,
}

/// Scores by customer: scored rows of one target only.
///
/// # Errors
/// If the frame lacks a column of `scores.parquet`.
pub fn read(scores: &DataFrame, target: &str, band: &str) -> PolarsResult<PlHashMap<String, ScoreFacts>> {
    let text = |name: &str| scores.column(name).and_then(|column| column.cast(&DataType::String));
    let (customers, targets, statuses, bands) = (text("customer")?, text("target")?, text("status")?, text("band")?);
    let (customers, targets, statuses, bands) = (customers.str()?, targets.str()?, statuses.str()?, bands.str()?);
    let values = scores.column("value_at_risk")?.cast(&DataType::Float64)?;
    let values = values.f64()?;
    let mut found = PlHashMap::default();
    for row in 0..scores.height() {
        let of_target = targets.get(row).is_none_or(|name| name == target);
        let Some(customer) = customers.get(row) else { continue };
        if of_target && statuses.get(row) == Some("scored") {
            let facts = ScoreFacts {
                in_highest_band: bands.get(row) == Some(band),
                value_at_risk: values.get(row).filter(|value| value.is_finite()),
            };
            found.insert(customer.to_owned(), facts);
        }
    }
    Ok(found)
}

/// Whether the value of any scored customer is known.
#[must_use]
pub fn is_any_value_known(scores: &DataFrame) -> bool {
    let values = scores.column("value_at_risk").and_then(|column| column.cast(&DataType::Float64));
    values.is_ok_and(|values| values.f64().is_ok_and(|values| values.iter().flatten().any(f64::is_finite)))
}
