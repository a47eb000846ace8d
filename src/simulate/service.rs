//! Tickets and the surveys about them.

use super::dice::whole;
use super::life::Life;
use super::rows::Instant;
use crate::tables::TableName;
use crate::time::Day;

const GOOD: [&str; 3] =
    ["Thank you, that was quick and friendly", "Great help, problem solved", "Very happy with the answer"];
const BAD: [&str; 4] = [
    "Still waiting for an answer, this is terrible",
    "The parcel arrived broken and nobody helps",
    "I was charged twice, very disappointed",
    "Wrong item again, I am angry",
];
const PLAIN: [&str; 3] = ["Where is my parcel?", "How do I change my address?", "Question about the invoice"];

impl Life<'_> {
    /// Tickets without an order behind them.
    pub(super) fn seek_help(&mut self, day: Day) {
        if self.state.ticket.is_some_and(|(_, resolved)| day >= resolved) {
            self.state.ticket = None;
        }
        if self.state.stays() {
            self.open_ticket(day, 0.0008);
        }
    }

    /// Opens a ticket with that probability, unless one is open.
    pub(super) fn open_ticket(&mut self, day: Day, probability: f64) {
        if self.state.ticket.is_some() || !self.dice.chance(probability) {
            return;
        }
        let stuck = self.dice.chance(0.4);
        let days = if stuck {
            self.dice.whole(20, 70)
        } else {
            i32::try_from(whole(self.dice.lognormal(1.0, 0.6))).unwrap_or(0) + 1
        };
        let resolved = day.plus(days);
        self.state.ticket = Some((day, resolved));
        self.state.tickets += 1;
        if self.rows.wants(day) {
            self.write_ticket(day, resolved, stuck);
        }
    }

    fn write_ticket(&mut self, day: Day, resolved: Day, stuck: bool) {
        let end = self.world.end;
        let opened = Instant::on(day, self.dice.whole(8 * 60, 23 * 60));
        let answered = opened.plus_minutes(self.dice.lognormal(if stuck { 1500.0 } else { 150.0 }, 0.7));
        let solved = Instant::on(resolved, self.dice.whole(8 * 60, 20 * 60)).max(answered.plus_minutes(5.0));
        let solved = solved.seen_at(end);
        let first_contact = !stuck && self.dice.chance(0.7);
        let reopened = self.dice.chance(if stuck { 0.25 } else { 0.05 });
        let mood = self.traits.satisfaction * 0.5 + if stuck { -1.0 } else { 0.6 } + 0.6 * self.dice.normal();
        let score = on_scale(3.6 + mood, (1, 5));
        let answers = solved.is_some() && self.dice.chance(0.4);
        let text = if stuck { self.dice.any(&BAD) } else { self.dice.any(&PLAIN) };
        let severity = self.dice.pick(&[("low", 0.4), ("normal", 0.45), ("high", 0.15)]);
        let channel = self.dice.pick(&[("email", 0.5), ("chat", 0.3), ("phone", 0.2)]);
        let ticket = format!("T{}-{}", &self.traits.id[1..], self.state.tickets);
        let id = self.traits.id.as_str();
        self.rows.push(
            TableName::Tickets,
            &[
                id.into(),
                ticket.as_str().into(),
                opened.into(),
                answered.seen_at(end).into(),
                solved.into(),
                solved.map(|_| first_contact).into(),
                severity.into(),
                solved.map(|_| reopened).into(),
                channel.into(),
                answers.then_some(score).into(),
                text.into(),
            ],
        );
        let asked = solved.map(|at| at.plus_minutes(60.0)).and_then(|at| at.seen_at(end));
        if let (true, Some(at)) = (answers, asked) {
            let words = if score >= 4 { self.dice.any(&GOOD) } else { "" };
            self.answer(at, "csat", score, (1, 5), words);
            let effort = on_scale(5.2 + mood, (1, 7));
            self.answer(at, "ces", effort, (1, 7), "");
        }
    }

    /// Writes one survey answer.
    pub(super) fn answer(&mut self, at: Instant, question: &str, score: i64, scale: (i64, i64), text: &str) {
        let id = self.traits.id.as_str();
        self.rows.push(
            TableName::Surveys,
            &[id.into(), at.into(), question.into(), score.into(), scale.0.into(), scale.1.into(), text.into()],
        );
    }
}

/// The nearest answer a scale allows.
pub(super) fn on_scale(opinion: f64, (low, high): (i64, i64)) -> i64 {
    whole(opinion.round()).clamp(low, high)
}
