//! KPIs: each declared once as sufficient statistics, computed by one engine for all segments and periods.
//!
//! Input: the project, the [`Checked`] tables, optionally the scores of the run. Output: a [`KpiTable`]. Only what was
//! visible as of D counts: rows before D by both clocks, later times of a row read null (see [`visible`]).
//!
//! - [`catalogue`]: one file per KPI, one word in a list; [`definition`] says what a KPI is.
//! - [`facts`]: tables read once into compact rows by customer, and from them everything KPIs look at.
//! - [`engine`]: one pass over the customers; [`statistic`] and [`interval`] turn its tallies into estimates.
//! - [`cohorts`], [`bridges`], [`segments`]: what stands beside the KPIs, see [`extras`].
//! - [`period`], [`segment`], [`benchmark`], [`table`]: calendars, parts, verdicts, the result.

pub mod benchmark;
pub mod bridges;
pub mod catalogue;
pub mod cohorts;
pub mod control;
mod customers;
pub mod definition;
pub mod engine;
mod error;
mod extras;
pub mod facts;
pub mod interval;
pub mod period;
pub mod reference;
pub mod segment;
pub mod segments;
pub mod statistic;
pub mod survival;
pub mod table;
mod text;
pub mod visible;

use std::collections::BTreeMap;

use polars::prelude::DataFrame;

pub use customers::{Contributions, by_customer};
pub use definition::Kpi;
pub use error::Error;
pub use extras::{Extras, extras, migration};
pub use period::{Calendar, PeriodKind, Span};
pub use segments::{frame as migration_frame, migration_table};
pub use table::{KpiRow, KpiTable, Status};
pub use text::{Heading, latest, shown, shown_as};

use crate::contract::Checked;
use crate::forecast;
use crate::progress::Progress;
use crate::project::{Project, Threshold};
use crate::tables::TableName;
use crate::time::Day;
use definition::{ACTIVITY, Maturity, Need};
use engine::{Part, Plan, Tallies};
use facts::{Store, StoreRequest};
use segment::{Grouping, Segment};
use statistic::{Estimate, Tally};

/// What is asked for.
#[derive(Debug, Clone)]
pub struct Request {
    /// Nothing from this day on is seen.
    pub as_of: Day,
    /// Length of the periods.
    pub period: PeriodKind,
    /// First day wanted; the last twelve complete periods and the one under way if left out.
    pub from: Option<Day>,
    /// First day no longer wanted; `as_of` if left out.
    pub to: Option<Day>,
    /// Names of KPIs; those of the project file, or all, if empty.
    pub kpis: Vec<String>,
    /// Names of segments; those of the project file if empty.
    pub segments: Vec<String>,
    /// Instead of whole periods, windows of so many days that end with each period.
    pub rolling_days: Option<u32>,
}

impl Request {
    /// What `run` asks for: all KPIs of the last twelve months by the project's segments.
    #[must_use]
    pub fn nightly(as_of: Day) -> Self {
        let period = PeriodKind::Month;
        Self { as_of, period, from: None, to: None, kpis: Vec::new(), segments: Vec::new(), rolling_days: None }
    }
}

/// Computes KPIs.
///
/// # Errors
/// Unknown names, an empty span, files that cannot be read any more, cancelling.
pub fn compute(
    project: &Project,
    checked: &Checked,
    request: &Request,
    scores: Option<&DataFrame>,
    progress: &Progress,
) -> Result<KpiTable, Error> {
    let context = Context::new(project, checked, request, scores)?;
    let stage = progress.stage("kpis", None)?;
    let mut rows = context.unavailable();
    let whole: Vec<(String, Vec<String>)> = context.attribute_segments();
    context.compute_whole(&whole, &mut rows)?;
    stage.advance(1)?;
    for (name, table, column) in context.own_segments() {
        context.compute_split(name, table, column, &mut rows)?;
        stage.advance(1)?;
    }
    rows.sort_by(|a, b| (a.kpi.name, &a.segment, a.period).cmp(&(b.kpi.name, &b.segment, b.period)));
    Ok(KpiTable { rows })
}

/// How many periods ahead a forecast reaches.
const FORECAST_PERIODS: usize = 3;

/// Everything the stages of one computation share.
struct Context<'a> {
    project: &'a Project,
    checked: &'a Checked,
    scores: Option<&'a DataFrame>,
    as_of: Day,
    coverage: Coverage,
    calendar: Calendar,
    kpis: Vec<&'static Kpi>,
    segments: Vec<(String, Segment)>,
}

