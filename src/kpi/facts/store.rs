//! Everything KPIs need, read once: rows by customer, sign-ups, attributes, scores.

use polars::prelude::{DataFrame, PlHashMap, PolarsError};

use super::rows::{Columns, Interner, NO_TEXT, Rows, Subjects};
use super::{Facts, ScoreFacts, events, orders, scores, subscriptions};
use crate::contract::Checked;
use crate::kpi::error::Error;
use crate::kpi::period::{Calendar, Period, PeriodKind};
use crate::kpi::visible;
use crate::project::Project;
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
}

/// Rows, sign-ups, attributes and scores by subject.
#[derive(Debug, Default)]
pub struct Store {
    /// Customers and anonymous units.
    pub subjects: Subjects,
    /// Days without a sign-up are `i32::MAX`.
    signups: Vec<i32>,
    attributes: PlHashMap<String, Vec<u32>>,
    texts: Interner,
    orders: Rows<orders::OrderLine>,
    events: Rows<events::Event>,
    subscriptions: Rows<subscriptions::Subscription>,
    marks: Rows<i32>,
    scores: Vec<Option<ScoreFacts>>,
    active_within_days: i32,
}

/// Buffers that live across customers.
#[derive(Debug, Default)]
pub struct Scratch {
    active: Vec<i32>,
    pairs: Vec<(u32, i32)>,
    codes: Vec<u32>,
    facts: Vec<Facts>,
}

/// Rows read so far, before they are grouped.
#[derive(Default)]
struct Read {
    orders: Vec<(u32, orders::OrderLine)>,
    events: Vec<(u32, events::Event)>,
    subscriptions: Vec<(u32, subscriptions::Subscription)>,
    marks: Vec<(u32, i32)>,
}

impl Store {
    /// Reads the tables.
    ///
    /// # Errors
    /// If a file cannot be read any more.
    pub fn load(project: &Project, checked: &Checked, request: &StoreRequest<'_>) -> Result<Self, Error> {
        let mut store = Self {
            active_within_days: i32::try_from(project.project.active_within_days).unwrap_or(i32::MAX / 4),
            ..Self::default()
        };
        if let Some((table, column)) = &request.split {
            store.subjects = Subjects::split_by(*table, column);
        }
        let mut read = Read::default();
        for &table in request.tables {
            let Some(checked) = checked.table(table) else { continue };
            let mut wanted = columns_of(table).to_vec();
            wanted.extend(request.split.iter().filter(|(own, _)| *own == table).map(|(_, column)| column.as_str()));
            let frame = visible::collect(checked, request.as_of, &wanted).map_err(|source| failed(table, source))?;
            store.read(project, table, &frame, &mut read).map_err(|source| failed(table, source))?;
        }
        if request.split.is_none() {
            store.read_customers(checked, request).map_err(|source| failed(TableName::Customers, source))?;
        }
        store.group(read);
        Ok(store)
    }

    fn read(
        &mut self,
        project: &Project,
        table: TableName,
        frame: &DataFrame,
        read: &mut Read,
    ) -> Result<(), PolarsError> {
        let columns = Columns(frame);
        let subjects = &mut self.subjects;
        match table {
            TableName::Orders => read.orders = orders::read(&columns, subjects)?,
            TableName::Events => read.events = events::read(&columns, subjects, &project.roles.passive)?,
            TableName::Subscriptions => read.subscriptions = subscriptions::read(&columns, subjects)?,
            TableName::Visits | TableName::Loyalty => read.marks.extend(marks(table, &columns, subjects)?),
            _ => {}
        }
        Ok(())
    }

    fn read_customers(&mut self, checked: &Checked, request: &StoreRequest<'_>) -> Result<(), PolarsError> {
        let Some(table) = checked.table(TableName::Customers) else { return Ok(()) };
        let attributes = request.attributes.iter().map(String::as_str);
        let wanted: Vec<&str> =
            ["customer", "signup_at_day", "valid_from_day"].into_iter().chain(attributes.clone()).collect();
        let frame = visible::customers(table, request.as_of, &wanted)?;
        let columns = Columns(&frame);
        let (customers, signups) = (columns.texts("customer")?, columns.days("signup_at_day")?);
        let as_of = request.as_of.epoch_days();
        for row in 0..columns.height() {
            let Some(customer) = customers.and_then(|column| column.get(row)) else { continue };
            let subject = self.subjects.customer(customer) as usize;
            let signup = signups.and_then(|column| column.get(row)).filter(|day| *day < as_of).unwrap_or(i32::MAX);
            if self.signups.len() <= subject {
                self.signups.resize(subject + 1, i32::MAX);
            }
            self.signups[subject] = self.signups[subject].min(signup);
        }
        for attribute in attributes {
            let values = columns.texts(attribute)?;
            let mut codes = vec![NO_TEXT; self.subjects.len()];
            for row in 0..columns.height() {
                let Some(customer) = customers.and_then(|column| column.get(row)) else { continue };
                let code = self.texts.code(values.and_then(|column| column.get(row)));
                codes[self.subjects.customer(customer) as usize] = code;
            }
            self.attributes.insert(attribute.to_owned(), codes);
        }
        Ok(())
    }

