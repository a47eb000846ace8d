//! Facts from `events`: how many distinct kinds, and for how long.

use polars::prelude::{PlHashSet, PolarsResult};

use super::rows::{Columns, Interner, Rows, Subjects, float_key};
use crate::kpi::period::Calendar;
use crate::stats::ExactSum;
use crate::tables::TableName;

/// What a customer did.
#[derive(Debug, Clone, Copy, Default)]
pub struct EventFacts {
    /// Events that are the customer's own doing.
    pub events: u32,
    /// Distinct kinds of them.
    pub kinds: u32,
    /// Seconds they lasted, where mapped.
    pub seconds: f64,
}

/// One event that is the customer's own doing.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    /// Local day, from the epoch.
    pub day: i32,
    /// Code of the kind.
    pub kind: u32,
    /// Duration; 0 where unknown.
    pub seconds: f64,
}

/// Reads the events of a frame that are not of a passive kind.
///
/// # Errors
/// If a column has another type than the contract says.
pub fn read(columns: &Columns<'_>, subjects: &mut Subjects, passive: &[String]) -> PolarsResult<Vec<(u32, Event)>> {
    let split = subjects.split_column(TableName::Events).map(str::to_owned);
    let split = split.map(|name| columns.texts(&name)).transpose()?.flatten();
    let (customers, days) = (columns.texts("customer")?, columns.days("at_day")?);
    let (kinds, seconds) = (columns.texts("kind")?, columns.numbers("duration_seconds")?);
    let mut codes = Interner::default();
    let passive: PlHashSet<u32> = passive.iter().map(|kind| codes.code(Some(kind))).collect();
    let mut events = Vec::with_capacity(columns.height());
    for row in 0..columns.height() {
        let kind = codes.code(kinds.and_then(|column| column.get(row)));
        if passive.contains(&kind) {
            continue;
        }
        let customer = customers.and_then(|column| column.get(row));
        let subject = subjects.number(TableName::Events, customer, split.and_then(|column| column.get(row)));
        let event = Event {
            day: days.and_then(|column| column.get(row)).unwrap_or(i32::MAX),
            kind,
            seconds: seconds.and_then(|column| column.get(row)).unwrap_or(0.0),
        };
        events.push((subject, event));
    }
    Ok(events)
}

/// Groups the events by customer.
#[must_use]
pub fn rows(subjects: usize, events: Vec<(u32, Event)>) -> Rows<Event> {
    Rows::new(subjects, events, |event| (event.day, float_key(event.seconds), event.kind))
}

/// Facts in every period.
pub fn fill(events: &[Event], calendar: &Calendar, facts: &mut [super::Facts], scratch: &mut Vec<u32>) {
    if events.is_empty() {
        return;
    }
    for (period, slot) in calendar.periods.iter().zip(facts) {
        let start = events.partition_point(|event| event.day < period.start.epoch_days());
        let end = events.partition_point(|event| event.day < period.end.epoch_days());
        let within = &events[start..end];
        scratch.clear();
        scratch.extend(within.iter().map(|event| event.kind));
        scratch.sort_unstable();
        scratch.dedup();
        slot.events = EventFacts {
            events: u32::try_from(within.len()).unwrap_or(u32::MAX),
            kinds: u32::try_from(scratch.len()).unwrap_or(u32::MAX),
            seconds: within.iter().map(|event| event.seconds).sum::<ExactSum>().value(),
        };
    }
}
