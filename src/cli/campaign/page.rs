//! What an evaluation says on a page of 80 columns: trust, then each outcome, its segments, its money, whom to target.

use std::fmt::Write as _;

use serde_json::Value;

use crate::campaign::effect::EffectRow;
use crate::campaign::evaluate::Evaluation;
use crate::campaign::trust::Verdict;
use crate::cli::Format;
use crate::report::{Align, Cell, Table};

/// p of the heterogeneity test below which levels may be said to differ.
const DIFFERENT: f64 = 0.05;

/// What is shown of `money.json`, and what it is called.
const MONEY: [(&str, &str); 4] =
    [("profit", "profit"), ("roi", "ROI"), ("iroas", "iROAS"), ("cost_per_success", "cost per success")];

/// The page, or one flat table in the formats for programs.
pub fn print(evaluation: &Evaluation, format: Format) -> String {
    let quoted = || evaluation.effects.iter().filter(|row| row.primary || row.segment.is_none());
    match format {
        Format::Json => format!("{}\n", flat(quoted()).json()),
        Format::Csv => flat(quoted()).csv(),
        Format::Markdown => flat(quoted()).markdown(),
        _ => page(evaluation),
    }
}

fn page(evaluation: &Evaluation) -> String {
    let mut page = format!("trust: {}\n", verdict(evaluation.trust.verdict));
    let mut outcomes: Vec<&str> = Vec::new();
    for row in &evaluation.effects {
        if !outcomes.contains(&row.outcome.as_str()) {
            outcomes.push(&row.outcome);
        }
    }
    for outcome in outcomes {
        let own: Vec<&EffectRow> = evaluation.effects.iter().filter(|row| row.outcome == outcome).collect();
        let _ = write!(page, "\n{outcome} (* = the row to quote)\n{}", whole(&own).text());
        for segment in segments(&own) {
            let rows: Vec<&EffectRow> =
                own.iter().copied().filter(|row| row.primary && row.segment.as_deref() == Some(segment)).collect();
            let _ = write!(page, "\n{outcome} by {segment}: {}\n{}", differ(&rows), levels(&rows).text());
        }
        page.push_str(&money(evaluation, outcome));
    }
    page.push_str(&targeting(evaluation));
    page
}

fn whole(rows: &[&EffectRow]) -> Table {
    let mut table = Table::new(&[
        ("arm", Align::Left),
        ("method", Align::Left),
        ("control", Align::Right),
        ("effect", Align::Right),
        ("low", Align::Right),
        ("high", Align::Right),
        ("p", Align::Right),
    ]);
    for row in rows.iter().filter(|row| row.segment.is_none()) {
        let method = if row.primary { format!("{} *", row.method) } else { row.method.to_owned() };
        table.row(
            [text(&row.arm), text(&method), Cell::number(row.estimate.control, 4)].into_iter().chain(numbers(row)),
        );
    }
    table
}

/// Levels with the intervals that hold together and Holm's p.
fn levels(rows: &[&EffectRow]) -> Table {
    let mut table = Table::new(&[
        ("level", Align::Left),
        ("arm", Align::Left),
        ("effect", Align::Right),
        ("low, together", Align::Right),
        ("high", Align::Right),
        ("p, Holm", Align::Right),
    ]);
    for row in rows {
        let level = row.segment_value.clone().unwrap_or_default();
        let (low, high) = (row.together.low, row.together.high);
        let numbers = [row.estimate.effect, low, high].map(|value| Cell::number(value, 4));
        table.row([text(&level), text(&row.arm)].into_iter().chain(numbers).chain([p(row.p_adjusted)]));
    }
    table
}

fn segments<'a>(rows: &[&'a EffectRow]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for name in rows.iter().filter_map(|row| row.segment.as_deref()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

/// Whether the levels may be told apart at all, per arm.
fn differ(rows: &[&EffectRow]) -> String {
    let mut words: Vec<String> = Vec::new();
    for row in rows {
        let Some((_, p)) = row.heterogeneity else { continue };
        let told = if p < DIFFERENT { "levels differ" } else { "no level is a winner" };
        let word = format!("{} ({}, p {p:.3})", told, row.arm);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    if words.is_empty() { "no level is a winner".to_owned() } else { words.join("; ") }
}

fn money(evaluation: &Evaluation, outcome: &str) -> String {
    let mut table = Table::new(&[
        ("money", Align::Left),
        ("arm", Align::Left),
        ("value", Align::Right),
        ("low", Align::Right),
        ("high", Align::Right),
    ]);
    let entries = evaluation.money["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    for entry in entries.iter().filter(|entry| entry["outcome"] == outcome) {
        let arm = entry["arm"].as_str().unwrap_or_default();
        for (key, name) in MONEY.iter().filter(|(key, _)| !entry[*key].is_null()) {
            let cells = ["value", "low", "high"].map(|end| amount(&entry[*key][end]));
            table.row([text(name), text(arm)].into_iter().chain(cells));
        }
        if let Some(sure) = entry["probability_of_profit"].as_f64() {
            let cells = [Cell::number(sure, 3), Cell::none(), Cell::none()];
            table.row([text("P(profit > 0)"), text(arm)].into_iter().chain(cells));
        }
    }
    if table.is_empty() { String::new() } else { format!("\n{}", table.text()) }
}

fn amount(value: &Value) -> Cell {
    value.as_f64().map_or_else(|| text(value.as_str().unwrap_or("-")), |value| Cell::number(value, 2))
}

fn targeting(evaluation: &Evaluation) -> String {
    let entries = evaluation.uplift["entries"].as_array().map(Vec::as_slice).unwrap_or_default();
    let line = |entry: &Value| {
        let verdict = entry["policy"]["verdict"].as_str()?;
        let (arm, outcome) = (entry["arm"].as_str()?, entry["outcome"].as_str()?);
        Some(format!("\ntargeting {arm} for {outcome}: {verdict}\n"))
    };
    entries.iter().filter_map(line).collect()
}

fn flat<'a>(rows: impl Iterator<Item = &'a EffectRow>) -> Table {
    let mut table = Table::new(&[
        ("arm", Align::Left),
        ("outcome", Align::Left),
        ("segment", Align::Left),
        ("method", Align::Left),
        ("control", Align::Right),
        ("effect", Align::Right),
        ("low", Align::Right),
        ("high", Align::Right),
        ("p", Align::Right),
    ]);
    for row in rows {
        let segment = row.segment.as_ref().zip(row.segment_value.as_ref());
        let segment = segment.map_or_else(String::new, |(name, value)| format!("{name} = {value}"));
        let method = if row.primary { format!("{} *", row.method) } else { row.method.to_owned() };
        let named = [text(&row.arm), text(&row.outcome), text(&segment), text(&method)];
        table.row(named.into_iter().chain([Cell::number(row.estimate.control, 4)]).chain(numbers(row)));
    }
    table
}

fn numbers(row: &EffectRow) -> [Cell; 4] {
    let estimate = &row.estimate;
    let number = |value| Cell::number(value, 4);
    [number(estimate.effect), number(estimate.interval.low), number(estimate.interval.high), p(estimate.p)]
}

/// A p that is never printed as 0.
fn p(p: f64) -> Cell {
    if p < 0.0001 { Cell::new("<0.0001", p) } else { Cell::number(p, 4) }
}

fn text(text: &str) -> Cell {
    Cell::new(text, text)
}

fn verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "PASS",
        Verdict::Warn => "WARN",
        Verdict::Refuse => "REFUSE",
    }
}