impl<'a> Context<'a> {
    fn new(
        project: &'a Project,
        checked: &'a Checked,
        request: &Request,
        scores: Option<&'a DataFrame>,
    ) -> Result<Self, Error> {
        let week_start = project.project.week_start;
        let Request { as_of, from, to, rolling_days, .. } = *request;
        let calendar = Calendar::new(&Span { kind: request.period, week_start, from, to, as_of, rolling_days });
        if calendar.is_empty() {
            return Err(Error::EmptySpan);
        }
        for name in project.kpi.target.keys() {
            catalogue::named(name)?;
        }
        let asked_for = !request.segments.is_empty();
        let names = if asked_for { &request.segments } else { &project.project.segments };
        let segments = segment::resolve(names, checked, asked_for)?;
        let kpis = chosen(project, request)?;
        let coverage = coverage(project, checked, request.as_of)?;
        let data_start = coverage.values().filter_map(|(first, _)| *first).min();
        let calendar = calendar.with_comparisons(data_start);
        Ok(Self { project, checked, scores, as_of: request.as_of, coverage, calendar, kpis, segments })
    }

    /// Why a KPI cannot be computed at all.
    fn missing(&self, kpi: &Kpi) -> Option<String> {
        kpi.needs.iter().find_map(|need| self.missing_need(need))
    }

    fn missing_need(&self, need: &Need) -> Option<String> {
        match need {
            Need::Table(table) => self.checked.table(*table).is_none().then(|| table.as_str().to_owned()),
            Need::Column(table, column) => match self.checked.table(*table) {
                None => Some(table.as_str().to_owned()),
                Some(checked) if !checked.has(column) => Some((*column).to_owned()),
                Some(_) => None,
            },
            Need::Activity => {
                let any = ACTIVITY.iter().any(|table| self.checked.table(*table).is_some());
                (!any).then(|| "activity".to_owned())
            }
            Need::Sessions => {
                let visits = self.checked.table(TableName::Visits).is_some_and(|table| table.has("ended_at"));
                let any = visits || self.checked.table(TableName::Events).is_some();
                (!any).then(|| "events".to_owned())
            }
            Need::Scale => match self.checked.table(TableName::Surveys) {
                None => Some(TableName::Surveys.as_str().to_owned()),
                Some(table) => (!table.has("scale_max") || !table.has("scale_min")).then(|| "scale".to_owned()),
            },
            Need::Sentiment => {
                let has = |table: &TableName| {
                    self.checked.table(*table).is_some_and(|table| table.has("sentiment") || table.has("text"))
                };
                let any = [TableName::Posts, TableName::Surveys, TableName::Tickets].iter().any(has);
                (!any).then(|| "sentiment".to_owned())
            }
            Need::Value => facts::Settings::basis(self.project, self.checked).is_none().then(|| "value".to_owned()),
            Need::Role(role) => roles(self.project, role).is_empty().then(|| format!("roles.{role}")),
            Need::Lifetimes => self.missing_need(&Need::Table(TableName::Orders)),
            Need::Scores => self.scores.is_none().then(|| "scores".to_owned()),
            Need::ValueAtRisk => match self.scores {
                None => Some("scores".to_owned()),
                Some(scores) => (!facts::is_any_value_known(scores)).then(|| "value".to_owned()),
            },
        }
    }

    fn unavailable(&self) -> Vec<KpiRow> {
        let missing = self.kpis.iter().filter_map(|kpi| self.missing(kpi).map(|why| (*kpi, why)));
        let mut rows = Vec::new();
        for (kpi, why) in missing {
            rows.extend(self.calendar.shown().iter().map(|period| KpiRow::unavailable(kpi, *period, &why)));
        }
        rows
    }

    fn attribute_segments(&self) -> Vec<(String, Vec<String>)> {
        let attributes = self.segments.iter().filter_map(|(name, segment)| match segment {
            Segment::Attributes(parts) => Some((name.clone(), parts.clone())),
            Segment::Own(..) => None,
        });
        attributes.collect()
    }

    fn own_segments(&self) -> impl Iterator<Item = (&str, TableName, &str)> {
        self.segments.iter().filter_map(|(name, segment)| match segment {
            Segment::Own(table, column) => Some((name.as_str(), *table, column.as_str())),
            Segment::Attributes(_) => None,
        })
    }

