//! `explain`: why a customer has his score, what would change it, what has moved it.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::{Format, Session};
use crate::ops::Failure;
use crate::ops::explain::{Explanation, Request, Since, explain};
use crate::report::{Align, Cell, Table, count, decimals, percent};
use crate::score::{Change, Row, Scored};
use crate::time::Day;

/// Explain one customer's score: reasons, what would change it, what moved since the last run
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch explain C000123\n  tidewatch explain C000123 --as-of 2025-06-01 --format json"
)]
pub struct Arguments {
    /// The customer's id, exactly as the files have it
    customer: String,
    /// The night the score is of
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Only this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
}

impl Arguments {
    /// Prints the explanation.
    ///
    /// # Errors
    /// As [`explain`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let request = Request { customer: &self.customer, as_of: self.as_of, target: self.target.as_deref() };
        let explanations = explain(&session.project_dir, &request, &session.progress)?;
        session.print(&if session.format == Format::Json {
            let all: Vec<Value> = explanations.iter().map(|one| document(&self.customer, one)).collect();
            format!("{:#}\n", json!({ "explanations": all }))
        } else {
            explanations.iter().map(|one| text(&self.customer, one)).collect::<Vec<_>>().join("\n")
        });
        Ok(())
    }
}

fn text(customer: &str, explanation: &Explanation) -> String {
    let within = explanation.horizon_days.map(|days| format!(" within {days} days")).unwrap_or_default();
    let mut text = format!("{customer}: {}{within}, as of {}\n", explanation.target, explanation.as_of);
    match explanation.row.as_ref().map(|row| (row, &row.verdict)) {
        None => text += "not eligible for this target on that day: there is nothing to predict\n",
        Some((_, Err(why))) => {
            let _ = writeln!(text, "not scored: {}", why.as_str());
        }
        Some((row, Ok(scored))) => text += &story(explanation, row, scored),
    }
    text
}

fn story(explanation: &Explanation, row: &Row, scored: &Scored) -> String {
    let (low, high) = scored.judged.interval;
    let [low, high] = [low, high].map(crate::model::probability).map(percent);
    let mut text = format!("score {} (95 %: {low} to {high}), band {}", percent(scored.score()), scored.band);
    let _ = writeln!(text, ", rank {} of {}", count(u64::from(scored.rank)), count(explanation.scored as u64));
    if row.value.is_finite() {
        let at_risk = decimals(scored.score() * row.value, 2);
        let _ = writeln!(text, "value {}, at risk {at_risk}", decimals(row.value, 2));
    }
    let _ = writeln!(text, "model {}\n\nWhy (in log-odds)\n{}", explanation.version, reasons(scored).text());
    let _ = writeln!(text, "Feature by feature\n{}", features(explanation).text());
    text += &changes(explanation, scored);
    text + &ledger(&explanation.ledger)
}

fn reasons(scored: &Scored) -> Table {
    let mut table = Table::new(&[("reason", Align::Left), ("adds", Align::Right)]);
    let judged = &scored.judged;
    table.row(["where everybody begins".into(), signed(judged.intercept)]);
    for reason in &judged.weights.reasons {
        table.row([reason.sentence.as_str().into(), signed(reason.contribution)]);
    }
    table.row(["everything else".into(), signed(judged.weights.other)]);
    table.row(["calibration".into(), signed(judged.calibration)]);
    table.row(["log-odds".into(), signed(judged.log_odds)]);
    table
}

fn features(explanation: &Explanation) -> Table {
    let mut table = Table::new(&[
        ("feature", Align::Left),
        ("family", Align::Left),
        ("adds", Align::Right),
        ("value", Align::Left),
    ]);
    for one in explanation.features.iter().filter(|one| one.contribution.abs() >= 0.005).take(12) {
        table.row([
            one.feature.as_str().into(),
            one.family.as_str().into(),
            signed(one.contribution),
            one.sentence.as_str().into(),
        ]);
    }
    table
}

