//! What can go wrong between declared steps and a funnel.

use polars::prelude::PolarsError;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::tables::TableName;

/// Why a journey could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A step names nothing that the tables have.
    #[error("journey `{journey}`: step `{step}` is neither a role, a mapped table nor a kind of event")]
    UnknownStep {
        /// The journey.
        journey: String,
        /// The step.
        step: String,
        /// What it might have meant, as a hint.
        nearest: Option<String>,
    },
    /// No journey of that name is declared.
    #[error("no journey `{journey}` is declared")]
    UnknownJourney {
        /// The name.
        journey: String,
        /// What it might have meant, as a hint.
        nearest: Option<String>,
    },
    /// A journey needs at least two steps, and at most [`super::MOST_STEPS`].
    #[error("journey `{journey}` has {steps} steps")]
    Steps {
        /// The journey.
        journey: String,
        /// How many.
        steps: usize,
    },
    /// A segment is not an attribute of `customers`.
    #[error("`{segment}` is not a column of table `customers`")]
    UnknownSegment {
        /// The segment.
        segment: String,
    },
    /// Nothing is declared, and nothing was typed.
    #[error("no journey is declared")]
    NoJourney,
    /// A table could not be read.
    #[error("reading table `{table}` failed: {cause}")]
    Read {
        /// The table.
        table: TableName,
        /// What polars says.
        cause: PolarsError,
    },
    /// The journeys could not be put into a frame.
    #[error("the table of journeys could not be made: {0}")]
    Frame(PolarsError),
    /// The user asked to stop.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        match self {
            Self::Read { .. } => Exit::Input,
            Self::Cancelled(_) => Exit::Cancelled,
            Self::Frame(_) => Exit::Bug,
            Self::UnknownStep { journey, .. } | Self::Steps { journey, .. } if journey == super::AD_HOC => Exit::Usage,
            Self::NoJourney | Self::UnknownJourney { .. } | Self::UnknownSegment { .. } => Exit::Usage,
            _ => Exit::Project,
        }
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::UnknownStep { journey, .. } | Self::Steps { journey, .. } if journey != super::AD_HOC => {
                Some(format!("{}, [journey.{journey}]", crate::project::PROJECT_FILE))
            }
            Self::UnknownStep { .. } | Self::Steps { .. } => Some("--steps".to_owned()),
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::UnknownStep { .. } => Some(
                "`cart` or `purchase` (see [roles]), a kind of event, `table:kind`, `table.time_column`, or a mapped table".into(),
            ),
            Self::Steps { .. } => Some(format!("2 to {} steps", super::MOST_STEPS)),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::UnknownStep { nearest: Some(nearest), .. } | Self::UnknownJourney { nearest: Some(nearest), .. } => {
                Some(nearest.clone())
            }
            Self::UnknownStep { .. } => Some("declare kinds under [roles], or map the table".into()),
            Self::NoJourney | Self::UnknownJourney { .. } => {
                Some("declare [journey.NAME] steps = [...], or give --steps a,b,c".into())
            }
            Self::UnknownSegment { .. } => Some("`tidewatch check` lists the attributes of customers".into()),
            _ => None,
        }
    }
}
