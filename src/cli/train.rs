//! `train`: fit, calibrate, evaluate, register; promote if the gate allows.

use std::fmt::Write as _;

use clap::Args;
use serde_json::{Value, json};

use super::{Format, Session};
use crate::error::Explain;
use crate::model;
use crate::ops::{self, Failure, Registered};
use crate::time::Day;

/// Train a model for every target, register it, promote it if the gate allows
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch train --project data/demo
  tidewatch train --as-of 2025-06-01 --strict")]
pub struct Arguments {
    /// The date training is made for: nothing later is looked at
    #[arg(long, value_name = "D")]
    as_of: Option<Day>,
    /// Treat leak suspects as an error (exit 6) instead of leaving them out
    #[arg(long)]
    strict: bool,
}

impl Arguments {
    /// Trains and prints one paragraph per target.
    ///
    /// # Errors
    /// As [`ops::train`]; all targets that the gate refused, or else the first that could not be trained.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let outcomes = ops::train(&session.project_dir, self.as_of, self.strict, &session.progress)?;
        session.print(&match session.format {
            Format::Json => json_of(&outcomes),
            _ => outcomes.iter().map(|(name, outcome)| text(name, outcome)).collect(),
        });
        let (mut refused, mut lacking) = (Vec::new(), None);
        for (name, outcome) in outcomes {
            match outcome {
                Ok(registered) if registered.trained.gate.promotes() => {}
                Ok(registered) => refused.push(format!("`{name}`: {}", registered.trained.gate.reasons.join("; "))),
                Err(error) => lacking = lacking.or(Some(error)),
            }
        }
        if !refused.is_empty() {
            lacking = Some(model::Error::Refused { reasons: refused.join("; ") });
        }
        lacking.map_or(Ok(()), |error| Err(error.into()))
    }
}

fn json_of(outcomes: &ops::TrainOutcomes) -> String {
    let one = |(name, outcome): &(String, Result<Registered, model::Error>)| match outcome {
        Ok(found) => json!({
            "target": name, "version": found.version.name(), "promoted": found.promoted, "gate": found.trained.gate,
            "evaluation": found.trained.evaluation, "notes": found.trained.model.notes,
        }),
        Err(error) => json!({ "target": name, "error": error.to_string(), "hint": error.hint() }),
    };
    let all: Vec<Value> = outcomes.iter().map(one).collect();
    format!("{:#}\n", Value::Array(all))
}

fn text(name: &str, outcome: &Result<Registered, model::Error>) -> String {
    let mut text = String::new();
    let found = match outcome {
        Ok(found) => found,
        Err(error) => return format!("{name}: no model: {error}\n"),
    };
    let state = if found.promoted { "promoted" } else { "not promoted" };
    let _ = writeln!(text, "{name}: version {} {state}", found.version.name());
    text.push_str(&super::backtest::summary(&found.trained.evaluation, &found.trained.model, &found.trained.gate));
    text
}
