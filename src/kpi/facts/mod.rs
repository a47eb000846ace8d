//! Facts: everything KPIs look at, of one customer in one period.
//!
//! Each table is read once into compact rows, sorted by customer (`rows`, `source`); one pass over the customers
//! turns their rows into [`Facts`] per period, and every KPI observes the same facts. A row without a customer (an ad,
//! an anonymous answer, a visitor) is an anonymous unit of its own with facts of that table only.

mod ads;
mod events;
mod leads;
mod life;
mod loyalty;
mod messages;
mod orders;
mod posts;
mod programs;
mod referrals;
mod rows;
mod scores;
mod source;
mod store;
mod subscriptions;
mod surveys;
mod tickets;
mod visits;

pub use ads::AdFacts;
pub use events::EventFacts;
pub use leads::LeadFacts;
pub use life::{Course, Life};
pub use loyalty::LoyaltyFacts;
pub use messages::MessageFacts;
pub use orders::{OrderFacts, OrderLine};
pub use posts::PostFacts;
pub use programs::ProgramFacts;
pub use referrals::ReferralFacts;
pub use rows::{Rows, Subjects};
pub use scores::{ScoreFacts, is_any_value_known};
pub use store::{Scratch, Settings, Store, StoreRequest};
pub use subscriptions::{Subscription, SubscriptionFacts, mrr_at};
pub use surveys::{Answer, SurveyFacts};
pub use tickets::{TicketFacts, Wait};
pub use visits::VisitFacts;

use crate::time::Day;

/// What one customer, or one anonymous unit, shows in one period.
#[derive(Debug, Clone, Default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not states of one thing")]
pub struct Facts {
    /// Days of the period.
    pub days: i32,
    /// The cohort: first day of the month (or longer period) in which the customer was first seen, if that was before
    /// the period's end.
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
    /// Value of the customer at the period's start; 0 while not active.
    pub value_at_start: f64,
    /// Value of the customer at the period's end; 0 while not active.
    pub value_at_end: f64,
    /// Predicted lifetime value; only in the period that ends at `as_of`.
    pub lifetime_value: Option<f64>,
    /// How long the customer has been one at the period's end, or had been when lost, in days; `None` before the first
    /// row.
    pub life: Option<Life>,
    /// After the first severe ticket of the period: whether the customer was lost. `None` without one, or while the
    /// time to tell is not over.
    pub lost_after_incident: Option<bool>,
    /// Of a customer active at the period's start, without a severe ticket in it: whether he was lost within the same
    /// time. `None` otherwise.
    pub lost_without_incident: Option<bool>,
    /// In an experiment of the period: what came of it. `None` while the time to tell is not over.
    pub experiment: Option<Experiment>,
    /// Durations of sessions begun in the period: of visits where they have an end, of events otherwise.
    pub sessions: Vec<f64>,
    /// From `orders`.
    pub orders: OrderFacts,
    /// From `events`.
    pub events: EventFacts,
    /// From `subscriptions`.
    pub subscriptions: SubscriptionFacts,
    /// From `tickets`.
    pub tickets: TicketFacts,
    /// From `surveys`.
    pub surveys: SurveyFacts,
    /// From `messages`.
    pub messages: MessageFacts,
    /// From `ads`.
    pub ads: AdFacts,
    /// From `visits`.
    pub visits: VisitFacts,
    /// From `leads`.
    pub leads: LeadFacts,
    /// From `posts`.
    pub posts: PostFacts,
    /// From `referrals`.
    pub referrals: ReferralFacts,
    /// From `loyalty`.
    pub loyalty: LoyaltyFacts,
    /// From `programs`.
    pub programs: ProgramFacts,
    /// From the scores of the run.
    pub score: Option<ScoreFacts>,
}

/// What became of a customer in an experiment within the declared days of activity.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Experiment {
    /// Contacted, or else held out.
    pub is_contacted: bool,
    /// Active at the end of the time.
    pub stayed: bool,
    /// Net revenue within it.
    pub revenue: f64,
    /// What contacting cost.
    pub cost: f64,
}

impl Facts {
    /// Active at the period's end, or on any day of the period.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.active_at_end || self.active_days > 0
    }

    /// Whether the customer spoke for us: a converted referral, a good review, a positive post, a promoter's answer.
    #[must_use]
    pub fn has_positive_act(&self) -> bool {
        self.referrals.converted > 0
            || self.surveys.nps.is_some_and(|answer| answer.score >= 9.0)
            || self.review_position().is_some_and(|position| position >= 0.75)
            || self.posts.sentiments.iter().any(|sentiment| *sentiment > PUBLIC_TONE)
    }

    /// Whether the customer spoke against us: a bad review, a negative post, a detractor's answer.
    #[must_use]
    pub fn has_negative_act(&self) -> bool {
        self.surveys.nps.is_some_and(|answer| answer.score <= 6.0)
            || self.review_position().is_some_and(|position| position <= 0.25)
            || self.posts.sentiments.iter().any(|sentiment| *sentiment < -PUBLIC_TONE)
    }

    fn review_position(&self) -> Option<f64> {
        self.surveys.review.and_then(|answer| answer.position())
    }
}

/// Posts of a tone closer to 0 are neither for nor against us.
const PUBLIC_TONE: f64 = 0.2;
