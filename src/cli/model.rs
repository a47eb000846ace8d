//! `model`: list, show, promote, rollback, diff, export.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{Format, Session};
use crate::ops::model::Export;
use crate::ops::{self, Failure};
use crate::registry::{Difference, Pair};
use crate::report::{Align, Cell, Table};

/// Look at model versions, compare them, choose the one that scores
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch model list\n  tidewatch model show current\n  tidewatch model promote 2025-06-01-0a1b2c3d\n  tidewatch model diff 2025-05 2025-06\n  tidewatch model export current --format sql > score.sql"
)]
pub struct Arguments {
    /// Only this target; needed where a name fits versions of several
    #[arg(long, global = true, value_name = "NAME")]
    target: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// All versions, and which one scores
    List,
    /// A version's card: what it is and how good it is
    Show {
        /// Version, the beginning of its name, or `current`
        version: String,
    },
    /// Make a version the one that scores
    Promote {
        /// Version, or the beginning of its name
        version: String,
    },
    /// Withdraw the current version; the one promoted before scores again
    Rollback,
    /// Compare two versions: metrics, features, coefficients
    Diff {
        /// First version
        first: String,
        /// Second version
        second: String,
    },
    /// Write a version for other engines or for people: `--format` sql (default), json, pmml or scorecard
    Export {
        /// Version, the beginning of its name, or `current`
        version: String,
        /// File to write; stdout if left out
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

impl Arguments {
    /// Runs the verb.
    ///
    /// # Errors
    /// Whatever keeps the registry from doing what was asked.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let (folder, target) = (session.project_dir.as_path(), self.target.as_deref());
        match self.verb {
            Verb::List => list(session),
            Verb::Show { version } => {
                let (card, data) = ops::model::show(folder, target, &version)?;
                session.print(&if session.format == Format::Json { format!("{data:#}\n") } else { card });
                Ok(())
            }
            Verb::Promote { version } => {
                let (target, version) = ops::model::promote(folder, target, &version)?;
                let data = json!({ "target": target, "version": version.name() });
                say(session, &format!("{target}: {version} is the current version"), &data);
                Ok(())
            }
            Verb::Rollback => {
                let done = ops::model::rollback(folder, target)?;
                let text = format!("{}: {} is withdrawn, {} is current", done.target, done.withdrawn, done.standing);
                let (withdrawn, version) = (done.withdrawn.name(), done.standing.name());
                say(session, &text, &json!({ "target": done.target, "withdrawn": withdrawn, "version": version }));
                Ok(())
            }
            Verb::Diff { first, second } => {
                let difference = ops::model::diff(folder, target, &first, &second)?;
                session.print(&diff(&difference, session.format));
                Ok(())
            }
            Verb::Export { version, out } => {
                let text = ops::model::export(folder, target, &version, kind(session.format), out.as_deref())?;
                out.is_none().then(|| session.print(&text));
                Ok(())
            }
        }
    }
}

fn kind(format: Format) -> Export {
    match format {
        Format::Json => Export::Json,
        Format::Pmml => Export::Pmml,
        Format::Scorecard | Format::Markdown => Export::Scorecard,
        Format::Text | Format::Sql | Format::Csv | Format::Parquet => Export::Sql,
    }
}

fn say(session: &Session, text: &str, data: &serde_json::Value) {
    session.print(&if session.format == Format::Json { format!("{data:#}\n") } else { format!("{text}\n") });
}

fn list(session: &Session) -> Result<(), Failure> {
    let mut table = Table::new(&[
        ("target", Align::Left),
        ("version", Align::Left),
        ("state", Align::Left),
        ("auc", Align::Right),
        ("log_loss", Align::Right),
    ]);
    for told in ops::model::list(&session.project_dir)? {
        table.row([
            told.listed.target.into(),
            told.listed.version.name().into(),
            told.listed.state.as_str().into(),
            Cell::number(told.auc.unwrap_or(f64::NAN), 4),
            Cell::number(told.log_loss.unwrap_or(f64::NAN), 4),
        ]);
    }
    if table.is_empty() {
        session.remark("no model yet: `tidewatch train` or `tidewatch run` makes one");
    }
    session.print(&render(&table, session.format));
    Ok(())
}

fn render(table: &Table, format: Format) -> String {
    match format {
        Format::Json => format!("{:#}\n", table.json()),
        Format::Csv => table.csv(),
        Format::Markdown => table.markdown(),
        _ => table.text(),
    }
}

fn diff(difference: &Difference, format: Format) -> String {
    let (metrics, coefficients) = (pairs("metric", &difference.metrics), pairs("term", &difference.coefficients));
    if format == Format::Json {
        let data = json!({
            "metrics": metrics.json()["rows"], "added": difference.added, "removed": difference.removed,
            "redefined": difference.redefined, "coefficients": coefficients.json()["rows"],
        });
        return format!("{data:#}\n");
    }
    let mut text = render(&metrics, format);
    let lists = [("added", &difference.added), ("removed", &difference.removed), ("redefined", &difference.redefined)];
    for (name, features) in lists {
        let listed = if features.is_empty() { "none".to_owned() } else { features.join(", ") };
        let _ = writeln!(text, "\nfeatures {name}: {listed}");
    }
    let _ = writeln!(text, "\n{}", render(&coefficients, format).trim_end());
    text
}

fn pairs(what: &'static str, pairs: &[Pair]) -> Table {
    let mut table =
        Table::new(&[(what, Align::Left), ("first", Align::Right), ("second", Align::Right), ("change", Align::Right)]);
    for pair in pairs {
        let (first, second) = (pair.first.unwrap_or(f64::NAN), pair.second.unwrap_or(f64::NAN));
        let numbers = [first, second, second - first].map(|number| Cell::number(number, 4));
        table.row([Cell::from(pair.name.as_str())].into_iter().chain(numbers));
    }
    table
}
