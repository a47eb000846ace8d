//! `targets`: advice on what to predict.

use std::fmt::Write as _;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{Format, Session};
use crate::ops::Failure;
use crate::ops::advise::{Advice, Given, Variant, advise};
use crate::report::{Align, Cell, Table};
use crate::time::Day;

/// Advice on what to predict
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewatch targets advise --target churn")]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Advise(Advise),
}

/// Which horizon, gap and grace: who returns after how long, and what other definitions would give
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch targets advise\n  tidewatch targets advise --target churn --format json"
)]
struct Advise {
    /// Only this target
    #[arg(long, value_name = "NAME")]
    target: Option<String>,
    /// The date everything is seen from
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
}

impl Arguments {
    /// Prints the advice.
    ///
    /// # Errors
    /// As [`advise`].
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let Verb::Advise(asked) = self.verb;
        let advice = advise(&session.project_dir, asked.target.as_deref(), asked.as_of, &session.progress)?;
        session.print(&if session.format == Format::Json {
            let all: Vec<Value> = advice.iter().map(document).collect();
            format!("{:#}\n", json!({ "targets": all }))
        } else {
            advice.iter().map(text).collect::<Vec<_>>().join("\n")
        });
        Ok(())
    }
}

fn text(advice: &Advice) -> String {
    let mut text = format!("{}\n", advice.target);
    if !advice.curve.is_empty() {
        let _ = writeln!(text, "\nWho returns after so many days of silence\n{}", curve(advice).text().trim_end());
        let told = match advice.good_as_gone {
            Some(days) => format!("After {days} days of silence fewer than 10 % return within 180 days."),
            None => "No silence in these data is long enough that fewer than 10 % return within 180 days.".to_owned(),
        };
        let _ = writeln!(text, "{told}");
    }
    let _ = writeln!(text, "\nOther definitions (the declared one first)\n{}", variants(advice).text().trim_end());
    text
}

fn share(value: Option<f64>) -> Cell {
    Cell::percent(value.unwrap_or(f64::NAN))
}

fn curve(advice: &Advice) -> Table {
    let mut table = Table::new(&[
        ("days", Align::Right),
        ("still_silent", Align::Right),
        ("returns_in_30", Align::Right),
        ("returns_in_90", Align::Right),
        ("returns_in_180", Align::Right),
    ]);
    for silence in &advice.curve {
        let returns = silence.returns.map(share);
        let first = [Cell::count(u64::from(silence.days)), Cell::percent(silence.still_silent)];
        table.row(first.into_iter().chain(returns));
    }
    table
}

fn variants(advice: &Advice) -> Table {
    let mut table = Table::new(&[
        ("horizon", Align::Right),
        ("gap", Align::Right),
        ("grace", Align::Right),
        ("as_of", Align::Left),
        ("customers", Align::Right),
        ("base_rate", Align::Right),
        ("auc", Align::Right),
        ("auc_low", Align::Right),
        ("auc_high", Align::Right),
        ("same_list", Align::Right),
        ("remark", Align::Left),
    ]);
    for variant in &advice.variants {
        let Variant { horizon_days, gap_days, grace_days, as_of, given } = variant;
        let days = [*horizon_days, *gap_days, *grace_days].map(|days| Cell::count(u64::from(days)));
        let cutoff = as_of.map_or_else(Cell::none, |day| day.to_string().into());
        let rest = match given {
            Ok(given) => numbers(given),
            Err(why) => (0..6).map(|_| Cell::none()).chain([why.as_str().into()]).collect(),
        };
        table.row(days.into_iter().chain([cutoff]).chain(rest));
    }
    table
}

fn numbers(given: &Given) -> Vec<Cell> {
    let auc = given.auc.map(|auc| Cell::number(auc.unwrap_or(f64::NAN), 3));
    let first = [Cell::count(given.customers as u64), Cell::percent(given.base_rate)];
    first.into_iter().chain(auc).chain([share(given.same_list), "".into()]).collect()
}

fn document(advice: &Advice) -> Value {
    json!({
        "target": advice.target,
        "good_as_gone_days": advice.good_as_gone,
        "curve": curve(advice).json()["rows"],
        "definitions": variants(advice).json()["rows"],
    })
}
