//! Why no model came out, or why one cannot be applied.

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// What can go wrong in training or applying a model.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody to learn from.
    #[error("target `{target}`: no eligible customer with a known outcome at {cutoffs}")]
    NoRows {
        /// The target.
        target: String,
        /// The cutoffs tried.
        cutoffs: String,
    },
    /// What would show the outcome has no rows.
    #[error("target `{target}`: table `{table}` is empty, so nobody's outcome is known")]
    EmptyTable {
        /// The target.
        target: String,
        /// The table.
        table: TableName,
    },
    /// Everybody had the same outcome.
    #[error("target `{target}`: all {rows} customers have the same outcome ({outcome})")]
    OneClass {
        /// The target.
        target: String,
        /// Rows.
        rows: usize,
        /// What they all did.
        outcome: &'static str,
    },
    /// Both outcomes, but one of them too rarely.
    #[error("target `{target}`: only {events} events and {others} non-events; {needed} of each are needed")]
    TooFewEvents {
        /// The target.
        target: String,
        /// Rows with the event.
        events: usize,
        /// Rows without.
        others: usize,
        /// How many of each are needed.
        needed: usize,
    },
    /// Every feature is constant, a leak suspect, or absent.
    #[error("target `{target}`: no feature is left that varies")]
    NoFeatures {
        /// The target.
        target: String,
    },
    /// `--strict` and the leak screen named features.
    #[error("target `{target}`: the leak screen names {features}")]
    LeakSuspects {
        /// The target.
        target: String,
        /// The features, with what was found.
        features: String,
    },
    /// The optimum was not reached: a bug or a numerical disaster, never a result.
    #[error("the fit did not converge: ‖gradient‖∞ / n = {gradient:.1e} where 1e-8 is required")]
    NotConverged {
        /// What was reached.
        gradient: f64,
    },
    /// A feature of the model is not in the frame it is applied to.
    #[error("the model needs the feature `{feature}`, which is not computed any more")]
    FeatureMissing {
        /// The feature.
        feature: String,
    },
    /// A feature's definition has changed since training.
    #[error("the feature `{feature}` is defined differently than when the model was trained")]
    FeatureChanged {
        /// The feature.
        feature: String,
    },
    /// A `model.json` of another format.
    #[error("this model has format {found}; this program reads format {readable}")]
    Format {
        /// Format of the file.
        found: u32,
        /// Format this program reads.
        readable: u32,
    },
    /// A training cutoff whose outcome is only known after the test begins.
    #[error("training cutoff {train}: its outcome is known on {known}, after the test cutoff {test}")]
    Overlap {
        /// The training cutoff.
        train: crate::time::Day,
        /// First day its label window (with grace) is over.
        known: crate::time::Day,
        /// The earliest test cutoff.
        test: crate::time::Day,
    },
    /// A target with dates was asked for folds, or one without dates for dates.
    #[error("target `{target}` {finding}")]
    WrongSplit {
        /// The target.
        target: String,
        /// What does not fit.
        finding: &'static str,
    },
    /// No target to work on.
    #[error("{finding}")]
    NoTarget {
        /// What was asked for and what there is.
        finding: String,
    },
    /// The gate refused every reason to promote.
    #[error("not promoted: {reasons}")]
    Refused {
        /// Target and reasons.
        reasons: String,
    },
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::NoRows { .. }
            | Self::EmptyTable { .. }
            | Self::OneClass { .. }
            | Self::TooFewEvents { .. }
            | Self::NoFeatures { .. } => Exit::NotEnoughData,
            Self::LeakSuspects { .. } | Self::Refused { .. } => Exit::NoModel,
            Self::NoTarget { .. } => Exit::Project,
            Self::NotConverged { .. } => Exit::Bug,
            Self::FeatureMissing { .. } | Self::FeatureChanged { .. } | Self::Format { .. } => Exit::Incompatible,
            Self::Overlap { .. } | Self::WrongSplit { .. } => Exit::Usage,
            Self::Cancelled(_) => Exit::Cancelled,
        }
    }

    fn expectation(&self) -> Option<String> {
        let text = match self {
            Self::NoRows { .. } => "customers who are eligible at a cutoff whose label window is over and covered",
            Self::EmptyTable { table, .. } => return Some(format!("rows of `{table}`")),
            Self::OneClass { .. } | Self::TooFewEvents { .. } => "both outcomes, each often enough to learn from",
            Self::NoFeatures { .. } => "at least one feature with two different values",
            Self::Overlap { .. } => "every training outcome known on or before the earliest test cutoff",
            Self::FeatureMissing { .. } | Self::FeatureChanged { .. } => "the features the model was trained on",
            _ => return None,
        };
        Some(text.to_owned())
    }

    fn hint(&self) -> Option<String> {
        let text = match self {
            Self::NoRows { .. } => {
                "look at `tidewatch check`: is the history longer than gap + horizon + grace, and does \
                 `active_within_days` leave anybody eligible?"
            }
            Self::EmptyTable { .. } => {
                "is the delivery complete? A file with nothing but its header is empty, and so is a table whose `where` \
                 no row passes; `tidewatch check` lists the rows of every table"
            }
            Self::OneClass { .. } => {
                "check the target's definition: a horizon that is too long or too short, a wrong `positive` value, or a \
                 filter that no row passes makes everybody alike"
            }
            Self::TooFewEvents { .. } => "use more training cutoffs, a longer horizon, or wait for more history",
            Self::NoFeatures { .. } => {
                "map more tables, or declare attributes `static`; `tidewatch list features` shows what each gives"
            }
            Self::LeakSuspects { .. } => {
                "leave them out of the mapping (`ignore`), or name those that are honest in `[train] allow_leak_suspects`"
            }
            Self::FeatureMissing { .. } | Self::FeatureChanged { .. } | Self::Format { .. } => {
                "train a new version: `tidewatch train`"
            }
            Self::Overlap { .. } => "choose an earlier training cutoff, or a later test cutoff",
            Self::WrongSplit { .. } => {
                "give `--train-as-of` and `--test-as-of` for targets with dates, `--folds` and `--seed` for `kind = \"column\"`"
            }
            Self::NoTarget { .. } => "`tidewatch list targets` explains the kinds; declare one as `[target.churn]`",
            Self::Refused { .. } => {
                "the last good model stands; the registered version can be looked at with `tidewatch model show`"
            }
            Self::NotConverged { .. } | Self::Cancelled(_) => return None,
        };
        Some(text.to_owned())
    }
}
