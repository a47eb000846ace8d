//! Everything KPIs need, read once: rows by customer, sign-ups, attributes, scores.

use polars::prelude::{DataFrame, PlHashMap, PolarsError, PolarsResult};

use super::ads::Ads;
use super::events::Events;
use super::leads::Leads;
use super::life::Course;
use super::loyalty::Loyalty;
use super::messages::Messages;
use super::orders::Orders;
use super::posts::Posts;
use super::programs::Programs;
use super::referrals::Referrals;
use super::rows::{Interner, NO_TEXT, Subjects};
use super::source::{Frame, Grouped, Loaded, Reader, Source};
use super::subscriptions::Subscriptions;
use super::surveys::Surveys;
use super::tickets::Tickets;
use super::visits::Visits;
use super::{Experiment, Facts, ScoreFacts, orders, scores};
use crate::clv::{Horizon, Lifetime};
use crate::contract::{Checked, CheckedTable};
use crate::kpi::error::Error;
use crate::kpi::period::{Calendar, Period, PeriodKind};
use crate::kpi::visible;
use crate::project::{Project, ValueBasis};
use crate::tables::TableName;
use crate::time::Day;

/// What to read.
#[derive(Debug, Clone)]
pub struct StoreRequest<'a> {
    /// Nothing from this day on is seen.
    pub as_of: Day,
    /// Tables that some KPI needs.
    pub tables: &'a [TableName],
    /// Attributes of customers that segments need.
    pub attributes: &'a [String],
    /// A table's own column by which customers are split.
    pub split: Option<(TableName, String)>,
    /// Whether some KPI looks at sessions of events.
    pub wants_sessions: bool,
    /// Whether some KPI looks at predicted lifetime values.
    pub wants_lifetimes: bool,
}

/// What the project declares about customers.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    active_within_days: i32,
    session_gap_microseconds: i64,
    grace_days: i32,
    /// What the value of a customer is measured by; `None` where no table allows any.
    pub basis: Option<ValueBasis>,
    /// Share of the basis that is margin.
    pub margin: f64,
    wants_sessions: bool,
    visits_have_ends: bool,
    as_of: Day,
}

/// Rows, sign-ups, attributes and scores by subject.
#[derive(Debug)]
pub struct Store {
    /// Customers and anonymous units.
    pub subjects: Subjects,
    /// What the project declares.
    pub settings: Settings,
    /// Days without a sign-up are `i32::MAX`.
    signups: Vec<i32>,
    attributes: PlHashMap<String, Vec<u32>>,
    texts: Interner,
    orders: Grouped<Orders>,
    subscriptions: Grouped<Subscriptions>,
    others: Vec<Box<dyn Loaded>>,
    scores: Vec<Option<ScoreFacts>>,
    lifetimes: Vec<Option<f64>>,
}

/// Buffers that live across customers.
#[derive(Debug, Default)]
pub struct Scratch {
    active: Vec<i32>,
    facts: Vec<Facts>,
}

impl Settings {
    fn new(project: &Project, checked: &Checked, request: &StoreRequest<'_>) -> Self {
        let whole = |days: u32| i32::try_from(days).unwrap_or(i32::MAX / 4);
        let grace = project.targets.values().map(|target| target.grace_days).max().unwrap_or(0);
        Self {
            active_within_days: whole(project.project.active_within_days),
            session_gap_microseconds: i64::from(project.kpi.session_gap_minutes) * 60_000_000,
            grace_days: whole(grace),
            basis: Self::basis(project, checked),
            margin: project.value.margin,
            wants_sessions: request.wants_sessions,
            visits_have_ends: checked.table(TableName::Visits).is_some_and(|table| table.has("ended_at")),
            as_of: request.as_of,
        }
    }

    /// The declared basis of value, or the first that the mapped tables allow.
    #[must_use]
    pub fn basis(project: &Project, checked: &Checked) -> Option<ValueBasis> {
        let with_orders = checked.table(TableName::Orders).is_some();
        let with_mrr = checked.table(TableName::Subscriptions).is_some_and(|table| table.has("mrr"));
        let first = with_orders.then_some(ValueBasis::Revenue365).or(with_mrr.then_some(ValueBasis::Mrr));
        match project.value.basis {
            Some(ValueBasis::Mrr) => with_mrr.then_some(ValueBasis::Mrr),
            Some(basis) => with_orders.then_some(basis),
            None => first,
        }
    }
}

