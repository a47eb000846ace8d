//! Who is on the list, and in which order.

use std::collections::HashSet;

use polars::prelude::*;
use rayon::prelude::*;

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

/// Columns of the scores that a list is made of.
#[must_use]
pub fn columns() -> Vec<&'static str> {
    let own = ["status", "model"];
    BEFORE_ACTION.into_iter().chain(REASONS).chain(own).collect()
}

/// Rows of the scores that a selection chooses, in its order.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The rows, with `expected_value_saved` where it was weighed.
    pub rows: DataFrame,
    /// Rows that would have been on the list, had they not been suppressed.
    pub suppressed: usize,
}

/// The list: filtered, ordered, cut, with recommended actions.
///
/// # Errors
/// When the scores lack a column of the contract.
pub fn list(scores: &DataFrame, selection: &Selection, actions: &Actions) -> Result<DataFrame, Error> {
    with_actions(&chosen(scores, selection)?.rows, actions)
}

/// Who is on the list, without actions.
///
/// # Errors
/// When the scores lack a column of the contract.
pub fn chosen(scores: &DataFrame, selection: &Selection) -> Result<Chosen, Error> {
    require(scores, &["customer", "target", "status", "score", "band", "value", "value_at_risk"])?;
    let is_measured = scores.column("uplift").is_ok();
    let mut keeps = selection.keeps();
    let mut scores = scores.clone();
    if is_measured || selection.weighs_value() {
        scores = scores.lazy().with_columns([selection.expected_value_saved(is_measured)]).collect()?;
    }
    if selection.save_rate.is_some() || is_measured {
        // Nobody is contacted at an expected loss.
        keeps = keeps.and(col("expected_value_saved").gt(lit(0.0)));
    }
    let order = selection.order().cast(DataType::Float64).alias("order");
    let asked = scores.clone().lazy().select([keeps.alias("keeps"), order]).collect()?;
    let customers = scores.column("customer")?.cast(&DataType::String)?;
    let customers = customers.str()?;
    let keys = asked.column("keeps")?.bool()?.iter().zip(asked.column("order")?.f64()?.iter()).zip(0..);
    let wanted = keys.filter(|((keeps, _), _)| *keeps == Some(true)).map(|((_, key), row)| (falling(key), row));
    let mut order: Vec<(u64, IdxSize)> = wanted.collect();
    let all = order.len();
    if !selection.suppressed.is_empty() {
        order.retain(|(_, row)| !selection.suppressed.contains(customers.get(*row as usize).unwrap_or_default()));
    }
    let suppressed = all - order.len();
    // Equal keys: by customer.
    order.par_sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| customers.get(a.1 as usize).cmp(&customers.get(b.1 as usize)))
    });
    order.truncate(selection.limit().unwrap_or(usize::MAX));
    let rows = IdxCa::from_vec("rows".into(), order.into_iter().map(|(_, row)| row).collect());
    let kept: Vec<Column> = scores.columns().iter().filter(|column| is_listed(column.name())).cloned().collect();
    Ok(Chosen { rows: DataFrame::new(scores.height(), kept)?.take(&rows)?, suppressed })
}

fn is_listed(column: &str) -> bool {
    BEFORE_ACTION.contains(&column) || REASONS.contains(&column) || ["expected_value_saved", "model"].contains(&column)
}

/// A number whose ascending order is the falling one of `key`; nothing comes last.
fn falling(key: Option<f64>) -> u64 {
    let Some(key) = key.filter(|key| !key.is_nan()) else { return u64::MAX };
    let bits = (key + 0.0).to_bits();
    if key.is_sign_negative() && key != 0.0 { bits } else { !bits & (u64::MAX >> 1) }
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

/// The chosen rows as a list, with recommended actions.
///
/// # Errors
/// When a column of the contract is missing.
pub fn with_actions(rows: &DataFrame, actions: &Actions) -> Result<DataFrame, Error> {
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
    let bands = bands.str()?;
    let at_risk = rows.column("value_at_risk")?.cast(&DataType::Float64)?;
    let mut known: PlHashMap<&str, Fits> = PlHashMap::new();
    let mut fits = |reason| *known.entry(reason).or_insert_with(|| actions.fits(reason));
    let mut own: Vec<Fits> = Vec::with_capacity(REASONS.len());
    let mut found: Vec<Option<IdxSize>> = Vec::with_capacity(rows.height());
    for (row, value) in at_risk.f64()?.iter().enumerate() {
        own.clear();
        own.extend(reasons.iter().filter_map(|reason| reason.get(row)).map(&mut fits));
        let action = actions.recommend(&own, bands.get(row).unwrap_or_default(), value.unwrap_or(f64::NAN));
        found.push(action.and_then(|action| IdxSize::try_from(action.number).ok()));
    }
    // One copy of every text, and a number per customer that says which.
    let found: IdxCa = found.into_iter().collect();
    let text_of = |name: &str, texts: StringChunked| texts.with_name(name.into()).into_column().take(&found);
    Ok([
        text_of("action", actions.all().map(|one| Some(one.name)).collect())?,
        text_of("action_channel", actions.all().map(|one| one.action.channel.as_deref()).collect())?,
        text_of("action_offer", actions.all().map(|one| one.action.offer.as_deref()).collect())?,
        actions
            .all()
            .map(|one| one.action.cost)
            .collect::<Float64Chunked>()
            .with_name("action_cost".into())
            .into_column()
            .take(&found)?,
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
    fn falling_keys_put_the_largest_first_and_nothing_last() {
        let keys = [Some(2.0), Some(0.5), Some(0.0), Some(-0.5), Some(-2.0), None].map(falling);
        assert!(keys.is_sorted() && keys.windows(2).all(|pair| pair[0] < pair[1]), "{keys:?}");
        assert_eq!(falling(Some(-0.0)), falling(Some(0.0)));
    }

    #[test]
    fn suppressed_customers_are_counted_even_where_others_take_their_places() {
        let selection = Selection {
            top: Some(2),
            suppressed: HashSet::from(["a".to_owned(), "nobody".to_owned()]),
            ..Selection::new("churn")
        };
        let chosen = chosen(&scores(), &selection).expect("a list");
        assert_eq!((chosen.rows.height(), chosen.suppressed), (2, 1));
    }

    #[test]
    fn nobody_is_contacted_at_an_expected_loss() {
        let saved = |s: &mut Selection| {
            (s.save_rate, s.cost_per_contact, s.sort, s.top) = (Some(0.1), Some(1.0), Sort::Uplift, Some(9));
        };
        assert_eq!(customers(saved), ["e", "b"]);
    }
}
