//! Facts from the scores of the run: who is at risk, and with what value.

use polars::prelude::{DataFrame, DataType, PlHashMap, PolarsResult};

use super::rows::Columns;

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
/// If a column has another type than the contract says.
pub fn read(scores: &DataFrame, target: &str, band: &str) -> PolarsResult<PlHashMap<String, ScoreFacts>> {
    let scores =
        scores.column("value_at_risk").and_then(|column| column.cast(&DataType::Float64)).and_then(|column| {
            let mut scores = scores.clone();
            scores.with_column(column)?;
            Ok(scores)
        })?;
    let columns = Columns(&scores);
    let (customers, targets) = (columns.texts("customer")?, columns.texts("target")?);
    let (statuses, bands, values) =
        (columns.texts("status")?, columns.texts("band")?, columns.numbers("value_at_risk")?);
    let mut found = PlHashMap::default();
    for row in 0..columns.height() {
        let of_target = targets.and_then(|column| column.get(row)).is_none_or(|name| name == target);
        let scored = statuses.and_then(|column| column.get(row)) == Some("scored");
        let Some(customer) = customers.and_then(|column| column.get(row)) else { continue };
        if of_target && scored {
            let facts = ScoreFacts {
                in_highest_band: bands.and_then(|column| column.get(row)) == Some(band),
                value_at_risk: values.and_then(|column| column.get(row)).filter(|value| value.is_finite()),
            };
            found.insert(customer.to_owned(), facts);
        }
    }
    Ok(found)
}
