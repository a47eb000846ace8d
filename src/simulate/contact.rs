//! What the company sends: newsletters that go on after a customer has left, the randomised offer, the decoy call.

use super::life::Life;
use super::person::{Message, Mood};
use super::rows::{Field, Instant};
use super::world;
use crate::tables::TableName;
use crate::time::Day;

/// Days after a click in which an order counts as its conversion.
const CONVERSION_DAYS: i64 = 14;

/// Whom the offer is for: consenting buyers of the last days. Decided on the morning of the offer.
pub(super) fn offer_is_for(life: &Life<'_>, day: Day) -> bool {
    life.traits.consent && life.state.bought_within(day, world::CHURN_ACTIVE)
}

impl Life<'_> {
    /// The randomised campaign and the decoy, on their days.
    pub(super) fn offer(&mut self, day: Day) {
        if day == self.world.offer && offer_is_for(self, day) {
            let treated = self.dice.chance(world::OFFER_TREATED);
            if treated {
                self.take_offer(day);
            }
            self.send_offer(day, treated);
        }
        if day == self.world.decoy && self.looks_lost(day) {
            self.send_decoy(day);
        }
    }

    /// What the offer does to a customer.
    pub(super) fn take_offer(&mut self, day: Day) {
        self.state.offer_until = Some(day.plus(world::OFFER_DAYS));
        if matches!(self.state.mood, Mood::Fading(_) | Mood::Gone) && self.dice.chance(world::OFFER_RETURN) {
            self.state.mood = Mood::Active;
        }
    }

    /// Whom somebody at a desk would call: no order for a good while. Not random, and the call changes nothing.
    fn looks_lost(&self, day: Day) -> bool {
        self.traits.consent && self.state.bought_within(day, 150) && !self.state.bought_within(day, 45)
    }

    fn send_offer(&mut self, day: Day, treated: bool) {
        let sent = Instant::on(day, 9 * 60);
        let mut message = self.message(sent, ("spring_offer", "email"), if treated { "treat" } else { "holdout" }, 0.6);
        if !treated {
            message = Message { delivered: None, opened: None, clicked: None, cost: 0.0, ..message };
        }
        self.remember(day, message);
    }

    fn send_decoy(&mut self, day: Day) {
        let message = self.message(Instant::on(day, 14 * 60), ("courtesy_call", "phone"), "treat", 0.8);
        self.remember(day, message);
    }

    /// Newsletters go to everybody who ever consented, also after he has left; service notices to everybody.
    pub(super) fn contact(&mut self, day: Day) {
        self.flush_messages(day);
        let turn = i64::from(day.epoch_days()) + (self.traits.number % 28).cast_signed();
        if self.traits.consent && turn % i64::from(world::NEWSLETTER_EVERY) == 0 {
            let message = self.message(Instant::on(day, 6 * 60), ("newsletter", "email"), "", 0.01);
            self.remember(day, message);
        }
        if turn % 91 == 0 {
            let id = self.traits.id.as_str();
            let fields = [id.into(), Instant::on(day, 5 * 60).into(), "email_sent".into()];
            let empty = [Field::Empty; 2];
            let rest = ["email".into(), Field::Empty, Field::Empty];
            self.rows.push(TableName::Events, &[&fields[..], &empty[..], &rest[..]].concat());
        }
    }

    fn message(
        &mut self,
        sent: Instant,
        campaign: (&'static str, &'static str),
        arm: &'static str,
        cost: f64,
    ) -> Message {
        let (open, click) = if self.state.stays() { (0.4, 0.3) } else { (0.12, 0.05) };
        let delivered = self.dice.chance(0.97).then(|| sent.plus_minutes(2.0));
        let opens = self.dice.chance(open);
        let opened = delivered.filter(|_| opens).map(|at| at.plus_minutes(self.dice.lognormal(300.0, 1.0)));
        let clicks = self.dice.chance(click);
        let clicked = opened.filter(|_| clicks).map(|at| at.plus_minutes(self.dice.between(1.0, 9.0)));
        let (campaign, channel) = campaign;
        Message { sent, campaign, channel, arm, delivered, opened, clicked, converted: None, cost }
    }

    fn remember(&mut self, day: Day, message: Message) {
        if self.rows.wants(day) {
            self.state.messages.push(message);
        }
    }

    /// An order converts the messages that were clicked shortly before.
    pub(super) fn convert(&mut self, at: Instant, revenue: f64) {
        for message in &mut self.state.messages {
            let clicked = message.clicked.filter(|&clicked| clicked < at);
            if message.converted.is_none() && clicked.is_some() {
                message.converted = Some((at, revenue));
            }
        }
    }

    fn flush_messages(&mut self, day: Day) {
        let over = Instant(Instant::on(day, 0).0 - CONVERSION_DAYS * 1440);
        let (old, young) = std::mem::take(&mut self.state.messages).into_iter().partition(|m| m.sent < over);
        self.state.messages = young;
        self.write_messages(old);
    }

    /// Writes the messages that are still on their way when the extract is made.
    pub(super) fn close_messages(&mut self) {
        let messages = std::mem::take(&mut self.state.messages);
        self.write_messages(messages);
    }

    fn write_messages(&mut self, messages: Vec<Message>) {
        let end = self.world.end;
        for message in messages {
            let seen = |at: Option<Instant>| Field::from(at.and_then(|at| at.seen_at(end)));
            let converted = message.converted.filter(|(at, _)| at.seen_at(end).is_some());
            self.rows.push(
                TableName::Messages,
                &[
                    self.traits.id.as_str().into(),
                    message.sent.into(),
                    message.campaign.into(),
                    message.channel.into(),
                    message.arm.into(),
                    seen(message.delivered),
                    seen(message.opened),
                    seen(message.clicked),
                    converted.map(|(at, _)| at).into(),
                    converted.map(|(_, revenue)| revenue).into(),
                    message.cost.into(),
                ],
            );
        }
    }
}