impl Store {
    /// Reads the tables.
    ///
    /// # Errors
    /// If a file cannot be read any more.
    pub fn load(project: &Project, checked: &Checked, request: &StoreRequest<'_>) -> Result<Self, Error> {
        let mut subjects = Subjects::default();
        if let Some((table, column)) = &request.split {
            subjects = Subjects::split_by(*table, column);
        }
        let mut store = Self {
            subjects,
            settings: Settings::new(project, checked, request),
            signups: Vec::new(),
            attributes: PlHashMap::default(),
            texts: Interner::default(),
            orders: Grouped::default(),
            subscriptions: Grouped::default(),
            others: Vec::new(),
            scores: Vec::new(),
            lifetimes: Vec::new(),
        };
        if request.split.is_none() {
            store.read_customers(checked, request).map_err(|source| failed(TableName::Customers, source))?;
        }
        for &table in request.tables {
            let Some(checked) = checked.table(table) else { continue };
            store.read(project, checked).map_err(|source| failed(table, source))?;
        }
        if request.wants_lifetimes {
            store.lifetimes = store.predict_lifetimes();
        }
        Ok(store)
    }

    fn read(&mut self, project: &Project, table: &CheckedTable) -> PolarsResult<()> {
        match table.name {
            TableName::Orders => self.orders = self.grouped(project, table)?,
            TableName::Subscriptions => self.subscriptions = self.grouped(project, table)?,
            TableName::Events => self.add::<Events>(project, table)?,
            TableName::Tickets => self.add::<Tickets>(project, table)?,
            TableName::Surveys => self.add::<Surveys>(project, table)?,
            TableName::Messages => self.add::<Messages>(project, table)?,
            TableName::Ads => self.add::<Ads>(project, table)?,
            TableName::Visits => self.add::<Visits>(project, table)?,
            TableName::Leads => self.add::<Leads>(project, table)?,
            TableName::Posts => self.add::<Posts>(project, table)?,
            TableName::Referrals => self.add::<Referrals>(project, table)?,
            TableName::Loyalty => self.add::<Loyalty>(project, table)?,
            TableName::Programs => self.add::<Programs>(project, table)?,
            TableName::Customers | TableName::Payments => {}
        }
        Ok(())
    }

    fn grouped<S: Source>(&mut self, project: &Project, table: &CheckedTable) -> PolarsResult<Grouped<S>> {
        Grouped::read(table, self.settings.as_of, project, &mut self.subjects)
    }

