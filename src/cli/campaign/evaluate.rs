//! `campaign evaluate`: arguments and printing.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::page::print;
use crate::campaign::trust::Verdict;
use crate::campaign::{Design, Experiment, Outcome};
use crate::cli::Session;
use crate::ops::{self, Failure};
use crate::time::Day;

/// Measure an experiment: trust first, then effects, money, uplift
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch campaign evaluate --file cookie_cats.csv --arm version --control gate_30 \\\n    --outcome retention_1:binary --outcome retention_7:binary --out measured\n  tidewatch campaign evaluate --file visits.parquet --arm arm --control a --unit visitor \\\n    --outcome revenue/visits:ratio --segment channel --out measured\n  tidewatch campaign evaluate --name spring --outcome aov --segment region --out measured"
)]
pub struct Evaluate {
    /// An assigned campaign of this project
    #[arg(long, value_name = "NAME", required_unless_present = "file", conflicts_with = "file")]
    name: Option<String>,
    /// Date everything is seen from (with --name)
    #[arg(long, value_name = "DATE")]
    as_of: Option<Day>,
    /// Table of an experiment run elsewhere: csv, tsv or parquet, plain, gz or zst; one row per unit
    #[arg(long, value_name = "FILE", requires_all = ["arm", "control", "outcome"])]
    file: Option<PathBuf>,
    /// Column that names the arm of a row
    #[arg(long, value_name = "COLUMN")]
    arm: Option<String>,
    /// Arm everything is compared with
    #[arg(long, value_name = "VALUE")]
    control: Option<String>,
    /// What is measured, as often as needed; KIND is binary, money or count, or ABOVE/BELOW:ratio (revenue/visits:ratio);
    /// with --name a KPI (aov, orders ...) beside the target's outcome, revenue and margin
    #[arg(long, value_name = "COLUMN:KIND")]
    outcome: Vec<String>,
    /// Measured, but beyond what the treatment can have changed: an effect on it speaks against the comparison
    #[arg(long, value_name = "COLUMN:KIND")]
    placebo_outcome: Vec<String>,
    /// Known about a row beside arm and outcome: checked for balance, reduces variance
    #[arg(long, value_name = "COLUMN")]
    covariate: Vec<String>,
    /// Measure each level of this column too; with --name an attribute of customers
    #[arg(long, value_name = "COLUMN")]
    segment: Vec<String>,
    /// Column that names what was assigned: rows of one unit are taken together; a unit in two arms spoils the comparison
    #[arg(long, value_name = "COLUMN")]
    unit: Option<String>,
    /// Sum the rows of a unit first: effects are then per unit (per visitor), not per row (per visit)
    #[arg(long, requires = "unit")]
    aggregate: bool,
    /// Shares the arms were meant to have; equal if left out
    #[arg(long, value_name = "ARM=W,...")]
    expected_weights: Option<String>,
    /// Covariate whose value was fixed before the assignment
    #[arg(long, value_name = "COLUMN")]
    measured_before_assignment: Vec<String>,
    /// How rows came to their arms
    #[arg(long, value_enum, default_value_t = DesignName::Randomised)]
    design: DesignName,
    /// What one contact costs
    #[arg(long, value_name = "MONEY")]
    cost_per_contact: Option<f64>,
    /// Share of a money outcome that is margin; what one success of a binary outcome is worth
    #[arg(long, value_name = "NUMBER")]
    margin: Option<f64>,
    /// Folder for effects.parquet, trust.json, money.json, uplift.json
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DesignName {
    /// By lot
    Randomised,
    /// In some other way: arms may differ in more than the treatment
    Observational,
}

impl Evaluate {
    /// Measures and prints.
    ///
    /// # Errors
    /// When the table cannot be measured, or must not be believed.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let out = self.out.clone();
        let evaluation = match self.name.clone() {
            Some(name) => {
                let ask = ops::Measure {
                    name,
                    as_of: self.as_of,
                    cost_per_contact: self.cost_per_contact,
                    margin: self.margin,
                    kpis: self.outcome,
                    segments: self.segment,
                };
                ops::campaign_measure(&session.project_dir, &ask, &out, &session.progress)?
            }
            None => ops::campaign_evaluate(&self.experiment()?, &out, &session.progress)?,
        };
        for warning in evaluation.trust.reasons(Verdict::Warn) {
            session.remark(&format!("warning: {warning}"));
        }
        session.print(&print(&evaluation, session.format));
        Ok(())
    }

    fn experiment(self) -> Result<Experiment, Failure> {
        let mut outcomes = self.outcome.iter().map(|outcome| outcome.parse()).collect::<Result<Vec<Outcome>, _>>()?;
        for placebo in &self.placebo_outcome {
            outcomes.push(Outcome { is_placebo: true, ..placebo.parse()? });
        }
        let expected_weights = self.expected_weights.map(|weights| weights.parse()).transpose()?;
        let mut covariates = self.covariate;
        for before in &self.measured_before_assignment {
            if !covariates.contains(before) {
                covariates.push(before.clone());
            }
        }
        Ok(Experiment {
            file: self.file.unwrap_or_default(),
            arm: self.arm.unwrap_or_default(),
            control: self.control.unwrap_or_default(),
            outcomes,
            covariates,
            segments: self.segment,
            unit: self.unit,
            aggregate: self.aggregate,
            expected_weights,
            measured_before: self.measured_before_assignment.into_iter().collect(),
            design: match self.design {
                DesignName::Randomised => Design::Randomised,
                DesignName::Observational => Design::Observational,
            },
            cost_per_contact: self.cost_per_contact,
            margin: self.margin,
            is_interim: false,
        })
    }
}
