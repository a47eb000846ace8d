//! One customer's days: moods, visits, orders. What is written is what a company's systems would have recorded.

use super::dice::{Dice, whole};
use super::person::{Mood, State, Traits};
use super::rows::{Field, Instant, Rows};
use super::world::{self, World};
use crate::tables::TableName;
use crate::time::Day;

/// Goods by category.
const CATEGORIES: [&str; 5] = ["tea", "coffee", "kitchen", "books", "garden"];
const CHANNELS: [(&str, f64); 3] = [("web", 0.5), ("app", 0.4), ("store", 0.1)];

/// A customer living through his days.
#[derive(Debug)]
pub(super) struct Life<'a> {
    /// The world he lives in.
    pub world: &'a World,
    /// Who he is.
    pub traits: &'a Traits,
    /// What he carries.
    pub state: State,
    /// His luck.
    pub dice: Dice,
    /// What is written down.
    pub rows: &'a mut Rows,
    /// Days of his orders.
    pub orders: Vec<Day>,
    /// Ends of his subscriptions: day, and the day he comes back.
    pub ends: Vec<(Day, Option<Day>)>,
    /// Subscriptions ended within the extract: by the customer, by failed payments.
    pub ended: [u64; 2],
    /// Referrals that convert: when made, and the day of the signup.
    pub referrals: Vec<(Instant, Day)>,
}

impl<'a> Life<'a> {
    /// A customer on the morning of his signup.
    pub(super) fn new(world: &'a World, traits: &'a Traits, dice: Dice, rows: &'a mut Rows) -> Self {
        let state = State::new();
        Self {
            world,
            traits,
            state,
            dice,
            rows,
            orders: Vec::new(),
            ends: Vec::new(),
            referrals: Vec::new(),
            ended: [0, 0],
        }
    }

    /// Lives one day.
    pub(super) fn live(&mut self, day: Day) {
        self.offer(day);
        self.pass(day);
    }

    /// Lives one day on which no campaign decides anything.
    pub(super) fn pass(&mut self, day: Day) {
        self.change_mood(day);
        self.join_club(day);
        self.shop(day);
        self.seek_help(day);
        self.subscribe(day);
        if self.rows.wants(day) {
            self.contact(day);
            self.talk(day);
        }
    }

    /// The same customer on another way into the future, of which nothing is written.
    pub(super) fn imagined<'b>(&'b self, dice: Dice, forgetful: &'b mut Rows) -> Life<'b> {
        let mut state = self.state.clone();
        state.messages.clear();
        Life { state, ..Life::new(self.world, self.traits, dice, forgetful) }
    }

    /// Writes what is still open when the extract is made.
    pub(super) fn close(&mut self) {
        self.close_messages();
        self.close_subscription();
        self.close_club(None);
    }

    /// Hazard a day of giving up shopping.
    fn leave_hazard(&self, day: Day) -> f64 {
        let state = &self.state;
        let mut log = world::LEAVE_BASE;
        log += world::LEAVE_BARGAIN * self.traits.bargain;
        log += world::LEAVE_TENURE * log_months(day.since(self.traits.signup));
        log += world::LEAVE_SATISFACTION * self.traits.satisfaction;
        for (holds, coefficient) in [
            (state.waits_for_help(day), world::LEAVE_UNRESOLVED),
            (state.club.is_some(), world::LEAVE_CLUB),
            (self.traits.acquisition == "paid_search", world::LEAVE_PAID_SEARCH),
            (state.chatted(day), world::LEAVE_CHAT),
            (state.offer_until.is_some_and(|until| day < until), world::LEAVE_OFFER),
        ] {
            log += if holds { coefficient } else { 0.0 };
        }
        log.exp()
    }

    fn change_mood(&mut self, day: Day) {
        self.state.mood = match self.state.mood {
            Mood::Active if self.dice.chance(self.leave_hazard(day)) => Mood::Fading(day),
            Mood::Active if self.dice.chance(world::LULL) => Mood::Lull(day.plus(self.dice.whole(10, 35))),
            Mood::Lull(until) if day >= until => Mood::Active,
            Mood::Fading(since) if day.since(since) >= world::FADE_LENGTH => {
                if self.dice.chance(0.4) {
                    self.close_club(Some(day));
                }
                Mood::Gone
            }
            Mood::Gone if self.dice.chance(world::RETURN) => Mood::Active,
            mood => mood,
        };
    }

