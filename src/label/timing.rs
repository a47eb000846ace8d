//! When an outcome comes, beside whether: for models of several horizons.
//!
//! Time is counted in whole days from the start of the label window. `inactivity` waits for the first qualifying row (the
//! customer is silent for h days if it comes no earlier than day h), `event` for the first row that is the outcome,
//! `subscription_end` for the end of the active period. An end for a reason that the target does not mean never comes.

use rayon::prelude::*;

use super::activity::Activity;
use super::subscription::SubscriptionEnd;
use super::{Error, window};
use crate::feature::FeatureFrame;
use crate::observe::{FutureView, grace_days};
use crate::project::{EndReason, Project, TargetKind};
use crate::rollup::History;
use crate::time::Day;

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Arrival {
    /// Days from the start of the window; `None` if it had not come by the end of what is known.
    pub after_days: Option<u32>,
    /// Why the subscription ended, where the table says.
    pub reason: Option<EndReason>,
}

/// Arrivals at one cutoff; row i belongs to row i of the feature block of the same cutoff.
#[derive(Debug, Clone)]
pub struct TimingBlock {
    /// The cutoff.
    pub as_of: Day,
    /// Days from the start of the window up to which everything is known.
    pub observed_days: u32,
    /// What came when.
    pub arrivals: Vec<Arrival>,
}

/// When the outcome of a target, or for `inactivity` what ends the silence, came for the rows of a feature frame.
///
/// # Errors
/// If there is no such target, it lacks a key, a table or a column, or its kind has no days.
pub fn timing(
    project: &Project,
    target: &str,
    history: &History,
    features: &FeatureFrame,
    known_until: Day,
) -> Result<Vec<TimingBlock>, Error> {
    let Some(declared) = project.targets.get(target) else {
        let known = project.targets.keys().cloned().collect();
        return Err(Error::Unknown { target: target.to_owned(), known });
    };
    let future = FutureView::new(history, known_until);
    let window = window(target, declared)?;
    let clock = match declared.kind {
        TargetKind::SubscriptionEnd => Clock::Subscription(SubscriptionEnd::new(target, declared, history)?),
        TargetKind::Inactivity | TargetKind::Event => {
            Clock::Activity(Activity::new(project, target, declared, history)?)
        }
        TargetKind::Advocacy | TargetKind::Column => {
            return Err(Error::Missing { target: target.to_owned(), key: "horizons" });
        }
    };
    let blocks = features.blocks.iter().map(|block| {
        let start = window(block.as_of).start;
        let arrival = |&customer: &u32| clock.arrival(&future, customer, block.as_of, start);
        let observed = known_until.since(start) - grace_days(declared);
        TimingBlock {
            as_of: block.as_of,
            observed_days: u32::try_from(observed).unwrap_or(0),
            arrivals: block.customer.par_iter().map(arrival).collect(),
        }
    });
    Ok(blocks.collect())
}

enum Clock<'a> {
    Activity(Activity<'a>),
    Subscription(SubscriptionEnd<'a>),
}

impl Clock<'_> {
    fn arrival(&self, future: &FutureView<'_>, customer: u32, as_of: Day, start: Day) -> Arrival {
        let after = |day: i32| u32::try_from(day - start.epoch_days()).ok();
        match self {
            Self::Activity(activity) => {
                let first = activity.first_day(future, customer, start);
                Arrival { after_days: first.and_then(after), reason: None }
            }
            Self::Subscription(subscription) => match subscription.meant_end(future, customer, as_of) {
                Some((day, reason)) => Arrival { after_days: after(day), reason },
                None => Arrival::default(),
            },
        }
    }
}