    fn group(&mut self, read: Read) {
        let subjects = self.subjects.len();
        self.orders = orders::rows(subjects, read.orders);
        self.events = events::rows(subjects, read.events);
        self.subscriptions = subscriptions::rows(subjects, read.subscriptions);
        self.marks = Rows::new(subjects, read.marks, |day| *day);
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

    /// The value of an attribute of a customer, as of the run.
    #[must_use]
    pub fn attribute(&self, name: &str, subject: usize) -> Option<&str> {
        let code = self.attributes.get(name)?.get(subject)?;
        self.texts.text(*code)
    }

    /// The facts of one subject in every period of the calendar.
    pub fn facts<'a>(&self, subject: usize, calendar: &Calendar, as_of: Day, scratch: &'a mut Scratch) -> &'a [Facts] {
        scratch.facts.clear();
        scratch.facts.resize_with(calendar.len(), Facts::default);
        self.collect_active_days(subject, &mut scratch.active);
        let subscriptions = self.subscriptions.of(subject);
        let first = self.first_seen(subject, &scratch.active);
        for (period, facts) in calendar.periods.iter().zip(&mut scratch.facts) {
            self.fill_activity(&scratch.active, subscriptions, period, facts);
            facts.known = first.is_some_and(|first| first < period.end.epoch_days());
            facts.cohort = first.filter(|_| facts.known).map(|first| calendar.cohort(Day::from_epoch_days(first)));
            facts.ends_at_as_of = period.end == as_of;
            fill_windows(&scratch.active, calendar.kind, period, facts);
            if facts.ends_at_as_of {
                facts.score = self.scores.get(subject).copied().flatten();
            }
        }
        orders::fill(self.orders.of(subject), calendar, &mut scratch.facts, &mut scratch.pairs);
        events::fill(self.events.of(subject), calendar, &mut scratch.facts, &mut scratch.codes);
        &scratch.facts
    }

    /// The first local day on which the customer was seen: sign-up, first subscription, first qualifying row.
    #[must_use]
    fn first_seen(&self, subject: usize, active: &[i32]) -> Option<i32> {
        let signup = self.signups.get(subject).copied().filter(|day| *day < i32::MAX);
        let subscribed = self.subscriptions.of(subject).first().map(|row| row.start);
        signup.or_else(|| [subscribed, active.first().copied()].into_iter().flatten().min())
    }

    fn collect_active_days(&self, subject: usize, active: &mut Vec<i32>) {
        active.clear();
        active.extend(self.orders.of(subject).iter().map(|line| line.day));
        active.extend(self.events.of(subject).iter().map(|event| event.day));
        active.extend_from_slice(self.marks.of(subject));
        active.sort_unstable();
        active.dedup();
    }

    fn fill_activity(
        &self,
        active: &[i32],
        subscriptions: &[subscriptions::Subscription],
        period: &Period,
        facts: &mut Facts,
    ) {
        let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
        let open = |day: i32| subscriptions.iter().any(|row| row.is_open_at(day));
        let recent = |day: i32| orders::count(active, day.saturating_sub(self.active_within_days), day) > 0;
        facts.days = period.days();
        facts.active_days = orders::count(active, start, end);
        facts.active_at_start = open(start) || recent(start);
        facts.active_at_end = open(end) || recent(end);
        facts.active_within = facts.active_days > 0 || open(end);
        facts.subscriptions.mrr_at_start = subscriptions::mrr_at(subscriptions, start).amount();
        facts.subscriptions.mrr_at_end = subscriptions::mrr_at(subscriptions, end).amount();
    }
}

fn fill_windows(active: &[i32], kind: PeriodKind, period: &Period, facts: &mut Facts) {
    let (start, end) = (period.start.epoch_days(), period.end.epoch_days());
    let week = if kind == PeriodKind::Week { start } else { end - 7 };
    let month = if kind == PeriodKind::Month { start } else { end - 30 };
    facts.active_in_week = orders::count(active, week, end) > 0;
    facts.active_days_in_month = orders::count(active, month, end);
    facts.days_in_month = end - month;
}

fn marks(table: TableName, columns: &Columns<'_>, subjects: &mut Subjects) -> Result<Vec<(u32, i32)>, PolarsError> {
    let split = subjects.split_column(table).map(str::to_owned);
    let split = split.map(|name| columns.texts(&name)).transpose()?.flatten();
    let (customers, days) = (columns.texts("customer")?, columns.days("at_day")?);
    let (earned, redeemed) = (columns.numbers("earned")?, columns.numbers("redeemed")?);
    let mut marks = Vec::new();
    for row in 0..columns.height() {
        let moved =
            [earned, redeemed].into_iter().flatten().any(|column| column.get(row).is_some_and(|points| points != 0.0));
        let Some(customer) = customers.and_then(|column| column.get(row)) else { continue };
        if table == TableName::Loyalty && !moved {
            continue;
        }
        let subject = subjects.number(table, Some(customer), split.and_then(|column| column.get(row)));
        marks.push((subject, days.and_then(|column| column.get(row)).unwrap_or(i32::MAX)));
    }
    Ok(marks)
}

const fn columns_of(table: TableName) -> &'static [&'static str] {
    match table {
        TableName::Orders => &["customer", "at_day", "order", "amount", "margin"],
        TableName::Events => &["customer", "at_day", "kind", "duration_seconds"],
        TableName::Subscriptions => &["customer", "started_at_day", "ended_at_day", "expires_at_day", "mrr", "trial"],
        TableName::Visits => &["customer", "at_day"],
        TableName::Loyalty => &["customer", "at_day", "earned", "redeemed"],
        _ => &[],
    }
}

fn failed(table: TableName, source: PolarsError) -> Error {
    Error::Table { table: table.as_str(), source }
}
