//! The scores of one target at one night, and `scores.parquet` made of them.

use polars::prelude::{Column, DataFrame, DataType, IntoColumn as _, NamedFrom as _, PolarsResult, Series};

use super::CustomerCurve;
use super::band;
use super::reason::{Reason, SHOWN};
use super::row::{Abstention, Judged, Row, Scored};
use crate::model::probability;
use crate::project::Bands;
use crate::time::Day;

/// How many reasons a row shows.
pub const REASONS: usize = SHOWN;

/// All rows of one target at one night: the scored by rank, then the abstentions by customer.
#[derive(Debug, Clone)]
pub struct Scores {
    /// The target.
    pub target: String,
    /// The night.
    pub as_of: Day,
    /// Length of the label window; `None` for outcomes without dates.
    pub horizon_days: Option<u32>,
    /// Name of the model version; `None` if no model could be applied.
    pub model: Option<String>,
    /// The rows.
    pub rows: Vec<Row>,
    /// The further horizons the model knows, in days.
    pub horizons: Vec<u32>,
    /// The scored customers' curves over these, by customer.
    pub curves: Vec<CustomerCurve>,
}

/// One eligible customer before ranking.
#[derive(Debug, Clone)]
pub struct Unranked {
    /// The customer's id.
    pub customer: String,
    /// What the customer is worth; NaN if unknown.
    pub value: f64,
    /// What the model says, or why it says nothing.
    pub verdict: Result<Judged, Abstention>,
}

impl Scores {
    /// Ranks the customers, given in ascending order of their ids, and puts them into bands.
    #[must_use]
    pub fn rank(mut self, customers: impl IntoIterator<Item = Unranked>, bands: &Bands) -> Self {
        let (mut judged, mut others) = (Vec::new(), Vec::new());
        for Unranked { customer, value, verdict } in customers {
            match verdict {
                Ok(verdict) => judged.push(Some((customer, value, verdict))),
                Err(why) => others.push(Row { customer, value, verdict: Err(why) }),
            }
        }
        let log_odds: Vec<f64> = judged.iter().flatten().map(|(_, _, judged)| judged.log_odds).collect();
        let count = log_odds.len();
        // Made in the order in which they will be read.
        let row = |(before, position): (usize, usize)| {
            let (customer, value, judged) = judged[position].take()?;
            Some(Row { customer, value, verdict: Ok(Box::new(place(judged, before + 1, count, bands))) })
        };
        self.rows = band::order(&log_odds).into_iter().enumerate().filter_map(row).collect();
        self.rows.append(&mut others);
        self
    }

    /// The band a customer would be in with other log-odds, the others being as they are.
    #[must_use]
    pub fn band_if(&self, bands: &Bands, customer: &str, log_odds: f64) -> String {
        let others = || self.scored().filter(|(row, _)| row.customer != customer);
        let rank = 1 + others().filter(|(_, other)| other.judged.log_odds > log_odds).count();
        band::band(bands, probability(log_odds), rank, 1 + others().count()).to_owned()
    }

    /// The scored rows with their customers, riskiest first.
    pub fn scored(&self) -> impl Iterator<Item = (&Row, &Scored)> {
        self.rows.iter().filter_map(|row| Some((row, row.verdict.as_deref().ok()?)))
    }
}

fn place(judged: Judged, rank: usize, count: usize, bands: &Bands) -> Scored {
    let name = band::band(bands, probability(judged.log_odds), rank, count).to_owned();
    let decile = band::decile(rank, count);
    Scored { judged, rank: u32::try_from(rank).unwrap_or(u32::MAX), decile, band: name }
}

/// One line of the file: its scores' head beside its row.
type Line<'a> = (&'a Scores, &'a Row);

/// `scores.parquet`: one row per eligible customer and target, by target, rank and customer.
///
/// # Errors
/// None that data can cause: all columns have one entry per row.
pub fn frame<'a>(all: impl IntoIterator<Item = &'a Scores>) -> PolarsResult<DataFrame> {
    let mut by_target: Vec<&Scores> = all.into_iter().collect();
    by_target.sort_by(|a, b| a.target.cmp(&b.target));
    let lines: Vec<Line<'_>> =
        by_target.into_iter().flat_map(|scores| scores.rows.iter().map(move |row| (scores, row))).collect();
    let mut columns = identity(&lines)?;
    columns.extend(standing(&lines));
    columns.extend(reasons(&lines));
    columns.push(number("contribution_other", &lines, |row| Some(scored(row)?.judged.weights.other)));
    columns.push(number("contribution_calibration", &lines, |row| Some(scored(row)?.judged.calibration)));
    columns.push(text("model", &lines, |(scores, row)| scores.model.as_deref().filter(|_| row.verdict.is_ok())));
    DataFrame::new(lines.len(), columns)
}

