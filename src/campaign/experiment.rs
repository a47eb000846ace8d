//! What is asked of an experiment: which column is the arm, which are outcomes, covariates, segments, the unit.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::str::FromStr;

use super::Error;

/// An experiment or observational study in one flat table, one row per unit.
#[derive(Debug, Clone, Default)]
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
    /// Sum the rows of a unit before anything else: effects are then per unit, not per row.
    pub aggregate: bool,
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
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// What results call it.
    pub name: String,
    /// Its column; of a ratio the numerator's.
    pub column: String,
    /// The column of a ratio's denominator.
    pub per: Option<String>,
    /// What its numbers are.
    pub kind: OutcomeKind,
    /// What one unit of it is worth, where that is not for `--margin` to say.
    pub worth: Option<f64>,
    /// The treatment cannot have changed it: an effect on it speaks against the design.
    pub is_placebo: bool,
}

impl Outcome {
    /// An outcome called by its column.
    #[must_use]
    pub fn new(name: &str, kind: OutcomeKind) -> Self {
        Self { name: name.to_owned(), column: name.to_owned(), per: None, kind, worth: None, is_placebo: false }
    }

    /// Which sums it needs: those of a ratio wherever there is a denominator.
    #[must_use]
    pub const fn sums(&self) -> OutcomeKind {
        if self.per.is_some() { OutcomeKind::Ratio } else { self.kind }
    }

    /// Whether it is one sum divided by another.
    #[must_use]
    pub const fn is_ratio(&self) -> bool {
        self.per.is_some()
    }

    /// One column's sum per another's, by the delta method.
    #[must_use]
    pub fn ratio(name: &str, numerator: &str, denominator: &str) -> Self {
        let per = Some(denominator.to_owned());
        Self {
            name: name.to_owned(),
            column: numerator.to_owned(),
            per,
            kind: OutcomeKind::Ratio,
            worth: None,
            is_placebo: false,
        }
    }
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
    /// One sum divided by another: revenue per visit, clicks per impression.
    Ratio,
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
        let wrong = || Error::Outcome(text.to_owned());
        let (name, kind) = text.rsplit_once(':').filter(|(name, _)| !name.is_empty()).ok_or_else(wrong)?;
        match kind {
            "binary" => Ok(Self::new(name, OutcomeKind::Binary)),
            "money" => Ok(Self::new(name, OutcomeKind::Money)),
            "count" => Ok(Self::new(name, OutcomeKind::Count)),
            "ratio" => {
                let parts = name.split_once('/').filter(|(above, below)| !above.is_empty() && !below.is_empty());
                parts.map(|(above, below)| Self::ratio(name, above, below)).ok_or_else(wrong)
            }
            _ => Err(wrong()),
        }
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
        columns.extend(self.outcomes.iter().map(|outcome| outcome.column.as_str()));
        columns.extend(self.outcomes.iter().filter_map(|outcome| outcome.per.as_deref()));
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
        let ratio: Outcome = "clicks/views:ratio".parse().expect("two columns");
        assert_eq!((ratio.column.as_str(), ratio.per.as_deref()), ("clicks", Some("views")));
        for wrong in ["spend", "spend:euro", ":binary", "clicks:ratio", "clicks/:ratio"] {
            assert!(wrong.parse::<Outcome>().is_err(), "{wrong}");
        }
        let named = "a=0.9,b=.1".parse::<ExpectedWeights>().expect("named");
        assert_eq!(named, ExpectedWeights::Named(vec![("a".to_owned(), 0.9), ("b".to_owned(), 0.1)]));
        assert_eq!("1,1,1".parse::<ExpectedWeights>().expect("a list"), ExpectedWeights::Sorted(vec![1.0; 3]));
        assert!("1,-1".parse::<ExpectedWeights>().is_err() && "a=1,2".parse::<ExpectedWeights>().is_err());
    }
}
