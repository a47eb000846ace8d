//! Journeys: ordered funnels per visit, per customer and within a time limit; what comes next; what follows a purchase.
//!
//! A journey is a list of steps (`steps`), declared or typed. All of them are read into one timeline as known on a day
//! (`timeline`), walked (`funnel`), and summed by segment and period. Segments are those a customer has as of the same
//! day; a passage belongs to the period of its first step.

mod error;
mod frame;
mod funnel;
mod next;
mod period;
mod steps;
mod table;
mod text;
mod timeline;

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::*;

pub use error::Error;
pub use funnel::Scope;
pub use next::{AfterPurchase, REPEAT_DAYS, SUPPORT_DAYS, Transition};
pub use period::Period;
pub use table::{FunnelStep, Journeys, Part};

use funnel::{Group, Passage, passages, sum_up};
use next::{after_purchase, transitions};
use steps::{Step, resolve};
use timeline::{Row, Timeline};

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
    let breakdown = Breakdown { project, request, segments: &segments, as_of };
    let mut journeys = Journeys::default();
    for (name, journey) in &request.journeys {
        let steps = proved(name, journey, project, checked, &kinds)?;
        let timeline = Timeline::read(checked, &steps, &project.roles.passive, as_of)?;
        measure(&mut journeys, name, journey, &steps, &timeline, &breakdown);
        stage.advance(1)?;
    }
    journeys.after_purchase = purchases(&breakdown, checked, &kinds)?;
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
        for segment in breakdown.segments() {
            let groups = |passage: &Passage| breakdown.groups(segment, timeline, passage.customer, passage.day);
            for (group, sums) in &sum_up(&passages, steps.len(), groups) {
                let part = breakdown.part(segment, group);
                journeys.funnel.extend(table::funnel_steps(name, scope, &part, steps, sums, timeline.has_values));
            }
        }
    }
    let names: Vec<String> = steps.iter().map(|step| step.name.clone()).collect();
    for segment in breakdown.segments() {
        let groups = |row: &Row| breakdown.groups(segment, timeline, row.customer, row.day);
        for (group, found) in transitions(timeline, &names, gap_minutes, groups) {
            let part = breakdown.part(segment, &group);
            journeys
                .transitions
                .extend(found.into_iter().map(|transition| (name.to_owned(), part.clone(), transition)));
        }
    }
}

impl Breakdown<'_> {
    /// The whole, and each segment asked for by its position.
    fn segments(&self) -> impl Iterator<Item = Option<usize>> + use<> {
        [None].into_iter().chain((0..self.request.by.len()).map(Some))
    }

    /// The groups that something a customer did on a day counts in: all time, and its period where one is asked for.
    fn groups(&self, segment: Option<usize>, timeline: &Timeline, customer: u32, day: i32) -> Vec<Group> {
        let week_start = self.project.project.week_start;
        let start = self.request.period.map(|period| period.start(Day::from_epoch_days(day), week_start).epoch_days());
        let id = &timeline.customers[customer as usize];
        let value =
            segment.map(|segment| self.segments[segment].get(id).cloned().unwrap_or_else(|| "unknown".to_owned()));
        [None].into_iter().chain(start.map(Some)).map(|period| (value.clone(), period)).collect()
    }

    fn part(&self, segment: Option<usize>, group: &Group) -> Part {
        let name = segment.map(|segment| self.request.by[segment].clone());
        Part { segment: name.zip(group.0.clone()), period_start: group.1.map(Day::from_epoch_days) }
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
    breakdown: &Breakdown<'_>,
    checked: &Checked,
    kinds: &BTreeSet<String>,
) -> Result<Vec<(Part, AfterPurchase)>, Error> {
    let (project, as_of) = (breakdown.project, breakdown.as_of);
    let Ok(purchase) = resolve("purchase", "purchase", project, checked, kinds) else { return Ok(Vec::new()) };
    let known_until =
        checked.table(purchase.table).and_then(|table| table.covered_until).map_or(as_of, |day| day.min(as_of));
    let tickets = resolve("purchase", "tickets", project, checked, kinds).ok();
    let has_tickets = tickets.is_some();
    let steps: Vec<Step> = [purchase].into_iter().chain(tickets).collect();
    let timeline = Timeline::read(checked, &steps, &project.roles.passive, as_of)?;
    let mut found = Vec::new();
    for segment in breakdown.segments() {
        let groups = |row: &Row| breakdown.groups(segment, &timeline, row.customer, row.day);
        let parts = after_purchase(&timeline, has_tickets, known_until.epoch_days(), groups);
        found.extend(parts.into_iter().map(|(group, found)| (breakdown.part(segment, &group), found)));
    }
    Ok(found)
}