fn identity(lines: &[Line<'_>]) -> PolarsResult<Vec<Column>> {
    let days: Vec<i32> = lines.iter().map(|(scores, _)| scores.as_of.epoch_days()).collect();
    Ok(vec![
        text("customer", lines, |(_, row)| Some(row.customer.as_str())),
        Series::new("as_of".into(), days).cast(&DataType::Date)?.into_column(),
        text("target", lines, |(scores, _)| Some(scores.target.as_str())),
        whole("horizon_days", lines, |(scores, _)| scores.horizon_days),
        text("status", lines, |(_, row)| Some(status(row))),
    ])
}

fn standing(lines: &[Line<'_>]) -> Vec<Column> {
    let judged = |row: &Row, pick: fn(&Judged) -> f64| Some(pick(&scored(row)?.judged));
    vec![
        number("score", lines, |row| Some(scored(row)?.score())),
        number("score_low", lines, |row| judged(row, |judged| probability(judged.interval.0))),
        number("score_high", lines, |row| judged(row, |judged| probability(judged.interval.1))),
        text("band", lines, |(_, row)| Some(scored(row)?.band.as_str())),
        whole("rank", lines, |(_, row)| Some(scored(row)?.rank)),
        whole("decile", lines, |(_, row)| Some(scored(row)?.decile)),
        number("value", lines, |row| Some(row.value)),
        number("value_at_risk", lines, |row| Some(scored(row)?.score() * row.value)),
        number("log_odds", lines, |row| judged(row, |judged| judged.log_odds)),
        number("intercept", lines, |row| judged(row, |judged| judged.intercept)),
    ]
}

/// Sentences, then their contributions; a row with fewer reasons has nulls, and zeros that keep the sum whole.
fn reasons(lines: &[Line<'_>]) -> Vec<Column> {
    let sentence = |position: usize| {
        let pick = |(_, row)| reason(row, position).map(|reason| reason.sentence.as_str());
        text(&format!("reason_{}", position + 1), lines, pick)
    };
    let contribution = |position: usize| {
        let weight = |row: &Row| scored(row).map(|_| reason(row, position).map_or(0.0, |reason| reason.contribution));
        number(&format!("contribution_{}", position + 1), lines, weight)
    };
    (0..REASONS).map(sentence).chain((0..REASONS).map(contribution)).collect()
}

fn scored(row: &Row) -> Option<&Scored> {
    row.verdict.as_deref().ok()
}

fn reason(row: &Row, position: usize) -> Option<&Reason> {
    scored(row)?.judged.weights.reasons.get(position)
}

fn status(row: &Row) -> &'static str {
    match &row.verdict {
        Ok(_) => "scored",
        Err(why) => why.status(),
    }
}

/// A column of numbers; what is not a number is null.
fn number(name: &str, lines: &[Line<'_>], pick: impl Fn(&Row) -> Option<f64>) -> Column {
    let values: Vec<f64> = lines.iter().map(|(_, row)| pick(row).unwrap_or(f64::NAN)).collect();
    let all = if values.iter().any(|value| value.is_nan()) {
        let known = |value: f64| Some(value).filter(|value| !value.is_nan());
        Series::new(name.into(), values.into_iter().map(known).collect::<Vec<Option<f64>>>())
    } else {
        Series::new(name.into(), values)
    };
    all.into_column()
}

fn whole(name: &str, lines: &[Line<'_>], pick: impl Fn(&Line<'_>) -> Option<u32>) -> Column {
    let values: Vec<Option<u32>> = lines.iter().map(pick).collect();
    Series::new(name.into(), values).into_column()
}

fn text<'a>(name: &str, lines: &[Line<'a>], pick: impl Fn(Line<'a>) -> Option<&'a str>) -> Column {
    let values: Vec<Option<&str>> = lines.iter().map(|&line| pick(line)).collect();
    Series::new(name.into(), values).into_column()
}

#[cfg(test)]
mod tests {
    use super::super::reason::Weights;
    use super::*;

    fn judged(log_odds: f64) -> Judged {
        let reasons = vec![Reason { feature: 0, contribution: log_odds - 0.75, sentence: "because".to_owned() }];
        let weights = Weights { reasons, other: 0.25 };
        Judged::new(log_odds, (log_odds - 1.0, log_odds + 1.0), 0.5, weights, 0.0)
    }

    fn night(target: &str) -> Scores {
        let one = |customer: &str, value: f64, verdict| Unranked { customer: customer.to_owned(), value, verdict };
        let customers = vec![
            one("a", 10.0, Ok(judged(-1.0))),
            one("b", 20.0, Err(Abstention::TooNew)),
            one("c", f64::NAN, Ok(judged(2.0))),
        ];
        let head = Scores {
            target: target.to_owned(),
            as_of: "2025-06-01".parse().expect("a date"),
            horizon_days: Some(30),
            model: Some("m".to_owned()),
            rows: Vec::new(),
            horizons: Vec::new(),
            curves: Vec::new(),
        };
        head.rank(customers, &Bands::default())
    }

    #[test]
    fn rows_stand_by_target_and_rank_and_abstentions_come_last() {
        let frame = frame(&[night("late"), night("churn")]).expect("a frame");
        let column = |name: &str| frame.column(name).expect("a column").str().expect("text").clone();
        let customer = column("customer");
        let customers: Vec<&str> = customer.iter().flatten().collect();
        assert_eq!(customers, ["c", "a", "b", "c", "a", "b"]);
        assert_eq!(column("target").get(0), Some("churn"));
        assert_eq!(column("status").get(2), Some("abstained:too_new"));
        assert_eq!(column("reason_2").get(0), None);
    }

    #[test]
    fn the_parts_sum_to_the_log_odds_and_the_score() {
        let frame = frame(&[night("churn")]).expect("a frame");
        let column = |name: &str| frame.column(name).expect("a column").f64().expect("numbers").clone();
        for row in 0..2 {
            let at = |name: &str| column(name).get(row).expect("scored");
            let told: f64 = (1..=REASONS).map(|position| at(&format!("contribution_{position}"))).sum();
            let sum = at("intercept") + told + at("contribution_other") + at("contribution_calibration");
            let score = at("score");
            assert!((sum - at("log_odds")).abs() < 1e-9);
            assert!(((score / (1.0 - score)).ln() - at("log_odds")).abs() < 1e-9);
            assert!(at("score_low") < score && score < at("score_high"));
        }
        assert_eq!(column("score").get(2), None);
        assert_eq!(column("value_at_risk").get(0), None);
    }
}
