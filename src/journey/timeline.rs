//! Everything customers did that a journey can see, in the order of time.
//!
//! Rows at the same instant stand in the order of the steps, then of their labels and values, so that neither files nor
//! rows' order changes a funnel. Lines that share an `order` are one row, at the time of the first line.

use std::collections::{BTreeSet, HashMap};

use polars::prelude::*;

use super::Error;
use super::steps::{Step, kind_column};
use crate::contract::{Checked, CheckedTable, collect};
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::Day;

/// One thing a customer did.
#[derive(Debug, Clone, Copy)]
pub(super) struct Row {
    pub customer: u32,
    /// Microseconds since 1970-01-01 UTC.
    pub time: i64,
    /// Local day.
    pub day: i32,
    /// Bit i: takes step i.
    pub steps: u32,
    /// Position in [`Timeline::labels`].
    pub label: u32,
    /// Number of the session, or [`NO_SESSION`].
    session: u32,
    pub value: ExactSum,
}

const NO_SESSION: u32 = u32::MAX;

/// All rows, sorted by customer and time.
#[derive(Debug, Default)]
pub(super) struct Timeline {
    pub rows: Vec<Row>,
    /// What rows are called: kinds of events, or tables; ascending.
    pub labels: Vec<String>,
    /// Customers by the rows' numbers.
    pub customers: Vec<String>,
    /// Whether any step's table carries values.
    pub has_values: bool,
    /// Whether visits are given by session ids rather than by pauses.
    pub has_sessions: bool,
}

#[derive(Default)]
struct Interned {
    numbers: HashMap<String, u32>,
    names: Vec<String>,
}

impl Interned {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(NO_SESSION);
        self.numbers.insert(name.to_owned(), number);
        self.names.push(name.to_owned());
        number
    }
}

#[derive(Default)]
struct Builder {
    rows: Vec<Row>,
    customers: Interned,
    labels: Interned,
    sessions: Interned,
}

impl Timeline {
    /// Reads the tables of the steps, and all events that are not passive, as known on a day.
    pub fn read(checked: &Checked, steps: &[Step], passive: &[String], as_of: Day) -> Result<Self, Error> {
        let mut sources: BTreeSet<(TableName, &'static str)> =
            steps.iter().map(|step| (step.table, step.time)).collect();
        sources.insert((TableName::Events, "at"));
        let mut builder = Builder::default();
        let (mut has_values, mut has_sessions) = (false, true);
        for (name, time) in sources {
            let Some(table) = checked.table(name) else { continue };
            let is_step = steps.iter().any(|step| step.table == name);
            has_values |= is_step && value_column(table).is_some();
            has_sessions &= !is_step || table.has("session");
            builder.add(table, time, steps, passive, as_of).map_err(|cause| Error::Read { table: name, cause })?;
        }
        Ok(builder.finish(has_values, has_sessions))
    }

    /// The rows of each customer.
    pub fn by_customer(&self) -> impl Iterator<Item = Vec<&Row>> {
        self.rows.chunk_by(|a, b| a.customer == b.customer).map(|rows| rows.iter().collect())
    }

    /// The rows of each visit: of one session where sessions are given, else between pauses longer than `gap_minutes`.
    /// Rows without a session id belong to no visit.
    pub fn by_visit(&self, gap_minutes: u32) -> Vec<Vec<&Row>> {
        if !self.has_sessions {
            let pause = i64::from(gap_minutes) * 60_000_000;
            let visits = self.rows.chunk_by(|a, b| a.customer == b.customer && b.time - a.time <= pause);
            return visits.map(|rows| rows.iter().collect()).collect();
        }
        let mut rows: Vec<&Row> = self.rows.iter().filter(|row| row.session != NO_SESSION).collect();
        rows.sort_by_key(|row| (row.customer, row.session));
        rows.chunk_by(|a, b| (a.customer, a.session) == (b.customer, b.session)).map(<[&Row]>::to_vec).collect()
    }
}

fn value_column(table: &CheckedTable) -> Option<&'static str> {
    let column = match table.name {
        TableName::Events => "value",
        TableName::Orders | TableName::Payments => "amount",
        TableName::Messages | TableName::Visits | TableName::Referrals => "revenue",
        TableName::Subscriptions => "mrr",
        _ => return None,
    };
    table.has(column).then_some(column)
}