    fn add<S: Source + 'static>(&mut self, project: &Project, table: &CheckedTable) -> PolarsResult<()> {
        let grouped = self.grouped::<S>(project, table)?;
        self.others.push(Box::new(grouped));
        Ok(())
    }

    fn read_customers(&mut self, checked: &Checked, request: &StoreRequest<'_>) -> PolarsResult<()> {
        let Some(table) = checked.table(TableName::Customers) else { return Ok(()) };
        let attributes = request.attributes.iter().map(String::as_str);
        let wanted: Vec<&str> =
            ["customer", "signup_at_day", "valid_from_day"].into_iter().chain(attributes.clone()).collect();
        let frame = visible::customers(table, request.as_of, &wanted)?;
        let reader = Reader::new(&frame, TableName::Customers, &self.subjects)?;
        let signups = reader.days("signup_at_day")?;
        let mut numbers = Vec::with_capacity(reader.height());
        for row in 0..reader.height() {
            let subject = self.subjects.customer(reader.customer(row).unwrap_or_default()) as usize;
            let signup = signups.get(row).filter(|day| *day < request.as_of.epoch_days()).unwrap_or(i32::MAX);
            if self.signups.len() <= subject {
                self.signups.resize(subject + 1, i32::MAX);
            }
            self.signups[subject] = self.signups[subject].min(signup);
            numbers.push(subject);
        }
        for attribute in attributes {
            let values = reader.texts(attribute)?;
            let mut codes = vec![NO_TEXT; self.subjects.len()];
            for (row, subject) in numbers.iter().enumerate() {
                codes[*subject] = self.texts.code(values.get(row));
            }
            self.attributes.insert(attribute.to_owned(), codes);
        }
        Ok(())
    }

    /// Adds the scores of the run.
    ///
    /// # Errors
    /// If the frame is not one of scores.
    pub fn add_scores(&mut self, frame: &DataFrame, target: &str, band: &str) -> Result<(), Error> {
        let found = scores::read(frame, target, band).map_err(|source| Error::Table { table: "scores", source })?;
        self.scores = (0..self.subjects.len()).map(|subject| found.get(self.subjects.name(subject)).copied()).collect();
        Ok(())
    }

    /// Predicted lifetime values as of the run, by subject; nothing where too few customers came back to fit a model.
    fn predict_lifetimes(&self) -> Vec<Option<f64>> {
        let as_of = self.settings.as_of.epoch_days();
        let mut buyers = Vec::new();
        self.for_each_customer(|subject, course, _| {
            buyers.extend(course.history_at(as_of).map(|past| (subject, past)));
        });
        let mut values = vec![None; self.subjects.len()];
        let pasts: Vec<_> = buyers.iter().map(|(_, past)| *past).collect();
        let Ok(model) = Lifetime::fit(&pasts) else { return values };
        let horizon = Horizon { margin: self.settings.margin, ..Horizon::default() };
        for ((subject, _), prediction) in buyers.iter().zip(model.predict(&pasts, &horizon)) {
            values[*subject] = Some(prediction.value).filter(|value| value.is_finite());
        }
        values
    }

    /// The value of an attribute of a customer, as of the run.
    #[must_use]
    pub fn attribute(&self, name: &str, subject: usize) -> Option<&str> {
        let code = self.attributes.get(name)?.get(subject)?;
        self.texts.text(*code)
    }

    /// The facts of one subject in every period of the calendar.
    pub fn facts<'a>(&self, subject: usize, calendar: &Calendar, scratch: &'a mut Scratch) -> &'a [Facts] {
        let settings = &self.settings;
        scratch.facts.clear();
        scratch.facts.resize_with(calendar.len(), Facts::default);
        let frame = Frame {
            calendar,
            as_of: settings.as_of,
            wants_sessions: settings.wants_sessions,
            session_gap_microseconds: settings.session_gap_microseconds,
            grace_days: settings.grace_days,
        };
        for table in &self.others {
            table.fill(subject, frame, &mut scratch.facts);
        }
        for facts in &mut scratch.facts {
            let of_visits = settings.visits_have_ends;
            let durations = if of_visits { &mut facts.visits.durations } else { &mut facts.events.durations };
            facts.sessions = std::mem::take(durations);
        }
        self.orders.fill(subject, frame, &mut scratch.facts);
        self.subscriptions.fill(subject, frame, &mut scratch.facts);
        if self.subjects.anonymous(subject).is_none() {
            self.collect_active_days(subject, &mut scratch.active);
            let course = self.course(subject, &scratch.active);
            self.fill_course(subject, &course, calendar, &mut scratch.facts);
        }
        &scratch.facts
    }

    /// Visits every customer, in the order of their names: his number, his course, the day he was first seen.
    pub fn for_each_customer(&self, mut visit: impl FnMut(usize, &Course<'_>, Option<i32>)) {
        let mut customers: Vec<usize> =
            (0..self.subjects.len()).filter(|subject| self.subjects.anonymous(*subject).is_none()).collect();
        customers.sort_by(|a, b| self.subjects.name(*a).cmp(self.subjects.name(*b)));
        let mut active = Vec::new();
        for subject in customers {
            self.collect_active_days(subject, &mut active);
            visit(subject, &self.course(subject, &active), self.first_seen(subject, &active));
        }
    }

    /// The course of a customer, from the days collected by [`Self::collect_active_days`].
    pub fn course<'a>(&'a self, subject: usize, active: &'a [i32]) -> Course<'a> {
        Course {
            active,
            subscriptions: self.subscriptions.of(subject),
            lines: self.orders.of(subject),
            active_within_days: self.settings.active_within_days,
        }
    }

    fn fill_course(&self, subject: usize, course: &Course<'_>, calendar: &Calendar, facts: &mut [Facts]) {
        let first = self.first_seen(subject, course.active);
        for (period, facts) in calendar.periods.iter().zip(facts) {
            let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
            facts.days = period.days();
            facts.active_days = orders::count(course.active, start, end);
            facts.active_at_start = course.is_active_at(start);
            facts.active_at_end = course.is_active_at(end);
            facts.active_within = facts.active_days > 0 || course.is_subscribed_at(end);
            let seen = first.filter(|first| *first < end);
            facts.cohort = seen.map(|first| calendar.cohort(Day::from_epoch_days(first)));
            facts.life = seen.and_then(|first| course.life_at(first, end));
            self.fill_values(course, period, facts);
            self.fill_later(course, period, facts);
            fill_windows(course.active, calendar, period, facts);
            if period.end == self.settings.as_of {
                facts.score = self.scores.get(subject).copied().flatten();
                facts.lifetime_value = self.lifetimes.get(subject).copied().flatten();
            }
        }
    }

    fn fill_values(&self, course: &Course<'_>, period: &Period, facts: &mut Facts) {
        let Some(basis) = self.settings.basis else { return };
        let value = |day: Day| course.value_at(basis, day.epoch_days()) * self.settings.margin;
        facts.value_at_start = value(period.start);
        facts.value_at_end = value(period.end);
    }

    /// What became of the customer after something in the period, once the time to tell is over.
    fn fill_later(&self, course: &Course<'_>, period: &Period, facts: &mut Facts) {
        let within = self.settings.active_within_days;
        let told = |day: i32| day.saturating_add(within) <= self.settings.as_of.epoch_days();
        let stays = |day: i32| course.is_active_at(day.saturating_add(within));
        let severe = facts.tickets.severe;
        facts.lost_after_incident = severe.filter(|day| told(*day) && course.is_active_at(*day)).map(|day| !stays(day));
        let start = period.start.epoch_days();
        facts.lost_without_incident = (severe.is_none() && facts.active_at_start && told(start)).then(|| !stays(start));
        let (contacted, held_out) = (facts.messages.contacted, facts.messages.held_out);
        let Some(day) = contacted.or(held_out).filter(|day| told(*day)) else { return };
        facts.experiment = Some(Experiment {
            is_contacted: contacted.is_some(),
            stayed: stays(day),
            revenue: course.revenue_between(day, day.saturating_add(within)),
            cost: facts.messages.contact_cost,
        });
    }

    /// The first local day on which the customer was seen: sign-up, or else first subscription or qualifying row.
    #[must_use]
    pub fn first_seen(&self, subject: usize, active: &[i32]) -> Option<i32> {
        let signup = self.signups.get(subject).copied().filter(|day| *day < i32::MAX);
        let subscribed = self.subscriptions.of(subject).first().map(|row| row.start);
        signup.or_else(|| [subscribed, active.first().copied()].into_iter().flatten().min())
    }

    /// The local days on which a customer was active, ascending and distinct.
    pub fn collect_active_days(&self, subject: usize, active: &mut Vec<i32>) {
        active.clear();
        self.orders.active_days(subject, active);
        for table in &self.others {
            table.active_days(subject, active);
        }
        active.sort_unstable();
        active.dedup();
    }
}

fn fill_windows(active: &[i32], calendar: &Calendar, period: &Period, facts: &mut Facts) {
    let whole = |kind| calendar.kind == kind && calendar.rolling_days.is_none();
    let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
    let week = if whole(PeriodKind::Week) { start } else { end - 7 };
    let month = if whole(PeriodKind::Month) { start } else { end - 30 };
    facts.active_in_week = orders::count(active, week, end) > 0;
    facts.active_days_in_month = orders::count(active, month, end);
    facts.days_in_month = end - month;
}

fn failed(table: TableName, source: PolarsError) -> Error {
    Error::Table { table: table.as_str(), source }
}