fn changes(explanation: &Explanation, scored: &Scored) -> String {
    if explanation.changes.is_empty() {
        return "No single thing one can act on would lower it by much.\n\n".to_owned();
    }
    let mut table = Table::new(&[
        ("if", Align::Left),
        ("were", Align::Right),
        ("instead of", Align::Right),
        ("score", Align::Right),
        ("band", Align::Left),
    ]);
    for (Change { feature, from, to, log_odds }, band) in &explanation.changes {
        let moved = if *band == scored.band { format!("{band} (as now)") } else { band.clone() };
        let score = Cell::percent(crate::model::probability(*log_odds));
        table.row([feature.as_str().into(), Cell::number(*to, 1), Cell::number(*from, 1), score, moved.into()]);
    }
    format!("What would change it, all else as it is\n{}\n", table.text())
}

fn ledger(since: &Result<Since, String>) -> String {
    let since = match since {
        Ok(since) => since,
        Err(why) => return format!("Since the last run: {why}\n"),
    };
    let mut table = Table::new(&[("what moved it", Align::Left), ("log-odds", Align::Right), ("score", Align::Right)]);
    let score = |log_odds: f64| Cell::percent(crate::model::probability(log_odds));
    let ledger = &since.ledger;
    table.row([format!("run of {}", since.run).into(), signed(ledger.before), score(ledger.before)]);
    let parts = [
        ("time that went by in silence", ledger.ageing),
        ("new behaviour", ledger.new_behaviour),
        ("another model", ledger.model_change),
        ("its calibration", ledger.calibration_change),
    ];
    for (name, part) in parts {
        table.row([name.into(), signed(part)]);
    }
    table.row(["now".into(), signed(ledger.after), score(ledger.after)]);
    format!("Since the last run\n{}", table.text())
}

fn signed(number: f64) -> Cell {
    let sign = if number > 0.0 { "+" } else { "" };
    Cell::new(format!("{sign}{}", decimals(number, 3)), json!(number))
}

fn document(customer: &str, explanation: &Explanation) -> Value {
    let row = explanation.row.as_ref();
    let scored = row.and_then(|row| row.verdict.as_deref().ok());
    let status = match row.map(|row| &row.verdict) {
        None => "not_eligible".to_owned(),
        Some(Ok(_)) => "scored".to_owned(),
        Some(Err(why)) => format!("abstained:{}", why.as_str()),
    };
    json!({
        "customer": customer,
        "target": explanation.target,
        "as_of": explanation.as_of,
        "model": explanation.version.name(),
        "status": status,
        "score": scored.map(Scored::score),
        "score_low": scored.map(|scored| crate::model::probability(scored.judged.interval.0)),
        "score_high": scored.map(|scored| crate::model::probability(scored.judged.interval.1)),
        "band": scored.map(|scored| scored.band.as_str()),
        "rank": scored.map(|scored| scored.rank),
        "scored": explanation.scored,
        "value": row.map(|row| row.value).filter(|value| value.is_finite()),
        "log_odds": scored.map(|scored| scored.judged.log_odds),
        "intercept": scored.map(|scored| scored.judged.intercept),
        "contribution_calibration": scored.map(|scored| scored.judged.calibration),
        "contribution_other": scored.map(|scored| scored.judged.weights.other),
        "reasons": scored.map(|scored| scored.judged.weights.reasons.iter().map(|reason| json!({
            "sentence": reason.sentence, "contribution": reason.contribution,
        })).collect::<Vec<_>>()),
        "features": explanation.features.iter().map(|one| json!({
            "feature": one.feature, "family": one.family, "contribution": one.contribution, "sentence": one.sentence,
        })).collect::<Vec<_>>(),
        "changes": explanation.changes.iter().map(|(change, band)| json!({
            "feature": change.feature, "from": Some(change.from).filter(|from| from.is_finite()), "to": change.to,
            "score": change.score(), "band": band,
        })).collect::<Vec<_>>(),
        "since": explanation.ledger.as_ref().ok().map(since),
        "since_absent": explanation.ledger.as_ref().err(),
    })
}

fn since(since: &Since) -> Value {
    let ledger = &since.ledger;
    json!({
        "run": since.run, "model": since.version.name(), "before": ledger.before, "after": ledger.after,
        "ageing": ledger.ageing, "new_behaviour": ledger.new_behaviour, "model_change": ledger.model_change,
        "calibration_change": ledger.calibration_change,
    })
}
