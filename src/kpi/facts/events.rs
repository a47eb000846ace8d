//! Facts from `events`: what customers did themselves, how many kinds of it, how long, and in which sessions.
//!
//! A session is what the table calls one; without a `session` column it ends after the declared minutes of silence.
//! It belongs to the period of its first event.

use std::num::NonZeroU64;

use polars::prelude::{PlHashSet, PolarsResult};

use super::Facts;
use super::rows::{Interner, float_key, order_key, text_key};
use super::source::{Frame, Reader, Source, by_period, count};
use crate::contract::CheckedTable;
use crate::project::Project;
use crate::stats::ExactSum;
use crate::tables::TableName;
use crate::time::Day;

/// What a customer did.
#[derive(Debug, Clone, Default)]
pub struct EventFacts {
    /// Events that are the customer's own doing.
    pub events: u32,
    /// Distinct kinds of them.
    pub kinds: u32,
    /// Seconds they lasted, where mapped.
    pub seconds: f64,
    /// Sessions begun.
    pub sessions: u32,
    /// Durations of the sessions that last longer than an instant.
    pub durations: Vec<f64>,
    /// Sessions in which something was put into a cart.
    pub with_cart: u32,
    /// Of them, those in which nothing was bought.
    pub abandoned: u32,
}

/// The table.
#[derive(Debug, Default)]
pub struct Events {
    kinds: Interner,
    passive: PlHashSet<u32>,
    cart: PlHashSet<u32>,
    purchase: PlHashSet<u32>,
}

/// One event that is the customer's own doing.
#[derive(Debug, Clone, Copy)]
pub struct Event {
    at: i64,
    seconds: f64,
    day: i32,
    /// Code of the kind, with the roles it plays in the two highest bits: millions of events must fit.
    kind: u32,
    session: Option<NonZeroU64>,
}

/// Kinds that put something into a cart.
const CART: u32 = 1 << 31;
/// Kinds that buy it.
const PURCHASE: u32 = 1 << 30;

/// A session under way.
#[derive(Debug, Clone, Copy)]
struct Session {
    day: i32,
    first: i64,
    last: i64,
    cart: bool,
    purchase: bool,
}

impl Source for Events {
    type Row = Event;
    const TABLE: TableName = TableName::Events;
    const COLUMNS: &'static [&'static str] = &["customer", "at", "at_day", "kind", "duration_seconds", "session"];

    fn prepare(&mut self, _: &CheckedTable, _: Day, project: &Project) -> PolarsResult<()> {
        let mut codes_of = |names: &[String]| names.iter().map(|name| self.kinds.code(Some(name))).collect();
        self.passive = codes_of(&project.roles.passive);
        self.cart = codes_of(&project.roles.cart);
        self.purchase = codes_of(&project.roles.purchase);
        Ok(())
    }

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Event)>> {
        let (days, instants) = (reader.days("at_day")?, reader.instants("at")?);
        let (kinds, sessions) = (reader.texts("kind")?, reader.texts("session")?);
        let seconds = reader.numbers("duration_seconds")?;
        let mut events = Vec::with_capacity(reader.height());
        for row in 0..reader.height() {
            let kind = self.kinds.code(kinds.get(row));
            if self.passive.contains(&kind) {
                continue;
            }
            let role = |kinds: &PlHashSet<u32>, role| if kinds.contains(&kind) { role } else { 0 };
            let event = Event {
                at: instants.get(row).unwrap_or(i64::MIN),
                seconds: seconds.or_zero(row),
                day: days.or_never(row),
                kind: kind & (PURCHASE - 1) | role(&self.cart, CART) | role(&self.purchase, PURCHASE),
                session: text_key(sessions.get(row)),
            };
            events.push((row, event));
        }
        Ok(events)
    }

    fn key(event: &Event) -> [i64; 6] {
        let (kind, session) = (i64::from(event.kind), order_key(event.session));
        [i64::from(event.day), event.at, kind, session, float_key(event.seconds), 0]
    }

    fn fill(rows: &[Event], frame: Frame<'_>, facts: &mut [Facts]) {
        let mut kinds = Vec::new();
        by_period(
            rows,
            |event| event.day,
            frame,
            facts,
            |events, facts| {
                kinds.clear();
                kinds.extend(events.iter().map(|event| event.kind));
                kinds.sort_unstable();
                kinds.dedup();
                facts.events.events = count(events.len());
                facts.events.kinds = count(kinds.len());
                facts.events.seconds = events.iter().map(|event| event.seconds).sum::<ExactSum>().value();
            },
        );
        if frame.wants_sessions {
            for session in sessions(rows, frame.session_gap_microseconds) {
                for index in frame.calendar.holding(Day::from_epoch_days(session.day)) {
                    add_session(&session, &mut facts[index].events);
                }
            }
        }
    }

    fn active_days(rows: &[Event], days: &mut Vec<i32>) {
        days.extend(rows.chunk_by(|a, b| a.day == b.day).map(|events| events[0].day));
    }
}

fn add_session(session: &Session, facts: &mut EventFacts) {
    facts.sessions += 1;
    // Events of one instant, as where only dates are known, tell no duration.
    if session.last > session.first {
        facts.durations.push((session.last - session.first) as f64 / 1e6);
    }
    facts.with_cart += u32::from(session.cart);
    facts.abandoned += u32::from(session.cart && !session.purchase);
}

fn sessions(rows: &[Event], gap: i64) -> Vec<Session> {
    let mut ordered: Vec<&Event> = rows.iter().collect();
    ordered.sort_by_key(|event| (event.session, event.at));
    let together =
        |a: &&Event, b: &&Event| a.session == b.session && (a.session.is_some() || b.at.saturating_sub(a.at) <= gap);
    ordered.chunk_by(together).map(session).collect()
}

fn session(events: &[&Event]) -> Session {
    let (first, last) = (events[0], events[events.len() - 1]);
    Session {
        day: first.day,
        first: first.at,
        last: last.at,
        cart: events.iter().any(|event| event.kind & CART > 0),
        purchase: events.iter().any(|event| event.kind & PURCHASE > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(minute: i64, session: u64) -> Event {
        let kind = if minute == 5 { CART } else { 0 };
        Event { at: minute * 60_000_000, seconds: 0.0, day: 0, kind, session: NonZeroU64::new(session) }
    }

    #[test]
    fn silence_ends_a_session_and_a_named_session_lasts() {
        let gap = 30 * 60_000_000;
        let nameless = [event(0, 0), event(30, 0), event(61, 0)];
        let minutes = |session: &Session| (session.last - session.first) / 60_000_000;
        assert_eq!(sessions(&nameless, gap).iter().map(minutes).collect::<Vec<_>>(), [30, 0]);
        let named = [event(0, 1), event(5, 2), event(300, 1)];
        let found = sessions(&named, gap);
        let found: Vec<(i64, bool)> = found.iter().map(|session| (minutes(session), session.cart)).collect();
        assert_eq!(found, [(300, false), (0, true)]);
    }
}
