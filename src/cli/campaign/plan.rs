//! `campaign plan`: arguments and printing.

use std::fmt::Write as _;

use clap::Args;
use serde_json::Value;

use crate::campaign::plan::Question;
use crate::cli::{Format, Session};
use crate::ops::{self, Failure};

/// How many customers a campaign needs, what it can see, how large its holdout should be
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch campaign plan --base-rate 0.10 --expected-rate 0.08 --ratio 9\n  tidewatch campaign plan --name spring --base-rate 0.1 --expected-rate 0.08 --customers 40000 --value 120"
)]
pub struct Plan {
    /// Store the plan for the campaign of this name
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Share expected without treatment
    #[arg(long, value_name = "SHARE")]
    base_rate: f64,
    /// Share expected with it
    #[arg(long, value_name = "SHARE")]
    expected_rate: f64,
    /// Treated customers per held out one
    #[arg(long, value_name = "NUMBER", default_value_t = 9.0)]
    ratio: f64,
    /// Probability of seeing the effect if it is there
    #[arg(long, value_name = "SHARE", default_value_t = 0.8)]
    power: f64,
    /// Two-sided level
    #[arg(long, value_name = "SHARE", default_value_t = 0.05)]
    alpha: f64,
    /// Correlation of the score with the outcome, for CUPED
    #[arg(long, value_name = "NUMBER", default_value_t = 0.0)]
    correlation: f64,
    /// Customers there are, for the advice on the holdout
    #[arg(long, value_name = "NUMBER")]
    customers: Option<u64>,
    /// What one success is worth
    #[arg(long, value_name = "MONEY")]
    value: Option<f64>,
    /// Customers that become eligible per day, for the duration
    #[arg(long, value_name = "NUMBER")]
    per_day: Option<f64>,
    /// It will be watched every night
    #[arg(long)]
    peeking: bool,
}

impl Plan {
    /// Plans and prints.
    ///
    /// # Errors
    /// When the numbers make no plan.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let question = Question {
            base_rate: self.base_rate,
            expected_rate: self.expected_rate,
            ratio: self.ratio,
            alpha: self.alpha,
            power: self.power,
            correlation: self.correlation,
            customers: self.customers,
            value: self.value,
            per_day: self.per_day,
            peeking: self.peeking,
        };
        let plan = ops::campaign_plan(&session.project_dir, self.name.as_deref(), &question)?;
        match session.format {
            Format::Json => session.print(&format!("{plan:#}\n")),
            _ => session.print(&text(&plan)),
        }
        Ok(())
    }
}

fn text(plan: &Value) -> String {
    let mut text = String::new();
    let _ = writeln!(text, "held out  {}", plan["needed"]["holdout"]);
    let _ = writeln!(text, "treated   {}", plan["needed"]["treated"]);
    if let Some(days) = plan["days"].as_f64() {
        let _ = writeln!(text, "days      {days}");
    }
    if let Some(effect) = plan["minimum_detectable_effect"].as_f64() {
        let _ = writeln!(text, "smallest effect these customers show  {effect:.4}");
    }
    if let Some(share) = plan["holdouts"]["advised"].as_f64() {
        let _ = writeln!(text, "advised holdout  {:.0} %", share * 100.0);
    }
    text
}
