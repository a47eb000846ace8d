//! The laws of the simulated world: every planted number in one place. `truth.json` quotes them.
//!
//! Leaving is a hazard a day, `exp(BASE + Σ coefficient × state)`, separately for shopping and for the subscription.

use super::Request;
use crate::time::Day;

/// Log hazard a day of giving up shopping, all drivers at zero: about one customer in 400 days.
pub(super) const LEAVE_BASE: f64 = -6.0;
/// A ticket that has been open for more than two days.
pub(super) const LEAVE_UNRESOLVED: f64 = 2.0;
/// Per unit of the share of orders bought at a discount.
pub(super) const LEAVE_BARGAIN: f64 = 2.0;
/// Per log month of tenure.
pub(super) const LEAVE_TENURE: f64 = -0.5;
/// Membership in the club.
pub(super) const LEAVE_CLUB: f64 = -0.9;
/// Acquired by paid search.
pub(super) const LEAVE_PAID_SEARCH: f64 = 0.8;
/// Per standard deviation of satisfaction, which nobody sees but in surveys and reviews.
pub(super) const LEAVE_SATISFACTION: f64 = -0.35;
/// A help chat in the last 45 days: the planted behaviour.
pub(super) const LEAVE_CHAT: f64 = 1.3;
/// Share of visits with a help chat.
pub(super) const CHAT: f64 = 0.02;
/// Share of customers who ask in a help chat on the day they decide to leave.
pub(super) const LAST_CHAT: f64 = 0.4;
/// The campaign's offer, while it works.
pub(super) const LEAVE_OFFER: f64 = -0.9;

/// Log hazard a day of cancelling the subscription.
pub(super) const CANCEL_BASE: f64 = -6.4;
/// A ticket that has been open for more than two days.
pub(super) const CANCEL_UNRESOLVED: f64 = 1.6;
/// The basic plan.
pub(super) const CANCEL_BASIC: f64 = 0.9;
/// No automatic renewal.
pub(super) const CANCEL_MANUAL: f64 = 1.0;
/// Per log of one plus the visits of the last month.
pub(super) const CANCEL_VISITS: f64 = -0.5;
/// Per log month of tenure.
pub(super) const CANCEL_TENURE: f64 = -0.25;
/// No longer shopping.
pub(super) const CANCEL_LEFT: f64 = 2.0;

/// Share of card payments that fail at first.
pub(super) const CARD_FAILS: f64 = 0.06;
/// Share of bank debits that fail at first.
pub(super) const BANK_FAILS: f64 = 0.015;
/// Chance that a repeated payment fails again.
pub(super) const RETRY_FAILS: f64 = 0.55;

/// Days over which the rates of a customer who is leaving fall by a factor e.
pub(super) const FADE_DAYS: f64 = 12.0;
/// Days from the beginning of the end to silence.
pub(super) const FADE_LENGTH: i32 = 36;
/// Chance a day that a lost customer comes back by himself.
pub(super) const RETURN: f64 = 1.0 / 700.0;
/// Chance a day that a lull begins.
pub(super) const LULL: f64 = 1.0 / 200.0;
/// What a lull leaves of the rates.
pub(super) const LULL_RATE: f64 = 0.15;

/// Amplitude of the yearly season of orders; the peak is in mid-December.
pub(super) const SEASON: f64 = 0.10;
/// Factor of orders on Saturdays and Sundays; weekdays have 0.9.
pub(super) const WEEKEND: f64 = 1.25;

/// Factor on the order rate by the time since the last order, in own average gaps: people who buy at intervals are
/// not yet due, due, overdue.
pub(super) const RHYTHM: [(f64, f64); 3] = [(0.4, 0.3), (0.8, 1.1), (f64::INFINITY, 1.8)];

/// Days the offer of the campaign works.
pub(super) const OFFER_DAYS: i32 = 60;
/// Factor on orders during the first half of the offer.
pub(super) const OFFER_ORDERS: f64 = 1.35;
/// Chance that the offer calls back a customer who is leaving or has left.
pub(super) const OFFER_RETURN: f64 = 0.4;
/// Share of the eligible who are treated.
pub(super) const OFFER_TREATED: f64 = 0.7;
/// Days between newsletters.
pub(super) const NEWSLETTER_EVERY: i32 = 28;

/// Shopping: eligible are buyers of the last so many days.
pub(super) const CHURN_ACTIVE: i32 = 90;
/// Shopping: silence of so many days is churn.
pub(super) const CHURN_HORIZON: i32 = 60;
/// Subscription: horizon in days.
pub(super) const CANCEL_HORIZON: i32 = 60;
/// Subscription: whoever is back within so many days has not churned.
pub(super) const CANCEL_GRACE: i32 = 14;

/// The calendar of one simulated world.
#[derive(Debug, Clone, Copy)]
pub(super) struct World {
    /// Seed of all draws.
    pub seed: u64,
    /// First day of the extract.
    pub start: Day,
    /// First day after the extract: the project's `as_of`.
    pub end: Day,
    /// First day anybody may sign up: a year before the extract begins.
    pub dawn: Day,
    /// Day on which the randomised campaign is sent.
    pub offer: Day,
    /// Day on which the decoy campaign is sent.
    pub decoy: Day,
    /// Whether columns and rows that tell the future are added.
    pub leaks: bool,
}

impl World {
    /// The world of a request.
    pub(super) fn new(request: &Request) -> Self {
        let end = request.days_end;
        let start = months_before(end, request.months);
        let days = end.since(start);
        Self {
            seed: request.seed,
            start,
            end,
            dawn: start.plus(-365),
            offer: end.plus(-(days / 2).min(300)),
            decoy: end.plus(-(days / 3).min(190)),
            leaks: request.leaks,
        }
    }

    /// Cutoffs at which the truth is computed: the latest mature one of the churn target and three before it, monthly.
    pub(super) fn cutoffs(&self) -> Vec<Day> {
        (0..4)
            .map(|back| self.end.plus(-CHURN_HORIZON - 30 * back))
            .filter(|cutoff| cutoff.since(self.start) >= CHURN_ACTIVE)
            .rev()
            .collect()
    }
}

/// Factor of the season and the weekday on orders.
pub(super) fn season(day: Day) -> f64 {
    let date = day.date();
    let turn = std::f64::consts::TAU * (f64::from(date.day_of_year()) - 349.0) / 365.25;
    // 1970-01-01 was a Thursday, so days 2 and 3 after it were the week's end.
    let weekend = matches!(day.epoch_days().rem_euclid(7), 2 | 3);
    (1.0 + SEASON * turn.cos()) * if weekend { WEEKEND } else { 0.9 }
}

fn months_before(day: Day, months: u32) -> Day {
    day.date().saturating_sub(jiff::Span::new().months(i64::from(months))).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_season_peaks_in_december_and_at_week_ends() {
        let day = |text: &str| text.parse::<Day>().expect("a date");
        assert!(season(day("2024-12-16")) > season(day("2024-06-17")));
        assert!(season(day("2024-12-14")) > season(day("2024-12-16")));
    }
}
