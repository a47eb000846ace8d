//! Facts from `subscriptions`: what was open when, what it paid, and what came of trials and terms that ended.

use polars::prelude::PolarsResult;

use super::Facts;
use super::source::{Frame, Reader, Source};
use crate::kpi::period::Period;
use crate::money::Cents;
use crate::tables::TableName;

/// What a customer subscribed to.
#[derive(Debug, Clone, Copy, Default)]
pub struct SubscriptionFacts {
    /// Monthly recurring revenue at the period's start.
    pub mrr_at_start: f64,
    /// Monthly recurring revenue at the period's end.
    pub mrr_at_end: f64,
    /// Trials that ended in the period and whose outcome is known.
    pub trials_ended: u32,
    /// Of them, without a paid subscription within grace.
    pub trials_lost: u32,
    /// Paid terms that ended in the period and whose outcome is known.
    pub terms_ended: u32,
    /// Of them, not renewed within grace.
    pub terms_lost: u32,
}

/// One subscription.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// First local day, from the epoch.
    pub start: i32,
    /// Local day of its end; `i32::MAX` while open.
    pub end: i32,
    /// Local day on which the term expires; `i32::MAX` if unknown.
    pub expires: i32,
    /// Monthly recurring revenue in cents; 0 where unknown or in a trial.
    pub mrr: Cents,
    /// Whether it is a trial.
    pub trial: bool,
}

impl Subscription {
    /// Whether it is open at D 00:00: started before, and not ended before.
    #[must_use]
    pub const fn is_open_at(&self, day: i32) -> bool {
        self.start < day && day <= self.end
    }

    /// The day its term ends: on which it expires, or ends before that.
    #[must_use]
    pub fn term_end(&self) -> i32 {
        self.end.min(self.expires)
    }

    /// Whether it goes on after `day`.
    const fn outlasts(&self, day: i32) -> bool {
        self.end > day
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Subscriptions;

impl Source for Subscriptions {
    type Row = Subscription;
    const TABLE: TableName = TableName::Subscriptions;
    const COLUMNS: &'static [&'static str] =
        &["customer", "started_at_day", "ended_at_day", "expires_at_day", "mrr", "trial"];

    /// Where no `ended_at` is mapped, a contract ends when it expires.
    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Subscription)>> {
        let (starts, ends, expiries) =
            (reader.days("started_at_day")?, reader.days("ended_at_day")?, reader.days("expires_at_day")?);
        let (mrr, trials) = (reader.numbers("mrr")?, reader.flags("trial")?);
        let subscription = |row| {
            let trial = trials.get(row).unwrap_or(false);
            let expires = expiries.or_never(row);
            Subscription {
                start: starts.or_never(row),
                end: if ends.is_mapped() { ends.or_never(row) } else { expires },
                expires,
                mrr: Cents::from_amount(if trial { 0.0 } else { mrr.or_zero(row) }),
                trial,
            }
        };
        Ok((0..reader.height()).map(subscription).enumerate().collect())
    }

    fn key(row: &Subscription) -> [i64; 6] {
        let [start, end, expires] = [row.start, row.end, row.expires].map(i64::from);
        [start, end, expires, row.mrr.get(), i64::from(row.trial), 0]
    }

    fn fill(rows: &[Subscription], frame: Frame<'_>, facts: &mut [Facts]) {
        for (period, facts) in frame.calendar.periods.iter().zip(facts) {
            let facts = &mut facts.subscriptions;
            facts.mrr_at_start = mrr_at(rows, period.start.epoch_days()).amount();
            facts.mrr_at_end = mrr_at(rows, period.end.epoch_days()).amount();
            fill_ends(rows, period, frame, facts);
        }
    }
}

/// Monthly recurring revenue of the subscriptions open at a day.
#[must_use]
pub fn mrr_at(subscriptions: &[Subscription], day: i32) -> Cents {
    subscriptions.iter().filter(|row| row.is_open_at(day)).map(|row| row.mrr).sum()
}

fn fill_ends(rows: &[Subscription], period: &Period, frame: Frame<'_>, facts: &mut SubscriptionFacts) {
    let ended = |row: &&Subscription| period.contains(crate::time::Day::from_epoch_days(row.term_end()));
    for row in rows.iter().filter(ended) {
        let renewed = is_renewed(row, rows, frame.grace_days);
        let known = renewed || row.term_end().saturating_add(frame.grace_days) <= frame.as_of.epoch_days();
        if known && row.trial {
            facts.trials_ended += 1;
            facts.trials_lost += u32::from(!renewed);
        } else if known {
            facts.terms_ended += 1;
            facts.terms_lost += u32::from(!renewed);
        }
    }
}

/// A term is renewed if a paid subscription goes on after it: the same one, one that began with or after it and within
/// grace of its end, or one that was running beside it.
fn is_renewed(term: &Subscription, rows: &[Subscription], grace_days: i32) -> bool {
    let end = term.term_end();
    let goes_on = |row: &Subscription| !row.trial && row.start <= end.saturating_add(grace_days) && row.outlasts(end);
    rows.iter().any(goes_on)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paid(start: i32, end: i32, expires: i32) -> Subscription {
        Subscription { start, end, expires, mrr: Cents::new(1000), trial: false }
    }

    #[test]
    fn a_subscription_is_open_at_the_start_of_the_day_it_ends_on() {
        let row = paid(10, 20, i32::MAX);
        assert_eq!([10, 11, 20, 21].map(|day| row.is_open_at(day)), [false, true, true, false]);
    }

    #[test]
    fn a_term_is_renewed_by_itself_or_by_a_new_one_within_grace() {
        let running = paid(0, i32::MAX, 30);
        assert!(is_renewed(&running, &[running], 0));
        let ended = paid(0, 30, 30);
        assert!(!is_renewed(&ended, &[ended], 14));
        assert!(is_renewed(&ended, &[ended, paid(40, i32::MAX, i32::MAX)], 14));
        assert!(!is_renewed(&ended, &[ended, paid(50, i32::MAX, i32::MAX)], 14));
    }
}