    /// What is left of the rates today.
    fn rate(&self, day: Day) -> f64 {
        match self.state.mood {
            Mood::Active => 1.0,
            Mood::Lull(_) => world::LULL_RATE,
            Mood::Fading(since) => (-f64::from(day.since(since)) / world::FADE_DAYS).exp(),
            Mood::Gone => 0.0,
        }
    }

    fn shop(&mut self, day: Day) {
        self.state.visits *= (-1.0_f64 / 30.0).exp();
        self.send_back(day);
        let rate = self.rate(day);
        let offered = self.state.offer_until.is_some_and(|until| until.since(day) > world::OFFER_DAYS / 2);
        let orders = self.traits.order_rate * world::season(day) * if offered { world::OFFER_ORDERS } else { 1.0 };
        let orders = orders * self.rhythm(day);
        let first = day == self.traits.signup && self.dice.chance(0.8);
        if first || self.dice.chance(rate * orders) {
            self.visit(day, true);
        } else if self.dice.chance(rate * self.traits.visit_rate) || self.state.mood == Mood::Fading(day) {
            self.visit(day, false);
        }
    }

    /// Whether an order is due, by the customer's own rhythm.
    fn rhythm(&self, day: Day) -> f64 {
        let gaps = self.state.last_order.map_or(1.0, |last| f64::from(day.since(last)) * self.traits.order_rate);
        world::RHYTHM.iter().find(|(until, _)| gaps < *until).map_or(1.0, |(_, factor)| *factor)
    }

    /// Share of visits with a help chat; a customer about to leave asks before he goes.
    fn chat_share(&self, day: Day) -> f64 {
        match self.state.mood {
            Mood::Fading(since) if day == since => world::LAST_CHAT,
            _ => world::CHAT,
        }
    }

    fn visit(&mut self, day: Day, buys: bool) {
        self.state.visits += 1.0;
        self.state.sessions += 1;
        let at = Instant::on(day, self.dice.whole(7 * 60, 22 * 60));
        let channel = self.dice.pick(&CHANNELS);
        let session = format!("{}-{}", &self.traits.id[1..], self.state.sessions);
        let plays = self.dice.chance(0.2);
        let chats = self.dice.chance(self.chat_share(day));
        let abandons = !buys && self.dice.chance(0.25);
        let category = if self.dice.chance(0.6) { self.traits.favourite } else { self.dice.position(CATEGORIES.len()) };
        let item = format!("{}-{:02}", CATEGORIES[category], self.dice.whole(1, 13));
        if plays {
            self.state.last_play = Some(day);
        }
        if chats {
            self.state.last_chat = Some(day);
        }
        let minutes = self.dice.lognormal(if buys { 9.0 } else { 5.0 }, 0.6);
        let revenue = if buys { self.order(day, at.plus_minutes(minutes), channel, category, &item) } else { 0.0 };
        if !self.rows.wants(day) {
            return;
        }
        let mut event = |kind: &str, after: f64, value: Option<f64>, seconds: Option<i64>, item: Option<&str>| {
            let at = at.plus_minutes(minutes * after);
            let id = self.traits.id.as_str();
            self.rows.push(
                TableName::Events,
                &[
                    id.into(),
                    at.into(),
                    kind.into(),
                    value.into(),
                    seconds.into(),
                    channel.into(),
                    session.as_str().into(),
                    item.into(),
                ],
            );
        };
        event("view", 0.1, None, Some(whole(minutes * 20.0)), Some(&item));
        if plays {
            event("play", 0.3, None, Some(whole(minutes * 30.0)), None);
        }
        if chats {
            event("chat", 0.5, None, None, None);
        }
        if buys || abandons {
            event("add_to_cart", 0.7, None, None, Some(&item));
        }
        if buys {
            event("purchase", 1.0, Some(revenue), None, Some(&item));
        }
        if channel == "web" {
            self.write_visit(at, minutes, &session, buys.then_some(revenue));
        }
    }

