//! Who is on the list, and in which order.

use std::collections::{HashMap, HashSet};

use polars::prelude::*;

use super::{Actions, recommend::Fits};
use crate::campaign::Error;

/// The band below all named ones.
const LOW: &str = "low";

/// Columns of the scores that a list repeats, in the list's order; `Actions` come between value and reasons.
const BEFORE_ACTION: [&str; 14] = [
    "customer",
    "arm",
    "as_of",
    "target",
    "horizon_days",
    "rank",
    "score",
    "score_low",
    "score_high",
    "band",
    "decile",
    "value",
    "value_at_risk",
    "uplift",
];
const REASONS: [&str; 5] = ["reason_1", "reason_2", "reason_3", "reason_4", "reason_5"];

/// Who is on the list, and in which order.
#[derive(Debug, Clone)]
pub struct Selection {
    /// The target whose scores are listed.
    pub target: String,
    /// Only this band; `None` = every band but `low`.
    pub band: Option<String>,
    /// At most so many.
    pub top: Option<usize>,
    /// Only values at risk from here on.
    pub min_value: Option<f64>,
    /// All contacts together may cost so much.
    pub budget: Option<f64>,
    /// What one contact costs, if rules do not say.
    pub cost_per_contact: Option<f64>,
    /// Share of the contacted churners who stay because of the contact.
    pub save_rate: Option<f64>,
    /// Order.
    pub sort: Sort,
    /// Customers who must not be contacted.
    pub suppressed: HashSet<String>,
    /// Every band and every rank: the rows were chosen before.
    pub everyone: bool,
}

/// Order of a list; ties are broken by customer id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sort {
    /// Highest score first.
    #[default]
    Risk,
    /// Highest value at risk first.
    Value,
    /// Highest expected value saved first.
    Uplift,
}

impl Selection {
    /// The default list of a target: every band but `low`, riskiest first.
    #[must_use]
    pub fn new(target: &str) -> Self {
        Self {
            target: target.to_owned(),
            band: None,
            top: None,
            min_value: None,
            budget: None,
            cost_per_contact: None,
            save_rate: None,
            sort: Sort::Risk,
            suppressed: HashSet::new(),
            everyone: false,
        }
    }

    /// Whether contacts are weighed against what they save.
    fn weighs_value(&self) -> bool {
        self.save_rate.is_some() || self.sort == Sort::Uplift
    }

    /// How many contacts the caps allow.
    fn limit(&self) -> Option<usize> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count that is not negative")]
        let affordable = match (self.budget, self.cost_per_contact) {
            (Some(budget), Some(cost)) if cost > 0.0 => Some((budget / cost + 1e-9).max(0.0).floor() as usize),
            _ => None,
        };
        [self.top, affordable].into_iter().flatten().min()
    }

    fn keeps(&self) -> Expr {
        let band = match &self.band {
            Some(band) => col("band").eq(lit(band.as_str())),
            None if self.everyone || self.top.is_some() || self.min_value.is_some() || self.budget.is_some() => {
                lit(true)
            }
            None => col("band").neq(lit(LOW)),
        };
        let value = self.min_value.map_or(lit(true), |minimum| col("value_at_risk").gt_eq(lit(minimum)));
        let scored = col("status").eq(lit("scored")).and(col("target").eq(lit(self.target.as_str())));
        scored.and(band).and(value)
    }

    /// Uplift × value − cost of a contact; without a measured uplift it is score × save rate.
    fn expected_value_saved(&self, is_measured: bool) -> Expr {
        let rate = self.save_rate.unwrap_or(1.0);
        let cost = self.cost_per_contact.unwrap_or(0.0);
        let saved = if is_measured { col("uplift") } else { col("score") * lit(rate) };
        (saved * col("value") - lit(cost)).alias("expected_value_saved")
    }

    fn order(&self) -> Expr {
        match self.sort {
            Sort::Risk => col("score"),
            Sort::Value => col("value_at_risk"),
            Sort::Uplift => col("expected_value_saved"),
        }
    }
}

/// The list: filtered, ordered, cut, with recommended actions.
///
/// # Errors
/// When the scores lack a column of the contract.
pub fn list(scores: &DataFrame, selection: &Selection, actions: &Actions) -> Result<DataFrame, Error> {
    require(scores, &["customer", "target", "status", "score", "band", "value", "value_at_risk"])?;
    let mut rows = scores.clone().lazy().filter(selection.keeps());
    let is_measured = scores.column("uplift").is_ok();
    if is_measured || selection.weighs_value() {
        rows = rows.with_columns([selection.expected_value_saved(is_measured)]);
    }
    if selection.save_rate.is_some() || is_measured {
        // Nobody is contacted at an expected loss.
        rows = rows.filter(col("expected_value_saved").gt(lit(0.0)));
    }
    let order = SortMultipleOptions::default().with_order_descending_multi([true, false]).with_nulls_last(true);
    let mut rows = rows.sort_by_exprs([selection.order(), col("customer")], order).collect()?;
    if !selection.suppressed.is_empty() {
        let customers = rows.column("customer")?.cast(&DataType::String)?;
        let free = |id: Option<&str>| Some(!selection.suppressed.contains(id.unwrap_or_default()));
        let mask: BooleanChunked = customers.str()?.iter().map(free).collect();
        rows = rows.filter(&mask)?;
    }
    if let Some(limit) = selection.limit() {
        rows = rows.head(Some(limit));
    }
    with_actions(&rows, actions)
}