    fn compute_whole(&self, segments: &[(String, Vec<String>)], rows: &mut Vec<KpiRow>) -> Result<(), Error> {
        let kpis: Vec<&'static Kpi> = self.kpis.iter().copied().filter(|kpi| self.missing(kpi).is_none()).collect();
        let mut attributes: Vec<String> = segments.iter().flat_map(|(_, parts)| parts.clone()).collect();
        attributes.sort_unstable();
        attributes.dedup();
        let tables = self.tables(&kpis);
        let request = StoreRequest {
            as_of: self.as_of,
            tables: &tables,
            attributes: &attributes,
            split: None,
            wants_sessions: wants_sessions(&kpis),
            wants_lifetimes: wants_lifetimes(&kpis),
        };
        let mut store = Store::load(self.project, self.checked, &request)?;
        if let Some(scores) = self.scores {
            let target = self.project.targets.keys().next().map_or("", String::as_str);
            store.add_scores(scores, target, highest_band(self.project))?;
        }
        let groupings: Vec<Grouping> =
            segments.iter().map(|(name, parts)| Grouping::by_attributes(name, parts, &store)).collect();
        let by_cohort = kpis.iter().position(|kpi| kpi.name == catalogue::BY_COHORT);
        let plan = Plan { kpis: &kpis, calendar: &self.calendar, groupings: &groupings, by_cohort };
        let tallies = Tallies::compute(plan, &store);
        self.emit(plan, &tallies, true, rows);
        self.emit_cohorts(plan, &tallies, rows);
        Ok(())
    }

    fn compute_split(&self, name: &str, table: TableName, column: &str, rows: &mut Vec<KpiRow>) -> Result<(), Error> {
        let of_table = |kpi: &&'static Kpi| kpi.table() == Some(table) && self.missing(kpi).is_none();
        let kpis: Vec<&'static Kpi> = self.kpis.iter().copied().filter(of_table).collect();
        let split = Some((table, column.to_owned()));
        let request = StoreRequest {
            as_of: self.as_of,
            tables: &[table],
            attributes: &[],
            split,
            wants_sessions: wants_sessions(&kpis),
            wants_lifetimes: wants_lifetimes(&kpis),
        };
        let store = Store::load(self.project, self.checked, &request)?;
        let groupings = [Grouping::by_split(name, &store)];
        let plan = Plan { kpis: &kpis, calendar: &self.calendar, groupings: &groupings, by_cohort: None };
        let tallies = Tallies::compute(plan, &store);
        self.emit(plan, &tallies, false, rows);
        Ok(())
    }