    fn write_visit(&mut self, at: Instant, minutes: f64, session: &str, revenue: Option<f64>) {
        let came = self.dice.pick(&[("direct", 0.5), ("email", 0.2), ("search", 0.2), ("social", 0.1)]);
        let pages = i64::from(self.dice.whole(1, 3)) + whole(minutes / 3.0);
        let landing = self.dice.pick(&[("home", 0.5), ("product", 0.35), ("offer", 0.15)]);
        let ended = at.plus_minutes(minutes).seen_at(self.world.end);
        let visitor = format!("w{}", &self.traits.id[1..]);
        self.rows.push(
            TableName::Visits,
            &[
                at.into(),
                visitor.as_str().into(),
                self.traits.id.as_str().into(),
                session.into(),
                ended.into(),
                ended.map(|_| pages).into(),
                came.into(),
                Field::Empty,
                Field::Empty,
                landing.into(),
                ended.map(|_| whole(minutes * 60.0 / pages as f64)).into(),
                ended.map(|_| revenue.is_some()).into(),
                ended.and(revenue).into(),
            ],
        );
    }

    /// Places an order and returns its revenue.
    fn order(&mut self, day: Day, at: Instant, channel: &str, category: usize, item: &str) -> f64 {
        self.state.last_order = Some(day);
        self.state.orders += 1;
        self.orders.push(day);
        let discount = if self.dice.chance(self.traits.bargain) { 0.2 } else { 0.0 };
        let lines = if self.dice.chance(0.2) { 2 } else { 1 };
        let mut total = 0.0;
        for line in 0..lines {
            let amount = cents(self.dice.lognormal(self.traits.order_value, 0.4) * (1.0 - discount) / lines as f64);
            total += amount;
            if self.rows.wants(day) {
                let other = (category + line) % CATEGORIES.len();
                let other_item = if line == 0 { item.to_owned() } else { format!("{}-01", CATEGORIES[other]) };
                self.write_line(at, self.state.orders, &other_item, CATEGORIES[other], (amount, discount, channel));
            }
        }
        self.open_ticket(day, 0.09);
        if self.state.returning.is_none() && self.dice.chance(0.04) {
            self.state.returning = Some((self.state.orders, day.plus(self.dice.whole(3, 12)), -total));
        }
        if self.rows.wants(day) {
            self.earn(at, total);
            self.review(at);
            self.convert(at, total);
        }
        total
    }

    fn write_line(&mut self, at: Instant, number: i64, item: &str, category: &str, sale: (f64, f64, &str)) {
        let (amount, discount, channel) = sale;
        let order = format!("{}/{number}", &self.traits.id[1..]);
        let list_price = amount / (1.0 - discount);
        let margin = amount - 0.6 * list_price;
        let quantity: i32 = if amount > 60.0 { 2 } else { 1 };
        self.rows.push(
            TableName::Orders,
            &[
                self.traits.id.as_str().into(),
                at.into(),
                order.as_str().into(),
                item.into(),
                category.into(),
                if amount < 0.0 { -1 } else { quantity }.into(),
                amount.into(),
                margin.into(),
                (list_price - amount).into(),
                if amount < 0.0 { Field::Empty } else { 3.9.into() },
                "EUR".into(),
                channel.into(),
            ],
        );
    }

    fn send_back(&mut self, day: Day) {
        let Some((number, due, amount)) = self.state.returning else { return };
        if day < due {
            return;
        }
        self.state.returning = None;
        if self.rows.wants(day) {
            let category = CATEGORIES[self.traits.favourite];
            let item = format!("{category}-01");
            self.write_line(Instant::on(day, 15 * 60), number, &item, category, (amount, 0.0, "web"));
        }
    }
}

/// ln(1 + months).
pub(super) fn log_months(days: i32) -> f64 {
    (1.0 + f64::from(days.max(0)) / 30.0).ln()
}

/// Rounded to cents.
pub(super) fn cents(amount: f64) -> f64 {
    (amount * 100.0).round() / 100.0
}