impl Builder {
    fn add(
        &mut self,
        table: &CheckedTable,
        time: &'static str,
        steps: &[Step],
        passive: &[String],
        as_of: Day,
    ) -> PolarsResult<()> {
        let rows = collect(Self::query(table, time, as_of))?;
        let text = |name: &str| rows.column(name).and_then(|column| column.str().cloned());
        let (customers, kinds, sessions, orders) = (text("customer")?, text("kind")?, text("session")?, text("order")?);
        let (times, days) = (rows.column("time")?.i64()?.clone(), rows.column("day")?.i32()?.clone());
        let values = rows.column("value")?.f64()?.clone();
        let is_own_time = table.name.table().time == Some(time);
        let name_of_rows = if is_own_time { table.name.to_string() } else { format!("{}.{time}", table.name) };
        let mut of_order: HashMap<(u32, String), usize> = HashMap::new();
        for row in 0..rows.height() {
            let (Some(id), Some(time_of_row), Some(day)) = (customers.get(row), times.get(row), days.get(row)) else {
                continue;
            };
            let kind = kinds.get(row);
            if table.name == TableName::Events && kind.is_some_and(|kind| passive.iter().any(|known| known == kind)) {
                continue;
            }
            let customer = self.customers.number(id);
            let taken = taken(steps, table.name, time, kind);
            let value = ExactSum::from(values.get(row).unwrap_or(0.0));
            let label = match kind {
                Some(kind) if table.name == TableName::Events => self.labels.number(kind),
                _ => self.labels.number(&name_of_rows),
            };
            let session = sessions.get(row).map_or(NO_SESSION, |session| self.sessions.number(session));
            if let Some(order) = orders.get(row) {
                if let Some(first) = of_order.get(&(customer, order.to_owned())) {
                    let first = &mut self.rows[*first];
                    first.value += value;
                    first.steps |= taken;
                    (first.time, first.day) = (first.time, first.day).min((time_of_row, day));
                    continue;
                }
                of_order.insert((customer, order.to_owned()), self.rows.len());
            }
            self.rows.push(Row { customer, time: time_of_row, day, steps: taken, label, session, value });
        }
        Ok(())
    }

    fn query(table: &CheckedTable, time: &'static str, as_of: Day) -> LazyFrame {
        let text = |column: Option<&str>, name: &str| match column.filter(|column| table.has(column)) {
            Some(column) => col(column).cast(DataType::String).alias(name),
            None => lit(NULL).cast(DataType::String).alias(name),
        };
        let customer = table.name.table().customer;
        let order = (table.name == TableName::Orders).then_some("order");
        let value = value_column(table).map_or_else(|| lit(0.0), |column| col(column).cast(DataType::Float64));
        table.past(as_of).select([
            text(customer, "customer"),
            col(time).cast(DataType::Int64).alias("time"),
            col(format!("{time}_day")).cast(DataType::Int32).alias("day"),
            text(kind_column(table.name), "kind"),
            text(Some("session"), "session"),
            text(order, "order"),
            value.alias("value"),
        ])
    }

    fn finish(mut self, has_values: bool, has_sessions: bool) -> Timeline {
        let mut order: Vec<usize> = (0..self.labels.names.len()).collect();
        order.sort_by(|a, b| self.labels.names[*a].cmp(&self.labels.names[*b]));
        let mut position = vec![0_u32; order.len()];
        for (number, label) in (0..).zip(&order) {
            position[*label] = number;
        }
        for row in &mut self.rows {
            row.label = position[row.label as usize];
        }
        // A row without a step stands after those with one at the same instant.
        self.rows.sort_unstable_by_key(|row| {
            (row.customer, row.time, row.steps.trailing_zeros(), row.steps, row.label, row.value, row.session)
        });
        Timeline {
            rows: self.rows,
            labels: order.into_iter().map(|label| self.labels.names[label].clone()).collect(),
            customers: self.customers.names,
            has_values,
            has_sessions,
        }
    }
}

fn taken(steps: &[Step], table: TableName, time: &str, kind: Option<&str>) -> u32 {
    let takes = |step: &Step| {
        let is_kind =
            step.kinds.as_ref().is_none_or(|kinds| kind.is_some_and(|kind| kinds.iter().any(|known| known == kind)));
        step.table == table && step.time == time && is_kind
    };
    steps.iter().enumerate().filter(|(_, step)| takes(step)).fold(0, |taken, (position, _)| taken | 1 << position)
}

/// For tests: a row of customer 0 at the beginning of a day.
#[cfg(test)]
pub(super) fn row(day: i32, steps: u32) -> Row {
    let time = i64::from(day) * 86_400_000_000;
    Row { customer: 0, time, day, steps, label: 0, session: NO_SESSION, value: ExactSum::ZERO }
}
