//! Facts from `tickets`, by the day they were opened.

use polars::prelude::PolarsResult;

use super::Facts;
use super::source::{Frame, Reader, Source, by_period, count, optional_key, sentiments};
use crate::tables::TableName;

/// Severities that count as severe, in lower case.
pub const SEVERE: [&str; 9] = ["urgent", "critical", "high", "severe", "blocker", "p1", "sev1", "1", "major"];

/// How long something took, or how long it has been waited for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wait {
    /// Seconds.
    pub seconds: f64,
    /// Whether it is over; otherwise it lasts at least so long.
    pub over: bool,
}

/// Tickets opened in a period.
#[derive(Debug, Clone, Default)]
pub struct TicketFacts {
    /// Tickets opened.
    pub opened: u32,
    /// Of them, resolved by now.
    pub resolved: u32,
    /// Of those resolved with a known flag, how many.
    pub resolved_flagged: u32,
    /// Of those, resolved on first contact.
    pub first_contact: u32,
    /// Time to the first response.
    pub responses: Vec<Wait>,
    /// Time to the resolution.
    pub resolutions: Vec<Wait>,
    /// Sentiment of the texts, where known.
    pub sentiments: Vec<f64>,
    /// Day of the first severe ticket.
    pub severe: Option<i32>,
}

/// The table.
#[derive(Debug, Default)]
pub struct Tickets;

/// One ticket.
#[derive(Debug, Clone, Copy)]
pub struct Ticket {
    day: i32,
    opened: Option<i64>,
    response: Option<f64>,
    resolution: Option<f64>,
    has_response: bool,
    first_contact: Option<bool>,
    severe: bool,
    sentiment: Option<f64>,
}

impl Source for Tickets {
    type Row = Ticket;
    const TABLE: TableName = TableName::Tickets;
    const COLUMNS: &'static [&'static str] = &[
        "customer",
        "opened_at",
        "opened_at_day",
        "first_response_at",
        "resolved_at",
        "first_contact_resolved",
        "severity",
        "text",
    ];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Ticket)>> {
        let (days, opened) = (reader.days("opened_at_day")?, reader.instants("opened_at")?);
        let (responded, resolved) = (reader.instants("first_response_at")?, reader.instants("resolved_at")?);
        let (first_contact, severity) = (reader.flags("first_contact_resolved")?, reader.texts("severity")?);
        let sentiments = sentiments(reader)?;
        let ticket = |row| Ticket {
            day: days.or_never(row),
            opened: opened.get(row),
            response: opened.seconds_until(responded, row),
            resolution: opened.seconds_until(resolved, row),
            has_response: responded.is_mapped(),
            first_contact: first_contact.get(row),
            sentiment: sentiments[row],
            severe: severity.get(row).is_some_and(|severity| SEVERE.contains(&severity.to_lowercase().as_str())),
        };
        Ok((0..reader.height()).map(|row| (row, ticket(row))).collect())
    }

    fn key(ticket: &Ticket) -> [i64; 6] {
        let first_contact = ticket.first_contact.map_or(0, |flag| 1 + i64::from(flag));
        let flags = first_contact * 4 + i64::from(ticket.severe) * 2 + i64::from(ticket.has_response);
        let opened = ticket.opened.unwrap_or(i64::MIN);
        [
            i64::from(ticket.day),
            opened,
            optional_key(ticket.response),
            optional_key(ticket.resolution),
            flags,
            optional_key(ticket.sentiment),
        ]
    }

    fn fill(rows: &[Ticket], frame: Frame<'_>, facts: &mut [Facts]) {
        // Tickets still open have waited since the day they were opened, to the day: instants of D are not known here.
        let waited = |ticket: &Ticket| f64::from(frame.as_of.epoch_days() - ticket.day) * 86_400.0;
        by_period(
            rows,
            |ticket| ticket.day,
            frame,
            facts,
            |tickets, facts| {
                let wait = |ticket: &Ticket, took: Option<f64>| Wait {
                    seconds: took.unwrap_or_else(|| waited(ticket)),
                    over: took.is_some(),
                };
                let resolved = || tickets.iter().filter(|ticket| ticket.resolution.is_some());
                let with_response = tickets.iter().filter(|ticket| ticket.has_response);
                facts.tickets = TicketFacts {
                    opened: count(tickets.len()),
                    resolved: count(resolved().count()),
                    resolved_flagged: count(resolved().filter(|ticket| ticket.first_contact.is_some()).count()),
                    first_contact: count(resolved().filter(|ticket| ticket.first_contact == Some(true)).count()),
                    responses: with_response.map(|ticket| wait(ticket, ticket.response)).collect(),
                    resolutions: tickets.iter().map(|ticket| wait(ticket, ticket.resolution)).collect(),
                    sentiments: tickets.iter().filter_map(|ticket| ticket.sentiment).collect(),
                    severe: tickets.iter().find(|ticket| ticket.severe).map(|ticket| ticket.day),
                };
            },
        );
    }
}
