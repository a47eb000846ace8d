//! The truth: probabilities the generator itself had, by imagining many futures of a customer from one day on.
//!
//! At a cutoff every eligible customer's state is copied and lived on [`FUTURES`] times with fresh luck; the share of
//! futures that end in the outcome is his true probability (with the sampling error of that many draws). The AUC of
//! these probabilities against what really happened is the *oracle AUC*: no model of the same data can be expected to do
//! better, for the oracle also knows what nobody records (who has already left, how satisfied he is).

use super::contact;
use super::dice::Dice;
use super::life::Life;
use super::rows::Rows;
use super::world::{self, World};
use crate::time::Day;

/// Futures imagined for one customer at one cutoff.
pub(super) const FUTURES: u32 = 64;
/// Only the first so many customers are imagined: enough for three digits, whatever the size of the world.
pub(super) const SAMPLE: u64 = 4000;

/// One customer at one cutoff.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// Position among [`World::cutoffs`].
    pub cutoff: usize,
    /// A help chat in the 45 days before.
    pub chatted: bool,
    /// Something watched in the 30 days before.
    pub played: bool,
    /// True probability of churn, and what happened; nothing if he is not eligible.
    pub churn: Option<(f64, bool)>,
    /// The same for the subscription's end; nothing if not eligible or not yet known.
    pub cancel: Option<(f64, bool)>,
}

/// A customer's probability of buying within the offer's days, with the offer and without it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Offered {
    /// With the offer.
    pub treated: f64,
    /// Without it.
    pub control: f64,
}

/// What is known about a customer before his future has happened.
#[derive(Debug, Clone, Copy)]
pub(super) struct Glimpse {
    cutoff: usize,
    chatted: bool,
    played: bool,
    churn: Option<f64>,
    cancel: Option<f64>,
}

/// The customer's probabilities on the morning of `day`.
pub(super) fn glimpse(life: &Life<'_>, cutoff: usize, day: Day) -> Glimpse {
    let buys = life.state.bought_within(day, world::CHURN_ACTIVE);
    let subscribed = life.state.subscription.is_some_and(|open| open.notice.is_none());
    let (mut silent, mut cancelled) = (0.0, 0.0);
    if buys || subscribed {
        let mut dice = futures_of(life, cutoff as u64);
        for _ in 0..FUTURES {
            let future = imagine(life, day, &mut dice, world::CANCEL_HORIZON + world::CANCEL_GRACE, true);
            silent += f64::from(!ordered(&future.0, day, world::CHURN_HORIZON));
            cancelled += f64::from(cancels(&future.1, day));
        }
    }
    let share = |count: f64| count / f64::from(FUTURES);
    Glimpse {
        cutoff,
        chatted: life.state.last_chat.is_some_and(|chat| day.since(chat) <= 45),
        played: life.state.last_play.is_some_and(|play| day.since(play) <= 30),
        churn: buys.then(|| share(silent)),
        cancel: subscribed.then(|| share(cancelled)),
    }
}

impl Glimpse {
    /// The glimpse beside what really happened.
    pub(super) fn compare(self, world: &World, life: &Life<'_>) -> Case {
        let day = world.cutoffs()[self.cutoff];
        let known = day.plus(world::CANCEL_HORIZON + world::CANCEL_GRACE) <= world.end;
        Case {
            cutoff: self.cutoff,
            chatted: self.chatted,
            played: self.played,
            churn: self.churn.map(|probability| (probability, !ordered(&life.orders, day, world::CHURN_HORIZON))),
            cancel: self.cancel.filter(|_| known).map(|probability| (probability, cancels(&life.ends, day))),
        }
    }
}

/// The customer's probability of buying with and without the offer, if the offer is for him.
pub(super) fn offered(life: &Life<'_>, day: Day) -> Option<Offered> {
    if !contact::offer_is_for(life, day) {
        return None;
    }
    let mut dice = futures_of(life, 99);
    let mut share = |treat: bool| {
        let bought = (0..FUTURES)
            .filter(|_| ordered(&imagine(life, day, &mut dice, world::OFFER_DAYS, treat).0, day, world::OFFER_DAYS));
        bought.count() as f64 / f64::from(FUTURES)
    };
    Some(Offered { treated: share(true), control: share(false) })
}

/// Streams of imagined futures, apart from those of customers and days.
fn futures_of(life: &Life<'_>, which: u64) -> Dice {
    Dice::new(life.world.seed, (1 << 48) + life.traits.number * 128 + which)
}

type Diary = (Vec<Day>, Vec<(Day, Option<Day>)>);

/// Lives on from `day`. On the day of the offer itself `treat` decides; on other days the world goes its way.
fn imagine(life: &Life<'_>, day: Day, dice: &mut Dice, days: i32, treat: bool) -> Diary {
    let mut forgetful = Rows::none();
    let mut future = life.imagined(dice.clone(), &mut forgetful);
    for ahead in 0..days {
        let today = day.plus(ahead);
        if ahead == 0 && today == life.world.offer {
            if treat {
                future.take_offer(today);
            }
            future.pass(today);
        } else {
            future.live(today);
        }
    }
    let Life { dice: after, orders, ends, .. } = future;
    *dice = after;
    (orders, ends)
}

fn ordered(orders: &[Day], from: Day, days: i32) -> bool {
    orders.iter().any(|&order| order >= from && order.since(from) < days)
}

fn cancels(ends: &[(Day, Option<Day>)], from: Day) -> bool {
    ends.iter().any(|&(end, back)| {
        let in_window = end >= from && end.since(from) < world::CANCEL_HORIZON;
        in_window && back.is_none_or(|back| back.since(end) > world::CANCEL_GRACE)
    })
}
