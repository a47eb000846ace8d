//! Journeys: ordered funnels per visit, per customer and within a time limit; what comes next; what follows a purchase.
//!
//! A journey is a list of steps (`steps`), declared or typed. All of them are read into one timeline as known on a day
//! (`timeline`), walked (`funnel`), and summed by segment and period. Segments are those a customer has as of the same
//! day; a passage belongs to the period of its first step.

mod error;
mod funnel;
mod next;
mod period;
mod steps;
mod table;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

pub use error::Error;
pub use funnel::Scope;
pub use next::{AfterPurchase, REPEAT_DAYS, SUPPORT_DAYS, Transition};
pub use period::Period;
pub use table::{FunnelStep, Journeys};

use funnel::{Passage, Sums, passages, sum_up};
use next::{after_purchase, transitions};
use steps::{Step, resolve};
use timeline::Timeline;

use crate::contract::{Checked, collect};
use crate::progress::Progress;
use crate::project::{Journey, Project};
use crate::tables::TableName;
use crate::time::Day;

/// Name of a journey whose steps were typed.
pub const AD_HOC: &str = "steps";
/// More steps than this are not a journey.
pub const MOST_STEPS: usize = 32;

/// What is asked of the journeys.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// Journeys by name; the project's, or one that was typed.
    pub journeys: Vec<(String, Journey)>,
    /// Attributes of customers to break down by.
    pub by: Vec<String>,
    /// Periods to break down by.
    pub period: Option<Period>,
}

/// Measures journeys as of a day.
///
/// # Errors
/// [`Error`] if a step or a segment is not known, or a table cannot be read.
pub fn compute(
    project: &Project,
    checked: &Checked,
    request: &Request,
    as_of: Day,
    progress: &Progress,
) -> Result<Journeys, Error> {
    if request.journeys.is_empty() {
        return Err(Error::NoJourney);
    }
    let stage = progress.stage("journeys", Some(request.journeys.len() as u64))?;
    let kinds = kinds(checked, as_of)?;
    let segments = segments(checked, &request.by, as_of)?;
    let mut journeys = Journeys::default();
    for (name, journey) in &request.journeys {
        let steps = proved(name, journey, project, checked, &kinds)?;
        let timeline = Timeline::read(checked, &steps, &project.roles.passive, as_of)?;
        measure(
            &mut journeys,
            name,
            journey,
            &steps,
            &timeline,
            &Breakdown { project, request, segments: &segments, as_of },
        );
        stage.advance(1)?;
    }
    journeys.after_purchase = purchases(project, checked, &kinds, as_of)?;
    Ok(journeys)
}

struct Breakdown<'a> {
    project: &'a Project,
    request: &'a Request,
    /// Per segment asked for, the value of each customer by id.
    segments: &'a [BTreeMap<String, String>],
    as_of: Day,
}

fn measure(
    journeys: &mut Journeys,
    name: &str,
    journey: &Journey,
    steps: &[Step],
    timeline: &Timeline,
    breakdown: &Breakdown<'_>,
) {
    let gap_minutes = breakdown.project.kpi.session_gap_minutes;
    for scope in [Scope::Visit, Scope::Customer, Scope::Within(journey.within_days)] {
        let passages = passages(timeline, steps.len(), scope, gap_minutes, breakdown.as_of.epoch_days());
        for (segment, sums) in breakdown.sums(&passages, steps.len(), timeline) {
            for (group, sums) in &sums {
                let part = table::Part {
                    journey: name,
                    scope,
                    segment: segment.as_deref(),
                    group,
                    period: breakdown.request.period,
                };
                journeys.funnel.extend(table::funnel_steps(&part, steps, sums, timeline.has_values));
            }
        }
    }
    let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
    let found = transitions(timeline, &names, gap_minutes);
    journeys.transitions.extend(found.into_iter().map(|transition| (name.to_owned(), transition)));
}