    /// Tables the KPIs need, in the contract's order.
    fn tables(&self, kpis: &[&'static Kpi]) -> Vec<TableName> {
        let needs = || kpis.iter().flat_map(|kpi| kpi.needs);
        let needed = |table: &TableName| needs().any(|need| need.reads(*table));
        TableName::ALL.into_iter().filter(needed).filter(|table| self.checked.table(*table).is_some()).collect()
    }

    fn emit(&self, plan: Plan<'_>, tallies: &Tallies, with_total: bool, rows: &mut Vec<KpiRow>) {
        for (position, kpi) in plan.kpis.iter().enumerate() {
            let series = |part: Part| tallies.series(part, position, plan.calendar.len());
            let nothing = vec![Tally::default(); plan.calendar.len()];
            if kpi.name == catalogue::FORECAST {
                rows.extend(
                    with_total.then(|| self.forecast(kpi, series(None).unwrap_or(&nothing))).into_iter().flatten(),
                );
                continue;
            }
            if with_total {
                rows.extend(self.rows(kpi, None, series(None).unwrap_or(&nothing)));
            }
            for (segment, grouping) in plan.groupings.iter().enumerate() {
                let part = |code: u32| series(Some((segment, code))).filter(|tallies| has_observations(tallies));
                let named = |label: &str| label != segment::UNKNOWN;
                let told = |label: &str| named(label) || is_of_customers(kpi);
                let shown = grouping.labels.iter().zip(0..).any(|(label, code)| told(label) && part(code).is_some());
                for (label, code) in grouping.labels.iter().zip(0..).filter(|_| shown) {
                    let Some(tallies) = part(code).or_else(|| named(label).then_some(&nothing)) else { continue };
                    rows.extend(self.rows(kpi, Some((&grouping.name, label)), tallies));
                }
            }
        }
    }

    fn emit_cohorts(&self, plan: Plan<'_>, tallies: &Tallies, rows: &mut Vec<KpiRow>) {
        let Some(position) = plan.by_cohort else { return };
        for (cohort, tallies) in tallies.cohorts() {
            let label = cohort.to_string();
            let of_cohort = self.rows(plan.kpis[position], Some(("cohort", &label)), tallies);
            rows.extend(of_cohort.into_iter().filter(|row| row.period.end > *cohort));
        }
    }

    fn rows(&self, kpi: &'static Kpi, segment: Option<(&str, &str)>, tallies: &[Tally]) -> Vec<KpiRow> {
        let mut rows: Vec<KpiRow> = Vec::with_capacity(tallies.len());
        for (period, tally) in self.calendar.periods.iter().zip(tallies) {
            let estimate = tally.estimate(kpi.statistic, period.days());
            let status = self.status(kpi, period, segment.is_some(), &estimate);
            let estimate = match status {
                Status::Unavailable(_) => Estimate { n: estimate.n, ..Estimate::default() },
                _ => estimate,
            };
            let segment = segment.map(|(name, value)| (name.to_owned(), value.to_owned()));
            let row = KpiRow { segment, ..KpiRow::new(kpi, *period, estimate, status) };
            rows.push(if row.status == Status::Ok { self.judged(row, &rows) } else { row });
        }
        rows.split_off(self.calendar.compared)
    }

    /// A complete row with its changes, its verdict and its limits, from the rows before it.
    fn judged(&self, mut row: KpiRow, earlier: &[KpiRow]) -> KpiRow {
        let since = |old: &KpiRow| table::Change::between(&row.estimate, &old.estimate);
        let complete = || earlier.iter().filter(|old| old.status == Status::Ok);
        let year_before = self.calendar.year_before(&row.period);
        let change_year = complete().find(|old| old.period == year_before).and_then(since);
        // Windows that roll are compared with the last one they do not overlap.
        let before = |old: &&KpiRow| match self.calendar.rolling_days {
            Some(_) => old.period.end <= row.period.start,
            None => old.period.end == row.period.start,
        };
        let change = complete().rev().find(before).and_then(since);
        let part = row.segment.as_ref().map(|(segment, part)| (segment.as_str(), part.as_str()));
        let judge = |value| benchmark::verdict(&self.project.kpi, row.kpi, part, value);
        let judgement = row.estimate.value.and_then(judge);
        let control = control::Control::of(&row.estimate, &self.course_before(&row, earlier));
        (row.change, row.change_year, row.judgement, row.control) = (change, change_year, judgement, control);
        row
    }

    /// The values of the complete periods that lead up to a row without a gap. Windows that overlap are no such course.
    fn course_before(&self, row: &KpiRow, earlier: &[KpiRow]) -> Vec<f64> {
        let mut course = Vec::new();
        let mut end = row.period.start;
        for old in earlier.iter().rev().take(control::MOST) {
            if self.calendar.rolling_days.is_some() || old.period.end != end || old.status != Status::Ok {
                break;
            }
            course.extend(old.estimate.value);
            end = old.period.start;
        }
        course.reverse();
        course
    }

    /// The next periods after the complete ones, from the course of those.
    fn forecast(&self, kpi: &'static Kpi, tallies: &[Tally]) -> Vec<KpiRow> {
        let shown = self.calendar.shown().iter().zip(&tallies[self.calendar.compared..]);
        let complete = shown.filter(|(period, _)| !period.partial);
        let estimates = || complete.clone().map(|(period, tally)| tally.estimate(kpi.statistic, period.days()));
        let values: Vec<f64> = estimates().filter_map(|estimate| estimate.value).collect();
        let n = estimates().map(|estimate| estimate.n).sum();
        let season = self.calendar.kind.season();
        let request = forecast::Request { periods: FORECAST_PERIODS, season, confidence: 0.95, bounds: (-1.0, 1.0) };
        let points = forecast::forecast(&values, &request).map(|forecast| forecast.periods).unwrap_or_default();
        let last = complete.clone().next_back().map_or(self.as_of, |(period, _)| period.end);
        let mut start = last;
        let mut rows = Vec::new();
        for step in 0..FORECAST_PERIODS {
            let end = self.calendar.kind.next(self.calendar.kind.start(start, self.calendar.week_start));
            let point = points.get(step);
            let value = point.map(|point| point.value);
            let (low, high) = (point.map(|point| point.low), point.map(|point| point.high));
            let estimate = Estimate { value, numerator: value, denominator: None, n, low, high };
            let few = || Status::Unavailable("too_few_periods".to_owned());
            let status = if point.is_some() { Status::Ok } else { few() };
            rows.push(KpiRow::new(kpi, period::Period { start, end, partial: false }, estimate, status));
            start = end;
        }
        rows
    }

    fn status(&self, kpi: &Kpi, period: &period::Period, in_part: bool, estimate: &Estimate) -> Status {
        let of_the_run = |need: &Need| matches!(need, Need::Scores | Need::ValueAtRisk | Need::Lifetimes);
        let as_of_only = kpi.needs.iter().any(of_the_run);
        if as_of_only && period.end != self.as_of {
            return Status::Unavailable("as_of_only".to_owned());
        }
        let (first, covered) = self.coverage(kpi);
        if first.is_some_and(|first| period.end <= first) {
            return Status::Unavailable("before_data".to_owned());
        }
        if period.start >= covered {
            return Status::Unavailable("not_covered".to_owned());
        }
        if estimate.value.is_none() {
            return Status::Unavailable("zero_denominator".to_owned());
        }
        if in_part && estimate.n < u64::from(self.project.kpi.min_n) {
            return Status::Unavailable("small_group".to_owned());
        }
        let mature = period.end.plus(self.maturity_days(kpi.maturity)) <= self.as_of;
        if period.partial || period.end > covered || !mature { Status::Partial } else { Status::Ok }
    }

    fn maturity_days(&self, maturity: Maturity) -> i32 {
        let days = match maturity {
            Maturity::AtOnce => 0,
            Maturity::Days(days) => u32::from(days),
            Maturity::ActiveWindow => self.project.project.active_within_days,
            Maturity::Grace => self.project.targets.values().map(|target| target.grace_days).max().unwrap_or(0),
        };
        i32::try_from(days).unwrap_or(i32::MAX / 4)
    }

    /// First day with data and first day without, of the tables a KPI needs.
    fn coverage(&self, kpi: &Kpi) -> (Option<Day>, Day) {
        let of_kpi = || self.coverage.iter().filter(|(table, _)| kpi.needs.iter().any(|need| need.reads(**table)));
        let first = of_kpi().filter_map(|(_, (first, _))| *first).min();
        let covered = of_kpi().map(|(_, (_, covered))| *covered).min();
        (first, covered.unwrap_or(self.as_of))
    }
}

/// First day with data and first day without, by table.
type Coverage = BTreeMap<TableName, (Option<Day>, Day)>;

fn coverage(project: &Project, checked: &Checked, as_of: Day) -> Result<Coverage, Error> {
    let latest = checked.tables.values().filter_map(|table| table.covered_until).max();
    let mut coverage = Coverage::new();
    for table in checked.tables.values() {
        let declared = project.sources(table.name).iter().filter_map(|source| source.covered_until).min();
        let covered = visible::covered_until(table, declared, latest, as_of);
        let hidden = visible::hidden_from(table, as_of);
        let hidden = hidden.map_err(|source| Error::Table { table: table.name.as_str(), source })?;
        let covered = hidden.map_or(covered, |hidden| covered.min(hidden));
        coverage.insert(table.name, (table.span.map(|(first, _)| first), covered));
    }
    Ok(coverage)
}

fn has_observations(tallies: &[Tally]) -> bool {
    tallies.iter().any(|tally| !tally.is_empty())
}

fn chosen(project: &Project, request: &Request) -> Result<Vec<&'static Kpi>, Error> {
    let names = if request.kpis.is_empty() { &project.kpi.only } else { &request.kpis };
    if request.kpis.is_empty() && !project.kpi.enabled {
        return Ok(Vec::new());
    }
    if names.is_empty() {
        return Ok(catalogue::CATALOGUE.to_vec());
    }
    let mut kpis = Vec::new();
    for name in names {
        let kpi = catalogue::named(name)?;
        if !kpis.iter().any(|chosen: &&Kpi| chosen.name == kpi.name) {
            kpis.push(kpi);
        }
    }
    Ok(kpis)
}

fn roles<'a>(project: &'a Project, role: &str) -> &'a [String] {
    match role {
        "cart" => &project.roles.cart,
        "purchase" => &project.roles.purchase,
        "passive" => &project.roles.passive,
        _ => &[],
    }
}

fn wants_sessions(kpis: &[&'static Kpi]) -> bool {
    kpis.iter().any(|kpi| kpi.needs.iter().any(|need| matches!(need, Need::Role(_) | Need::Sessions)))
}

fn wants_lifetimes(kpis: &[&'static Kpi]) -> bool {
    kpis.iter().any(|kpi| kpi.needs.contains(&Need::Lifetimes))
}

fn highest_band(project: &Project) -> &str {
    let first: Option<(&String, &Threshold)> = project.bands.0.iter().next();
    first.map_or("high", |(name, _)| name.as_str())
}

/// Whether the KPI is made of rows that always name a customer: its parts then sum to the total, known or not.
fn is_of_customers(kpi: &Kpi) -> bool {
    let names_customers = |name: TableName| {
        let table = name.table();
        table.customer.and_then(|column| table.column(column)).is_some_and(|column| column.required)
    };
    TableName::ALL.iter().any(|table| names_customers(*table) && kpi.needs.iter().any(|need| need.reads(*table)))
}
