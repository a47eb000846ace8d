//! `run`: the nightly job, and the summary a person wants to read after it.

use std::fmt::Write as _;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::{Format, Session};
use crate::kpi::{latest, shown, shown_as};
use crate::ops::Failure;
use crate::ops::night::{Retrain, TargetNight};
use crate::ops::run::{Report, Request, run};
use crate::report::{Align, Cell, Table, count, decimals, percent};
use crate::rollup::Budget;
use crate::time::Day;

/// KPIs the summary shows, where they could be computed.
const HEADLINES: [&str; 8] = [
    "customers_active",
    "retention_rate",
    "churn_rate",
    "revenue",
    "aov",
    "repeat_purchase_rate",
    "stickiness",
    "revenue_at_risk",
];
/// Customers the summary shows.
const TOP_RISKS: usize = 5;

/// Run the nightly job: check, train when due, score, KPIs, publish
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch run --project data/demo
  tidewatch run --as-of 2025-06-01 --retrain never
  tidewatch run --full                                         # read everything again
  tidewatch run --memory 1GiB                                  # histories larger than memory
  tidewatch run --from 2025-05-01 --to 2025-06-01 --every 7    # replay past nights")]
pub struct Arguments {
    /// The night: everything is seen from this date; `[project] as_of` or today if left out
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// When to train
    #[arg(long, value_enum, default_value_t = When::Auto)]
    retrain: When,
    /// Read everything from the source files and build the store anew
    #[arg(long)]
    full: bool,
    /// Hold no more of the customers' rows in memory than this; the rest stays in the store, and is read in shards
    #[arg(long, value_name = "SIZE")]
    memory: Option<Budget>,
    /// Replay nights from this date on
    #[arg(long, value_name = "D", requires = "to", conflicts_with = "as_of")]
    from: Option<Day>,
    /// Replay nights before this date
    #[arg(long, value_name = "D", requires = "from")]
    to: Option<Day>,
    /// Days from one replayed night to the next
    #[arg(long, value_name = "DAYS", default_value_t = 1, requires = "from", value_parser = clap::value_parser!(u16).range(1..))]
    every: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum When {
    /// When no version stands, or the standing one is a training cadence old
    Auto,
    /// Every time
    Always,
    /// Not at all
    Never,
}

impl From<When> for Retrain {
    fn from(when: When) -> Self {
        match when {
            When::Auto => Self::Auto,
            When::Always => Self::Always,
            When::Never => Self::Never,
        }
    }
}

impl Arguments {
    /// Runs one night, or all replayed ones, and prints what a person wants to know of each.
    ///
    /// # Errors
    /// As [`run`]; and [`Report::refusal`] of the last night on which no target could be scored.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let mut refusal = None;
        for as_of in self.nights() {
            let request = Request { as_of, retrain: self.retrain.into(), full: self.full, memory: self.memory };
            let report = run(&session.project_dir, request, &session.progress)?;
            session.print(&match session.format {
                Format::Json => format!("{:#}\n", document(&report)),
                _ => summary(&report),
            });
            refusal = report.refusal();
        }
        refusal.map_or(Ok(()), Err)
    }

    fn nights(&self) -> Vec<Option<Day>> {
        let (Some(from), Some(to)) = (self.from, self.to) else { return vec![self.as_of] };
        let days = from.epoch_days()..to.epoch_days();
        days.step_by(usize::from(self.every)).map(|day| Some(Day::from_epoch_days(day))).collect()
    }
}

fn summary(report: &Report) -> String {
    let customers = count(report.customers as u64);
    let mut text =
        format!("{} as of {}: {} rows, {customers} customers\n", report.project, report.as_of, count(report.rows));
    for night in &report.targets {
        let _ = write!(text, "\n{}", target(night));
    }
    if let Some(night) = report.targets.iter().find(|night| night.scores.scored().next().is_some()) {
        let _ = write!(text, "\nTop risks, {}\n{}", night.target, top_risks(night, report.currency.as_deref()).text());
    }
    if !report.kpis.rows.is_empty() {
        let _ = write!(text, "\nLast complete month\n{}", headlines(report).text());
    }
    if !report.warnings.is_empty() {
        text += "\nWarnings\n";
        report.warnings.iter().for_each(|warning| {
            let _ = writeln!(text, "  {warning}");
        });
    }
    let _ = writeln!(text, "\nFiles: {}", report.folder.display());
    text
}

fn target(night: &TargetNight) -> String {
    let horizon = night.scores.horizon_days.map(|days| format!(" within {days} days")).unwrap_or_default();
    let mut text = format!("{}{horizon}\n", night.target);
    let mut line = |name: &str, value: String| {
        let _ = writeln!(text, "  {name:<12} {value}");
    };
    line("population", population(night));
    if let Some(model) = &night.scores.model {
        line("model", format!("{model} ({})", night.gate.reason));
    } else {
        line("model", format!("none: {}", night.gate.reason));
    }
    if let Some(metrics) = &night.evaluation {
        line("tested on", tested(metrics));
        line("AUC", discrimination(metrics));
        line("calibration", calibration(metrics));
    }
    if night.model.is_some() {
        line("bands", bands(night));
    }
    text
}

