//! Labels: what happened after a cutoff, who could have shown it, and whether it is known yet.
//!
//! One file per kind of outcome. Who is eligible is decided by what was known before the cutoff; the outcome by what is
//! known before `known_until`. An outcome whose window, grace included, is not over by then is [`Outcome::Unknown`].

mod activity;
mod advocacy;
mod column;
mod error;
mod frame;
mod subscription;
mod timing;

use rayon::prelude::*;

pub use error::Error;
pub use frame::{LabelBlock, Labels, Outcome};
pub use timing::{Arrival, TimingBlock, timing};

use crate::feature::FeatureFrame;
use crate::observe::{FutureView, outlook_days};
use crate::project::{Project, Target, TargetKind};
use crate::rollup::History;
use crate::time::{Day, Window};

/// What a kind of outcome says about one customer at one cutoff.
trait Judge: Sync {
    /// Whether the customer could show the outcome, by what was known before the cutoff.
    fn is_eligible(&self, past: &FutureView<'_>, customer: u32, as_of: Day) -> bool;

    /// Whether the outcome happened.
    fn outcome(&self, future: &FutureView<'_>, customer: u32, as_of: Day) -> Outcome;
}

/// The outcomes of a target for the rows of a feature frame.
///
/// # Errors
/// If there is no such target, or it lacks a key, a table or a column.
pub fn label(
    project: &Project,
    target: &str,
    history: &History,
    features: &FeatureFrame,
    known_until: Day,
) -> Result<Labels, Error> {
    let rows = features.blocks.iter().map(|block| (block.as_of, block.customer.as_slice()));
    let blocks = label_rows(project, target, history, rows, known_until)?;
    Ok(Labels { target: target.to_owned(), blocks })
}

/// The outcomes of a target for given customers at given cutoffs.
///
/// # Errors
/// If there is no such target, or it lacks a key, a table or a column.
pub fn label_rows<'a>(
    project: &Project,
    target: &str,
    history: &History,
    rows: impl Iterator<Item = (Day, &'a [u32])>,
    known_until: Day,
) -> Result<Vec<LabelBlock>, Error> {
    let Some(declared) = project.targets.get(target) else {
        let known = project.targets.keys().cloned().collect();
        return Err(Error::Unknown { target: target.to_owned(), known });
    };
    let judge = judge(project, target, declared, history)?;
    let future = FutureView::new(history, known_until);
    let block = |(as_of, customers): (Day, &[u32])| {
        let is_mature = as_of.plus(outlook_days(declared)) <= known_until;
        let past = future.before(as_of);
        let judged: Vec<(bool, Outcome)> = customers
            .par_iter()
            .map(|&customer| {
                let outcome = if is_mature { judge.outcome(&future, customer, as_of) } else { Outcome::Unknown };
                (judge.is_eligible(&past, customer, as_of), outcome)
            })
            .collect();
        let (eligible, outcome) = judged.into_iter().unzip();
        LabelBlock { as_of, outcome, eligible }
    };
    Ok(rows.map(block).collect())
}

/// For every customer the days with a row that counts for the target (`inactivity`, `event`), ascending and distinct.
///
/// # Errors
/// If there is no such target, or it lacks a key, a table or a column.
pub fn qualifying_days(
    project: &Project,
    target: &str,
    history: &History,
    known_until: Day,
) -> Result<Vec<Vec<i32>>, Error> {
    let Some(declared) = project.targets.get(target) else {
        let known = project.targets.keys().cloned().collect();
        return Err(Error::Unknown { target: target.to_owned(), known });
    };
    let activity = activity::Activity::new(project, target, declared, history)?;
    let past = FutureView::new(history, known_until);
    let customers: Vec<u32> = history.known_before(known_until.epoch_days());
    Ok(customers.par_iter().map(|&customer| activity.days(&past, customer, known_until)).collect())
}

fn judge<'a>(
    project: &'a Project,
    name: &str,
    target: &'a Target,
    history: &'a History,
) -> Result<Box<dyn Judge + 'a>, Error> {
    Ok(match target.kind {
        TargetKind::Inactivity | TargetKind::Event => {
            Box::new(activity::Activity::new(project, name, target, history)?)
        }
        TargetKind::SubscriptionEnd => Box::new(subscription::SubscriptionEnd::new(name, target, history)?),
        TargetKind::Advocacy => Box::new(advocacy::Advocacy::new(project, name, target, history)?),
        TargetKind::Column => Box::new(column::OutcomeColumn::new(name, target, history)?),
    })
}

/// The label window of a target at a cutoff.
fn window(name: &str, target: &Target) -> Result<impl Fn(Day) -> Window + Sync + use<>, Error> {
    let missing = || Error::Missing { target: name.to_owned(), key: "horizon_days" };
    let horizon = target.horizon_days.filter(|&days| days > 0).ok_or_else(missing)?;
    let gap = target.gap_days;
    Ok(move |as_of| Window::after(as_of, gap, horizon))
}

/// Everything before the cutoff that makes someone eligible.
fn eligibility_window(target: &Target, as_of: Day) -> Window {
    let whole = Window { start: Day::from_epoch_days(i32::MIN / 2), end: as_of };
    target.active_within_days.map_or(whole, |days| Window::before(as_of, days))
}
