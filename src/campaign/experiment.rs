//! What is asked of an experiment: which column is the arm, which are outcomes, covariates, segments, the unit.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use super::Error;

/// An experiment or observational study in one flat table, one row per unit.
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The table.
    pub file: PathBuf,
    /// The column that says which arm a row was in.
    pub arm: String,
    /// The arm everything is compared with.
    pub control: String,
    /// What is measured.
    pub outcomes: Vec<Outcome>,
    /// What is known about a row beside arm and outcome.
    pub covariates: Vec<String>,
    /// Columns whose levels are measured one by one too.
    pub segments: Vec<String>,
    /// The column that names the unit that was assigned.
    pub unit: Option<String>,
    /// Shares the arms were meant to have.
    pub expected_weights: Option<ExpectedWeights>,
    /// Covariates that were fixed before the assignment.
    pub measured_before: BTreeSet<String>,
    /// How rows came to their arms.
    pub design: Design,
    /// What one contact costs.
    pub cost_per_contact: Option<f64>,
    /// Share of a money outcome that is margin; or the value of one binary success.
    pub margin: Option<f64>,
    /// A look before the registered end: only the always-valid interval may then be quoted.
    pub is_interim: bool,
}

/// One outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Its column.
    pub name: String,
    /// What its numbers are.
    pub kind: OutcomeKind,
}

/// What the numbers of an outcome are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OutcomeKind {
    /// Yes or no.
    Binary,
    /// Money, possibly heavy-tailed.
    Money,
    /// How often something happened.
    Count,
}

/// How rows came to their arms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Design {
    /// By lot.
    #[default]
    Randomised,
    /// In some other way: arms may differ in more than the treatment.
    Observational,
}

/// Shares the arms were meant to have.
#[derive(Debug, Clone, PartialEq)]
pub enum ExpectedWeights {
    /// By name.
    Named(Vec<(String, f64)>),
    /// In the order of the sorted arms.
    Sorted(Vec<f64>),
}

impl FromStr for Outcome {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, kind) = text.rsplit_once(':').ok_or_else(|| Error::Outcome(text.to_owned()))?;
        let kind = match kind {
            "binary" => OutcomeKind::Binary,
            "money" => OutcomeKind::Money,
            "count" => OutcomeKind::Count,
            _ => return Err(Error::Outcome(text.to_owned())),
        };
        Ok(Self { name: name.to_owned(), kind })
    }
}

impl FromStr for ExpectedWeights {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let wrong = || Error::Weights(text.to_owned());
        let weight = |text: &str| {
            let weight = text.trim().parse::<f64>().ok()?;
            (weight.is_finite() && weight >= 0.0).then_some(weight)
        };
        let parts: Vec<&str> = text.split(',').collect();
        if parts.iter().any(|part| part.contains('=')) {
            let named = |part: &&str| {
                let (name, share) = part.rsplit_once('=')?;
                Some((name.trim().to_owned(), weight(share)?))
            };
            return parts.iter().map(named).collect::<Option<_>>().map(Self::Named).ok_or_else(wrong);
        }
        parts.iter().map(|part| weight(part)).collect::<Option<_>>().map(Self::Sorted).ok_or_else(wrong)
    }
}

impl Experiment {
    /// Every column that is read, each once.
    #[must_use]
    pub fn columns(&self) -> Vec<&str> {
        let mut columns: Vec<&str> = vec![&self.arm];
        columns.extend(self.outcomes.iter().map(|outcome| outcome.name.as_str()));
        columns.extend(self.covariates.iter().chain(&self.segments).chain(&self.unit).map(String::as_str));
        let mut seen = BTreeSet::new();
        columns.retain(|column| seen.insert(*column));
        columns
    }

    /// Whether the covariate was fixed before the assignment.
    #[must_use]
    pub fn is_before(&self, covariate: &str) -> bool {
        self.measured_before.contains(covariate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_and_weights_read_as_documented() {
        let outcome: Outcome = "spend:2:money".parse().expect("a name may hold a colon");
        assert_eq!((outcome.name.as_str(), outcome.kind), ("spend:2", OutcomeKind::Money));
        assert!("spend".parse::<Outcome>().is_err() && "spend:euro".parse::<Outcome>().is_err());
        let named = "a=0.9,b=.1".parse::<ExpectedWeights>().expect("named");
        assert_eq!(named, ExpectedWeights::Named(vec![("a".to_owned(), 0.9), ("b".to_owned(), 0.1)]));
        assert_eq!("1,1,1".parse::<ExpectedWeights>().expect("a list"), ExpectedWeights::Sorted(vec![1.0; 3]));
        assert!("1,-1".parse::<ExpectedWeights>().is_err() && "a=1,2".parse::<ExpectedWeights>().is_err());
    }
}