fn population(night: &TargetNight) -> String {
    let scores: Vec<f64> = night.scores.scored().map(|(_, scored)| scored.score()).collect();
    let eligible = night.scores.rows.len();
    if scores.is_empty() {
        return format!("{} eligible, none scored", count(eligible as u64));
    }
    let mean = scores.iter().sum::<f64>() / scores.len() as f64;
    let abstained = eligible - scores.len();
    let rest = if abstained > 0 { format!(", {} abstained", count(abstained as u64)) } else { String::new() };
    format!("{} scored{rest}; {} expected", count(scores.len() as u64), percent(mean))
}

fn number(metrics: &Value, name: &str) -> f64 {
    metrics.get(name).and_then(Value::as_f64).unwrap_or(f64::NAN)
}

fn tested(metrics: &Value) -> String {
    let rows = metrics.get("n").and_then(Value::as_u64).unwrap_or_default();
    let held_out = match metrics.get("method").and_then(Value::as_str) {
        Some("grouped_folds") => "customers, each judged by a model that had not seen him",
        _ => "later customer-nights",
    };
    format!("{} {held_out}, base rate {}", count(rows), percent(number(metrics, "base_rate")))
}

fn discrimination(metrics: &Value) -> String {
    let [auc, low, high] = ["auc", "auc_low", "auc_high"].map(|name| decimals(number(metrics, name), 3));
    let baselines = metrics.get("baselines").and_then(Value::as_object);
    let beside: Vec<String> = baselines
        .into_iter()
        .flatten()
        .filter(|(name, _)| *name != "base_rate")
        .map(|(name, metrics)| format!("{name} {}", decimals(number(metrics, "auc"), 3)))
        .collect();
    let beside = if beside.is_empty() { String::new() } else { format!("; baselines: {}", beside.join(", ")) };
    format!("{auc} (95 % {low}–{high}){beside}")
}

fn calibration(metrics: &Value) -> String {
    let [slope, low, high] = ["calibration_slope", "calibration_slope_low", "calibration_slope_high"]
        .map(|name| decimals(number(metrics, name), 2));
    let points = decimals(number(metrics, "calibration_in_the_large") * 100.0, 1);
    format!("slope {slope} (95 % {low}–{high}), {points} points in the large")
}

fn bands(night: &TargetNight) -> String {
    let mut counts: Vec<(&str, u64)> = Vec::new();
    for (_, scored) in night.scores.scored() {
        match counts.iter_mut().find(|(band, _)| *band == scored.band) {
            Some((_, members)) => *members += 1,
            None => counts.push((&scored.band, 1)),
        }
    }
    counts.iter().map(|(band, members)| format!("{band} {}", count(*members))).collect::<Vec<_>>().join(", ")
}

fn top_risks(night: &TargetNight, currency: Option<&str>) -> Table {
    let at_risk = if currency.is_some() { "at risk" } else { "value at risk" };
    let mut table = Table::new(&[
        ("customer", Align::Left),
        ("score", Align::Right),
        (at_risk, Align::Right),
        ("", Align::Left),
        ("because", Align::Left),
    ]);
    for (row, scored) in night.scores.scored().take(TOP_RISKS) {
        let reason = scored.judged.weights.reasons.iter().find(|reason| reason.contribution > 0.0);
        let because = reason.map_or("no single reason", |reason| reason.sentence.as_str());
        table.row([
            row.customer.as_str().into(),
            Cell::percent(scored.score()),
            Cell::number(scored.score() * row.value, 2),
            currency.unwrap_or_default().into(),
            because.into(),
        ]);
    }
    table
}

fn headlines(report: &Report) -> Table {
    let mut table =
        Table::new(&[("KPI", Align::Left), ("value", Align::Right), ("change", Align::Right), ("", Align::Left)]);
    let series: Vec<_> = report.kpis.series().filter(|rows| rows[0].segment.is_none()).collect();
    for name in HEADLINES {
        let Some(row) = series.iter().find(|rows| rows[0].kpi.name == name).and_then(|rows| latest(rows)) else {
            continue;
        };
        let Some(value) = row.estimate.value else { continue };
        let change =
            row.change.as_ref().map_or_else(Cell::none, |change| shown_as(row.kpi, change.value, value).into());
        let noise = row.change.as_ref().is_some_and(|change| !change.is_beyond_noise());
        let remark = if noise { "within noise" } else { "" };
        table.row([name.into(), shown(row.kpi, value).into(), change, remark.into()]);
    }
    table
}

fn document(report: &Report) -> Value {
    let target = |night: &TargetNight| {
        json!({
            "target": night.target,
            "horizon_days": night.scores.horizon_days,
            "model": night.scores.model,
            "eligible": night.scores.rows.len(),
            "scored": night.scores.scored().count(),
            "gate": night.gate,
            "evaluation": night.evaluation,
        })
    };
    json!({
        "project": report.project,
        "as_of": report.as_of,
        "rows": report.rows,
        "customers": report.customers,
        "targets": report.targets.iter().map(target).collect::<Vec<_>>(),
        "warnings": report.warnings,
        "folder": report.folder,
    })
}
