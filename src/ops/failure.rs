//! Every way a verb can fail: one variant per layer, each explaining itself.

use crate::campaign;
use crate::time::Day;
use polars::prelude::PolarsError;

use crate::error::{Exit, Explain};
use crate::progress::Cancelled;
use crate::registry;

/// Why a verb did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// The user cancelled.
    #[error(transparent)]
    Cancelled(#[from] Cancelled),
    /// A bug of ours.
    #[error(transparent)]
    Bug(#[from] Bug),
    /// A project could not be begun.
    #[error(transparent)]
    Init(#[from] super::InitError),
    /// The project file.
    #[error(transparent)]
    Project(#[from] crate::project::Error),
    /// The data.
    #[error(transparent)]
    Contract(#[from] crate::contract::Error),
    /// The model registry.
    #[error(transparent)]
    Registry(#[from] registry::Error),
    /// The history.
    #[error(transparent)]
    Rollup(#[from] crate::rollup::Error),
    /// Features.
    #[error(transparent)]
    Feature(#[from] crate::feature::Error),
    /// Outcomes.
    #[error(transparent)]
    Label(#[from] crate::label::Error),
    /// Training, or applying a model.
    #[error(transparent)]
    Model(#[from] crate::model::Error),
    /// The data are too old.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// Results could not be written or read back.
    #[error(transparent)]
    Publish(#[from] crate::publish::Error),
    /// A simulated world could not be written.
    #[error(transparent)]
    Simulate(#[from] crate::simulate::Error),
    /// KPIs.
    #[error(transparent)]
    Kpi(#[from] crate::kpi::Error),
    /// The file that features are written to.
    #[error(transparent)]
    Features(#[from] super::FeaturesError),
    /// Features that see the future.
    #[error(transparent)]
    Audit(#[from] super::AuditError),
    /// Who or what is asked about is not there.
    #[error(transparent)]
    Explain(#[from] super::explain::ExplainError),
    /// Insights.
    #[error(transparent)]
    Insight(#[from] crate::insight::Error),
    /// Profiles.
    #[error(transparent)]
    Profile(#[from] crate::profile::Error),
    /// Journeys.
    #[error(transparent)]
    Journey(#[from] crate::journey::Error),
    /// A list or a campaign.
    #[error(transparent)]
    Campaign(#[from] campaign::Error),
}

/// Something in here broke that never should.
#[derive(Debug, thiserror::Error)]
#[error("a bug in stage `{stage}`: {message}")]
pub struct Bug {
    /// The stage that was under way.
    pub stage: String,
    /// What broke.
    pub message: String,
}

impl Explain for Bug {
    fn exit(&self) -> Exit {
        Exit::Bug
    }

    fn hint(&self) -> Option<String> {
        Some("please report this line and the command; the last good run and model still stand".to_owned())
    }
}

/// The newest row is too old for the night that was asked for.
#[derive(Debug, thiserror::Error)]
#[error("the newest row is of {newest}, {age_days} days before {as_of}")]
pub struct Stale {
    /// The newest day of any table.
    pub newest: Day,
    /// The night.
    pub as_of: Day,
    /// Days between.
    pub age_days: i32,
    /// What the project allows.
    pub allowed_days: u32,
}

impl Explain for Stale {
    fn exit(&self) -> Exit {
        Exit::Contract
    }

    fn expectation(&self) -> Option<String> {
        Some(format!("data at most {} days old ([project] max_data_age_days)", self.allowed_days))
    }

    fn hint(&self) -> Option<String> {
        let suggestion = "deliver the missing days; for frozen data set [project] as_of, or pass --as-of";
        Some(format!("{suggestion} {}", self.newest.plus(1)))
    }
}

/// A frame that could not be made of columns that are ours: a bug.
#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
pub fn frame(error: PolarsError) -> Failure {
    Bug { stage: "frame".to_owned(), message: error.to_string() }.into()
}

impl Explain for Cancelled {
    fn exit(&self) -> Exit {
        Exit::Cancelled
    }

    fn hint(&self) -> Option<String> {
        Some("nothing was changed; the last good run and model still stand".to_owned())
    }
}

impl Failure {
    fn inner(&self) -> &dyn Explain {
        match self {
            Self::Cancelled(error) => error,
            Self::Bug(error) => error,
            Self::Init(error) => error,
            Self::Project(error) => error,
            Self::Contract(error) => error,
            Self::Registry(error) => error,
            Self::Stale(error) => error,
            Self::Publish(error) => error,
            Self::Rollup(error) => error,
            Self::Feature(error) => error,
            Self::Label(error) => error,
            Self::Features(error) => error,
            Self::Audit(error) => error,
            Self::Model(error) => error,
            Self::Kpi(error) => error,
            Self::Explain(error) => error,
            Self::Insight(error) => error,
            Self::Profile(error) => error,
            Self::Journey(error) => error,
            Self::Campaign(error) => error,
            Self::Simulate(error) => error,
        }
    }
}

impl Explain for Failure {
    fn exit(&self) -> Exit {
        self.inner().exit()
    }

    fn place(&self) -> Option<String> {
        self.inner().place()
    }

    fn excerpt(&self) -> Option<String> {
        self.inner().excerpt()
    }

    fn expectation(&self) -> Option<String> {
        self.inner().expectation()
    }

    fn hint(&self) -> Option<String> {
        self.inner().hint()
    }
}
