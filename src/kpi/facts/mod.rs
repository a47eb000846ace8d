//! Facts: everything KPIs look at, of one customer in one period.
//!
//! Each table is read once into compact rows, sorted by customer ([`rows`]); one pass over the customers turns their
//! rows into [`Facts`] per period, and every KPI observes the same facts. A row without a customer (an ad, an anonymous
//! answer, a visitor) is an anonymous unit of its own with facts of that table only.

mod events;
mod orders;
mod rows;
mod scores;
mod store;
mod subscriptions;

pub use events::EventFacts;
pub use orders::OrderFacts;
pub use rows::{Columns, Interner, Rows, Subjects};
pub use scores::ScoreFacts;
pub use store::{Scratch, Store, StoreRequest};
pub use subscriptions::SubscriptionFacts;

use crate::time::Day;

/// What one customer, or one anonymous unit, shows in one period.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of one thing")]
pub struct Facts {
    /// Days of the period.
    pub days: i32,
    /// Whether the period is the last one and ends at `as_of`.
    pub ends_at_as_of: bool,
    /// Whether the customer was seen (signed up, subscribed, did anything) before the period's end.
    pub known: bool,
    /// Whether the customer was first seen before the period's start or in it, so that a cohort holds him.
    pub cohort: Option<Day>,
    /// Active at the period's start: an open subscription, or a qualifying row in the declared days before.
    pub active_at_start: bool,
    /// Active at the period's end.
    pub active_at_end: bool,
    /// Active in the period: a qualifying row in it, or an open subscription at its end.
    pub active_within: bool,
    /// Distinct days with a qualifying row in the period.
    pub active_days: u32,
    /// Whether any lies in the week of `wau`.
    pub active_in_week: bool,
    /// Distinct days with a qualifying row in the month of `mau`.
    pub active_days_in_month: u32,
    /// Days of the month of `mau`.
    pub days_in_month: i32,
    /// From `orders`.
    pub orders: OrderFacts,
    /// From `events`.
    pub events: EventFacts,
    /// From `subscriptions`.
    pub subscriptions: SubscriptionFacts,
    /// From the scores of the run.
    pub score: Option<ScoreFacts>,
}
