//! `campaign`: plan, assign, evaluate, target.

mod assign;
mod evaluate;
mod page;
mod plan;
mod target;

use clap::{Args, Subcommand};

use super::Session;
use crate::ops::Failure;

/// Plan a campaign, hold out a control, measure what it changed, choose whom to contact next
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  tidewatch campaign plan --help
  tidewatch campaign evaluate --file experiment.csv --arm group --control holdout --outcome bought:binary --out result")]
pub struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    Plan(plan::Plan),
    Assign(Box<assign::Assign>),
    Evaluate(Box<evaluate::Evaluate>),
    Target(Box<target::Next>),
}

impl Arguments {
    /// Runs the verb.
    ///
    /// # Errors
    /// Whatever keeps the verb from doing what was asked.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        match self.verb {
            Verb::Plan(plan) => plan.run(session),
            Verb::Assign(assign) => assign.run(session),
            Verb::Evaluate(evaluate) => evaluate.run(session),
            Verb::Target(target) => target.run(session),
        }
    }
}
