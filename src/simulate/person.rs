//! Who the simulated customers are, and what they carry from day to day.

use super::dice::Dice;
use super::rows::Instant;
use crate::time::Day;

/// What never changes about a customer.
#[derive(Debug, Clone)]
pub(super) struct Traits {
    /// `C000001`, ...
    pub id: String,
    /// Position among all customers, from 0.
    pub number: u64,
    /// Day of signup.
    pub signup: Day,
    /// Whether he may be written to.
    pub consent: bool,
    /// Where he lives.
    pub region: &'static str,
    /// How he was won.
    pub acquisition: &'static str,
    /// His age.
    pub age_band: &'static str,
    /// Orders a day while all is well.
    pub order_rate: f64,
    /// Visits without an order a day while all is well.
    pub visit_rate: f64,
    /// Share of his orders that he makes at a discount.
    pub bargain: f64,
    /// Standard normal; nobody sees it but in surveys, reviews and posts.
    pub satisfaction: f64,
    /// Median order value.
    pub order_value: f64,
    /// Category he prefers.
    pub favourite: usize,
    /// Whether he pays by card (or else by bank debit).
    pub pays_by_card: bool,
    /// Whether the subscription renews by itself.
    pub auto_renew: bool,
}

impl Traits {
    /// Draws a customer.
    pub(super) fn draw(dice: &mut Dice, number: u64, signup: Day, referred: bool) -> Self {
        let order_rate = dice.lognormal(1.0 / 19.0, 0.65).min(0.5);
        Self {
            id: format!("C{:06}", number + 1),
            number,
            signup,
            consent: dice.chance(0.85),
            region: dice.pick(&[("north", 0.3), ("south", 0.3), ("east", 0.25), ("west", 0.15)]),
            acquisition: match dice.pick(&[("organic", 0.4), ("paid_search", 0.3), ("social", 0.2), ("partner", 0.1)]) {
                _ if referred => "referral",
                channel => channel,
            },
            age_band: dice.pick(&[("18-29", 0.25), ("30-44", 0.35), ("45-59", 0.25), ("60+", 0.15)]),
            order_rate,
            visit_rate: order_rate * dice.lognormal(0.8, 0.4),
            bargain: dice.unit() * dice.unit(),
            satisfaction: dice.normal(),
            order_value: dice.lognormal(38.0, 0.5),
            favourite: dice.position(5),
            pays_by_card: dice.chance(0.7),
            auto_renew: dice.chance(0.75),
        }
    }
}

/// How a customer stands to the shop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// A customer.
    Active,
    /// A customer who is busy elsewhere until that day.
    Lull(Day),
    /// Leaving since that day: the rates decay.
    Fading(Day),
    /// Gone; he may come back.
    Gone,
}

/// An open subscription.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subscription {
    /// Running number among this customer's subscriptions.
    pub number: i64,
    /// Name of the plan.
    pub plan: &'static str,
    /// Money a month.
    pub monthly: f64,
    /// First day.
    pub started: Day,
    /// Whether it is a free trial.
    pub trial: bool,
    /// Seats.
    pub seats: i64,
    /// Payments that failed one after the other.
    pub failed: u32,
    /// Next day a payment is due.
    pub due: Day,
    /// Notice given, and the day it ends.
    pub notice: Option<(Day, Day)>,
}

/// A message on its way; written when it can no longer convert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Message {
    /// When it was sent (or, in a holdout, would have been).
    pub sent: Instant,
    /// Campaign.
    pub campaign: &'static str,
    /// Channel.
    pub channel: &'static str,
    /// Arm of the campaign.
    pub arm: &'static str,
    /// When it arrived; nothing arrives in a holdout.
    pub delivered: Option<Instant>,
    /// When it was opened.
    pub opened: Option<Instant>,
    /// When it was clicked.
    pub clicked: Option<Instant>,
    /// First order within two weeks of the click, with its revenue.
    pub converted: Option<(Instant, f64)>,
    /// What it cost.
    pub cost: f64,
}

/// What a customer carries from day to day. Cloned to imagine futures.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// How he stands to the shop.
    pub mood: Mood,
    /// Member of the club since, until.
    pub club: Option<Day>,
    /// Day of his last order.
    pub last_order: Option<Day>,
    /// Day of his last help chat.
    pub last_chat: Option<Day>,
    /// Day on which he last watched something: goes with engagement, changes nothing.
    pub last_play: Option<Day>,
    /// Open ticket: opened on, resolved on.
    pub ticket: Option<(Day, Day)>,
    /// The offer works until that day.
    pub offer_until: Option<Day>,
    /// Visits of about the last month, exponentially forgotten.
    pub visits: f64,
    /// The open subscription.
    pub subscription: Option<Subscription>,
    /// Last day a subscription ended, and whether he comes back on which day.
    pub ended: Option<(Day, Option<Day>)>,
    /// Messages that may still convert.
    pub messages: Vec<Message>,
    /// Running numbers of orders, visits, tickets, subscriptions and posts.
    pub orders: i64,
    /// Visits so far.
    pub sessions: i64,
    /// Tickets so far.
    pub tickets: i64,
    /// Subscriptions so far.
    pub subscriptions: i64,
    /// Posts so far.
    pub posts: i64,
    /// Points in the loyalty account.
    pub points: i64,
    /// Orders that come back: order number, day, amount.
    pub returning: Option<(i64, Day, f64)>,
}

impl State {
    /// A customer on the day he signs up.
    pub(super) fn new() -> Self {
        Self {
            mood: Mood::Active,
            club: None,
            last_order: None,
            last_chat: None,
            last_play: None,
            ticket: None,
            offer_until: None,
            visits: 0.0,
            subscription: None,
            ended: None,
            messages: Vec::new(),
            orders: 0,
            sessions: 0,
            tickets: 0,
            subscriptions: 0,
            posts: 0,
            points: 0,
            returning: None,
        }
    }

    /// Whether he still counts himself a customer.
    pub(super) fn stays(&self) -> bool {
        matches!(self.mood, Mood::Active | Mood::Lull(_))
    }

    /// Whether a ticket has been open for more than two days.
    pub(super) fn waits_for_help(&self, day: Day) -> bool {
        self.ticket.is_some_and(|(opened, resolved)| day.since(opened) > 2 && day < resolved)
    }

    /// Whether he had a help chat in the last 45 days.
    pub(super) fn chatted(&self, day: Day) -> bool {
        self.last_chat.is_some_and(|chat| day.since(chat) <= 45)
    }

    /// Whether he bought within the last `days` days before `day`.
    pub(super) fn bought_within(&self, day: Day, days: i32) -> bool {
        self.last_order.is_some_and(|last| day.since(last) <= days && last < day)
    }
}