fn require(scores: &DataFrame, columns: &[&str]) -> Result<(), Error> {
    let missing = columns.iter().find(|name| scores.column(name).is_err());
    missing.map_or(Ok(()), |name| {
        Err(Error::MissingColumn {
            column: (*name).to_owned(),
            place: "the scores".to_owned(),
            present: scores.get_column_names().iter().map(ToString::to_string).collect(),
        })
    })
}

fn with_actions(rows: &DataFrame, actions: &Actions) -> Result<DataFrame, Error> {
    let pick = |name: &&str| rows.column(name).ok().cloned();
    let mut columns: Vec<Column> = BEFORE_ACTION.iter().filter_map(pick).collect();
    columns.extend(pick(&"expected_value_saved"));
    columns.extend(action_columns(rows, actions)?);
    columns.extend(REASONS.iter().filter_map(pick));
    columns.extend(pick(&"model"));
    Ok(DataFrame::new(rows.height(), columns)?)
}

fn action_columns(rows: &DataFrame, actions: &Actions) -> Result<[Column; 4], Error> {
    let text = |name: &str| rows.column(name).ok().and_then(|column| column.str().ok().cloned());
    let reasons: Vec<StringChunked> = REASONS.iter().filter_map(|name| text(name)).collect();
    let bands = rows.column("band")?.cast(&DataType::String)?;
    let at_risk = rows.column("value_at_risk")?.cast(&DataType::Float64)?;
    let mut known: HashMap<&str, Fits> = HashMap::new();
    let mut fits = |reason| *known.entry(reason).or_insert_with(|| actions.fits(reason));
    let found: Vec<_> = (0..rows.height())
        .map(|row| {
            let own: Vec<Fits> = reasons.iter().filter_map(|reason| reason.get(row)).map(&mut fits).collect();
            let band = bands.str().ok().and_then(|bands| bands.get(row)).unwrap_or_default();
            let value = at_risk.f64().ok().and_then(|values| values.get(row)).unwrap_or(f64::NAN);
            actions.recommend(&own, band, value)
        })
        .collect();
    let names: StringChunked = found.iter().map(|one| one.map(|one| one.name)).collect();
    let channels: StringChunked = found.iter().map(|one| one.and_then(|one| one.action.channel.as_deref())).collect();
    let offers: StringChunked = found.iter().map(|one| one.and_then(|one| one.action.offer.as_deref())).collect();
    let costs: Float64Chunked = found.iter().map(|one| one.and_then(|one| one.action.cost)).collect();
    Ok([
        names.with_name("action".into()).into_column(),
        channels.with_name("action_channel".into()).into_column(),
        offers.with_name("action_offer".into()).into_column(),
        costs.with_name("action_cost".into()).into_column(),
    ])
}

#[cfg(test)]
mod tests {
    use indexmap::IndexMap;

    use super::*;

    fn scores() -> DataFrame {
        let columns = vec![
            Column::new("customer".into(), ["a", "b", "c", "d", "e"]),
            Column::new("target".into(), ["churn"; 5]),
            Column::new("status".into(), ["scored", "scored", "scored", "abstained:no_model", "scored"]),
            Column::new("score".into(), [Some(0.9), Some(0.5), Some(0.5), None, Some(0.1)]),
            Column::new("band".into(), [Some("high"), Some("medium"), Some("medium"), None, Some("low")]),
            Column::new("value".into(), [Some(10.0), Some(100.0), None, None, Some(5000.0)]),
            Column::new("value_at_risk".into(), [Some(9.0), Some(50.0), None, None, Some(500.0)]),
            Column::new("reason_1".into(), [Some("last order long ago"), None, None, None, None]),
        ];
        DataFrame::new_infer_height(columns).expect("columns of equal length")
    }

    fn customers(change: impl FnOnce(&mut Selection)) -> Vec<String> {
        let mut selection = Selection::new("churn");
        change(&mut selection);
        let list = list(&scores(), &selection, &Actions::new(&IndexMap::new())).expect("a list");
        let customers = list.column("customer").expect("there").str().expect("text").clone();
        customers.iter().flatten().map(str::to_owned).collect()
    }

    #[test]
    fn the_default_list_holds_every_band_but_low_riskiest_first_ties_by_customer() {
        assert_eq!(customers(|_| ()), ["a", "b", "c"]);
    }

    #[test]
    fn band_top_value_budget_and_suppression_cut_it() {
        assert_eq!(customers(|s| s.band = Some("medium".to_owned())), ["b", "c"]);
        assert_eq!(customers(|s| s.top = Some(1)), ["a"]);
        assert_eq!(customers(|s| s.min_value = Some(50.0)), ["b", "e"]);
        assert_eq!(customers(|s| s.sort = Sort::Value), ["b", "a", "c"]);
        assert_eq!(customers(|s| s.suppressed = HashSet::from(["a".to_owned()])), ["b", "c"]);
        let two = customers(|s| (s.budget, s.cost_per_contact) = (Some(5.0), Some(2.0)));
        assert_eq!(two, ["a", "b"]);
    }

    #[test]
    fn nobody_is_contacted_at_an_expected_loss() {
        let saved = |s: &mut Selection| {
            (s.save_rate, s.cost_per_contact, s.sort, s.top) = (Some(0.1), Some(1.0), Sort::Uplift, Some(9));
        };
        assert_eq!(customers(saved), ["e", "b"]);
    }
}