impl Breakdown<'_> {
    /// For the whole and for each segment asked for: the sums by value and period.
    fn sums(
        &self,
        passages: &[Passage],
        steps: usize,
        timeline: &Timeline,
    ) -> Vec<(Option<String>, BTreeMap<funnel::Group, Sums>)> {
        let week_start = self.project.project.week_start;
        let periods = |passage: &Passage| {
            let start = self.request.period.map(|period| period.start(Day::from_epoch_days(passage.day), week_start));
            [None].into_iter().chain(start.map(|day| Some(day.epoch_days())))
        };
        let whole = sum_up(passages, steps, |passage| periods(passage).map(|period| (None, period)).collect());
        let of_segment = |(name, values): (&String, &BTreeMap<String, String>)| {
            let value = |passage: &Passage| values.get(&timeline.customers[passage.customer as usize]).cloned();
            let groups = |passage: &Passage| {
                let value = value(passage).unwrap_or_else(|| "unknown".to_owned());
                periods(passage).map(|period| (Some(value.clone()), period)).collect()
            };
            (Some(name.clone()), sum_up(passages, steps, groups))
        };
        let parts = self.request.by.iter().zip(self.segments).map(of_segment);
        [(None, whole)].into_iter().chain(parts).collect()
    }
}

fn proved(
    name: &str,
    journey: &Journey,
    project: &Project,
    checked: &Checked,
    kinds: &BTreeSet<String>,
) -> Result<Vec<Step>, Error> {
    if !(2..=MOST_STEPS).contains(&journey.steps.len()) {
        return Err(Error::Steps { journey: name.to_owned(), steps: journey.steps.len() });
    }
    journey.steps.iter().map(|step| resolve(name, step.trim(), project, checked, kinds)).collect()
}

/// All kinds of events known on a day.
fn kinds(checked: &Checked, as_of: Day) -> Result<BTreeSet<String>, Error> {
    let Some(table) = checked.table(TableName::Events) else { return Ok(BTreeSet::new()) };
    let query = table.past(as_of).group_by([col("kind").cast(DataType::String)]).agg([]);
    let kinds =
        collect(query).and_then(|rows| Ok(rows.column("kind")?.str()?.iter().flatten().map(str::to_owned).collect()));
    kinds.map_err(|cause| Error::Read { table: TableName::Events, cause })
}

fn segments(checked: &Checked, names: &[String], as_of: Day) -> Result<Vec<BTreeMap<String, String>>, Error> {
    let of_name = |name: &String| {
        let unknown = || Error::UnknownSegment { segment: name.clone() };
        let table = checked.table(TableName::Customers).ok_or_else(unknown)?;
        if !table.attributes.iter().any(|attribute| attribute.name == *name) {
            return Err(unknown());
        }
        let states = table.attributes_at(&[name.as_str()], as_of);
        let states = states.map_err(|cause| Error::Read { table: TableName::Customers, cause })?;
        Ok(states.into_iter().filter_map(|(id, mut values)| Some((id, values.pop()?))).collect())
    };
    names.iter().map(of_name).collect()
}

/// What follows purchases, where the tables say what a purchase is.
fn purchases(
    project: &Project,
    checked: &Checked,
    kinds: &BTreeSet<String>,
    as_of: Day,
) -> Result<Option<AfterPurchase>, Error> {
    let Ok(purchase) = resolve("purchase", "purchase", project, checked, kinds) else { return Ok(None) };
    let known_until =
        checked.table(purchase.table).and_then(|table| table.covered_until).map_or(as_of, |day| day.min(as_of));
    let tickets = resolve("purchase", "tickets", project, checked, kinds).ok();
    let has_tickets = tickets.is_some();
    let steps: Vec<Step> = [purchase].into_iter().chain(tickets).collect();
    let timeline = Timeline::read(checked, &steps, &project.roles.passive, as_of)?;
    Ok(Some(after_purchase(&timeline, has_tickets, known_until.epoch_days())))
}
