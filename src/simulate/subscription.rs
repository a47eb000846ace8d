//! Subscriptions and their payments: trials, plans, cancellations with and without notice, cards that fail.

use super::life::{Life, log_months};
use super::person::{Mood, Subscription};
use super::rows::{Field, Instant};
use super::world;
use crate::tables::TableName;
use crate::time::Day;

const PLANS: [(&str, f64); 3] = [("basic", 9.0), ("plus", 19.0), ("pro", 39.0)];
const TRIAL_DAYS: i32 = 14;
const PAYMENT_EVERY: i32 = 30;
/// A contract that does not renew by itself runs a year.
const CONTRACT_DAYS: i32 = 365;

impl Life<'_> {
    /// One day of the subscription, open or not.
    pub(super) fn subscribe(&mut self, day: Day) {
        match self.state.subscription {
            Some(subscription) => self.keep_subscription(day, subscription),
            None => self.consider_subscription(day),
        }
    }

    fn consider_subscription(&mut self, day: Day) {
        if let Some((_, Some(back))) = self.state.ended {
            if day == back {
                self.open_subscription(day, 1, false);
            }
            return;
        }
        if self.state.subscriptions == 0 && self.state.stays() && self.dice.chance(0.012) {
            let plan = self.dice.pick(&[(0, 0.5), (1, 0.35), (2, 0.15)]);
            let trial = self.dice.chance(0.4);
            self.open_subscription(day, plan, trial);
        }
    }

    fn open_subscription(&mut self, day: Day, plan: usize, trial: bool) {
        self.state.subscriptions += 1;
        let (name, monthly) = PLANS[plan];
        self.state.subscription = Some(Subscription {
            number: self.state.subscriptions,
            plan: name,
            monthly: if trial { 0.0 } else { monthly },
            started: day,
            trial,
            seats: i64::from(self.dice.whole(1, 4)),
            failed: 0,
            due: if trial { day.plus(TRIAL_DAYS) } else { day },
            notice: None,
        });
    }

    fn keep_subscription(&mut self, day: Day, subscription: Subscription) {
        if subscription.trial {
            if day.since(subscription.started) >= TRIAL_DAYS {
                self.end_trial(day, subscription);
            }
            return;
        }
        if let Some((_, last)) = subscription.notice {
            if day >= last {
                self.end_subscription(day, subscription, "voluntary");
            }
            return;
        }
        if !self.traits.auto_renew && day.since(subscription.started) >= CONTRACT_DAYS {
            self.expire(day, subscription);
            return;
        }
        if day >= subscription.due && self.pay(day, subscription) {
            return;
        }
        // A failed payment lies in the state; the hazard is the same.
        let subscription = self.state.subscription.unwrap_or(subscription);
        if self.dice.chance(self.cancel_hazard(day, subscription)) {
            self.cancel(day, subscription);
        } else if self.dice.chance(0.0009) {
            self.change_plan(day, subscription);
        }
    }

    fn expire(&mut self, day: Day, subscription: Subscription) {
        if self.dice.chance(0.75) && self.state.stays() {
            let plan = PLANS.iter().position(|(name, _)| *name == subscription.plan).unwrap_or(0);
            self.write_subscription(subscription, Some((day, "other")));
            self.open_subscription(day, plan, false);
        } else {
            self.end_subscription(day, subscription, "voluntary");
        }
    }

    fn end_trial(&mut self, day: Day, subscription: Subscription) {
        let plan = PLANS.iter().position(|(name, _)| *name == subscription.plan).unwrap_or(0);
        if self.dice.chance(0.65) && self.state.stays() {
            self.write_subscription(subscription, Some((day, "other")));
            self.open_subscription(day, plan, false);
        } else {
            self.end_subscription(day, subscription, "voluntary");
        }
    }

    fn cancel_hazard(&self, day: Day, subscription: Subscription) -> f64 {
        let mut log = world::CANCEL_BASE;
        log += world::CANCEL_VISITS * (1.0 + self.state.visits).ln();
        log += world::CANCEL_TENURE * log_months(day.since(self.traits.signup));
        for (holds, coefficient) in [
            (self.state.waits_for_help(day), world::CANCEL_UNRESOLVED),
            (subscription.plan == "basic", world::CANCEL_BASIC),
            (!self.traits.auto_renew, world::CANCEL_MANUAL),
            (matches!(self.state.mood, Mood::Fading(_) | Mood::Gone), world::CANCEL_LEFT),
        ] {
            log += if holds { coefficient } else { 0.0 };
        }
        log.exp()
    }

    fn cancel(&mut self, day: Day, subscription: Subscription) {
        if self.dice.chance(0.6) {
            self.end_subscription(day, subscription, "voluntary");
        } else {
            let notice = Some((day, day.plus(self.dice.whole(3, 20))));
            self.state.subscription = Some(Subscription { notice, ..subscription });
        }
    }

    fn end_subscription(&mut self, day: Day, subscription: Subscription, reason: &'static str) {
        self.write_subscription(subscription, Some((day, reason)));
        let back = match self.dice.unit() {
            draw if draw < 0.10 => Some(day.plus(self.dice.whole(2, 11))),
            draw if draw < 0.16 => Some(day.plus(self.dice.whole(30, 120))),
            _ => None,
        };
        self.state.subscription = None;
        self.state.ended = Some((day, back));
        self.ends.push((day, back));
        self.ended[usize::from(reason == "payment")] += u64::from(day >= self.world.start);
    }

    fn change_plan(&mut self, day: Day, subscription: Subscription) {
        let plan = PLANS.iter().position(|(name, _)| *name == subscription.plan).unwrap_or(0);
        let next = if self.dice.chance(0.65) { (plan + 1).min(2) } else { plan.saturating_sub(1) };
        if next != plan {
            self.write_subscription(subscription, Some((day, "other")));
            self.open_subscription(day, next, false);
            if let Some(open) = &mut self.state.subscription {
                open.due = subscription.due;
            }
        }
    }

    /// Attempts a payment; true when the subscription ended because of it.
    fn pay(&mut self, day: Day, mut subscription: Subscription) -> bool {
        let first = if self.traits.pays_by_card { world::CARD_FAILS } else { world::BANK_FAILS };
        let failed = self.dice.chance(if subscription.failed > 0 { world::RETRY_FAILS } else { first });
        if self.rows.wants(day) {
            let method = if self.traits.pays_by_card { "card" } else { "bank" };
            let at = Instant::on(day, 3 * 60);
            let id = self.traits.id.as_str();
            let fields = [id.into(), at.into(), subscription.monthly.into(), failed.into(), method.into()];
            self.rows.push(TableName::Payments, &fields);
        }
        subscription.failed = if failed { subscription.failed + 1 } else { 0 };
        subscription.due = day.plus(if failed { 4 } else { PAYMENT_EVERY });
        self.state.subscription = Some(subscription);
        if subscription.failed >= 3 {
            self.end_subscription(day, subscription, "payment");
        }
        subscription.failed >= 3
    }

    /// Writes the subscription that is still open when the extract is made.
    pub(super) fn close_subscription(&mut self) {
        if let Some(subscription) = self.state.subscription {
            self.write_subscription(subscription, None);
        }
    }

    fn write_subscription(&mut self, subscription: Subscription, end: Option<(Day, &str)>) {
        if !self.rows.enabled || end.is_some_and(|(ended, _)| ended < self.world.start) {
            return;
        }
        let number = format!("S{}-{}", &self.traits.id[1..], subscription.number);
        let expires =
            (!self.traits.auto_renew && !subscription.trial).then(|| subscription.started.plus(CONTRACT_DAYS));
        let paid = (!subscription.trial).then_some(subscription.monthly);
        self.rows.push(
            TableName::Subscriptions,
            &[
                self.traits.id.as_str().into(),
                number.as_str().into(),
                subscription.plan.into(),
                paid.map_or(Field::Cents(0.0), Field::Cents),
                subscription.started.into(),
                end.map(|(ended, _)| ended).into(),
                end.map(|(_, reason)| reason).into(),
                subscription.notice.map(|(given, _)| given).into(),
                expires.into(),
                subscription.trial.into(),
                subscription.seats.into(),
                self.traits.auto_renew.into(),
            ],
        );
    }
}
