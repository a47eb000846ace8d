//! What customers say and do for the company: surveys, reviews, posts, referrals, the club and its points.

use super::dice::whole;
use super::life::Life;
use super::rows::{Field, Instant};
use super::service::on_scale;
use crate::tables::TableName;
use crate::time::Day;

const PRAISE: [&str; 3] =
    ["Love this shop, best tea ever", "Wonderful gift, highly recommend", "So happy with my order"];
const BLAME: [&str; 3] =
    ["Bad experience, never again", "Awful service, very disappointed", "Poor quality and slow delivery"];

impl Life<'_> {
    /// Joins the club, some day.
    pub(super) fn join_club(&mut self, day: Day) {
        if self.state.club.is_none() && self.state.stays() && self.dice.chance(0.0022) {
            self.state.club = Some(day);
        }
    }

    /// Ends the membership (or, at the end of the extract, writes it as it stands).
    pub(super) fn close_club(&mut self, left: Option<Day>) {
        let Some(joined) = self.state.club.take() else { return };
        if self.rows.enabled {
            let id = self.traits.id.as_str();
            self.rows.push(TableName::Programs, &[id.into(), "club".into(), joined.into(), left.into()]);
        }
    }

    /// Points for an order, and sometimes points spent.
    pub(super) fn earn(&mut self, at: Instant, revenue: f64) {
        if self.state.club.is_none() {
            return;
        }
        let earned = whole(revenue.round());
        self.state.points += earned;
        let spent = if self.state.points >= 100 && self.dice.chance(0.4) { self.state.points / 100 * 100 } else { 0 };
        self.state.points -= spent;
        let id = self.traits.id.as_str();
        self.rows.push(TableName::Loyalty, &[id.into(), at.into(), earned.into(), spent.into()]);
    }

    /// A review after an order, sometimes.
    pub(super) fn review(&mut self, at: Instant) {
        if !self.dice.chance(0.07) {
            return;
        }
        let mood = 0.8 * self.traits.satisfaction + 0.6 * self.dice.normal();
        let score = on_scale(3.9 + mood, (1, 5));
        let text = match score {
            4 | 5 => self.dice.any(&PRAISE),
            1 | 2 => self.dice.any(&BLAME),
            _ => "It is all right",
        };
        let at = at.plus_minutes(self.dice.between(1440.0, 10_000.0));
        if at.seen_at(self.world.end).is_some() {
            self.answer(at, "review", score, (1, 5), text);
        }
    }

    /// Surveys, posts and referrals of one day.
    pub(super) fn talk(&mut self, day: Day) {
        let stays = self.state.stays();
        if self.dice.chance(if stays { 1.0 / 130.0 } else { 1.0 / 800.0 }) {
            self.answer_survey(day);
        }
        if stays && self.dice.chance(0.0010 * (0.8 * self.traits.satisfaction).exp()) {
            self.post(day);
        }
        if stays && self.dice.chance(0.0016 * (0.6 * self.traits.satisfaction).exp()) {
            self.refer(day);
        }
    }

    fn answer_survey(&mut self, day: Day) {
        let at = Instant::on(day, self.dice.whole(9 * 60, 21 * 60));
        let waits = if self.state.waits_for_help(day) { 2.0 } else { 0.0 };
        let left = if self.state.stays() { 0.0 } else { 2.0 };
        let mood = 1.5 * self.traits.satisfaction + self.dice.normal() - waits - left;
        self.answer(at, "nps", on_scale(8.0 + mood, (0, 10)), (0, 10), "");
        let question = self.dice.any(&["trust", "satisfaction", "recommend", "emotion"]);
        let score = on_scale(3.7 + 0.5 * mood + 0.4 * self.dice.normal(), (1, 5));
        self.answer(at, question, score, (1, 5), "");
    }

    fn post(&mut self, day: Day) {
        self.state.posts += 1;
        let happy = self.traits.satisfaction + 0.8 * self.dice.normal() > -0.4;
        let text = if happy { self.dice.any(&PRAISE) } else { self.dice.any(&BLAME) };
        let followers = whole(self.dice.lognormal(180.0, 1.0));
        let reach = whole(followers as f64 * self.dice.between(0.1, 0.6));
        let likes = whole(reach as f64 * self.dice.between(0.0, 0.2));
        let at = Instant::on(day, self.dice.whole(8 * 60, 23 * 60));
        let post = format!("P{}-{}", &self.traits.id[1..], self.state.posts);
        let network = self.dice.any(&["instagram", "facebook", "x"]);
        let id = self.traits.id.as_str();
        self.rows.push(
            TableName::Posts,
            &[
                post.as_str().into(),
                at.into(),
                id.into(),
                "customer".into(),
                network.into(),
                Field::Empty,
                followers.into(),
                Field::Empty,
                reach.into(),
                likes.into(),
                (likes / 8).into(),
                (likes / 5).into(),
                1.into(),
                text.into(),
            ],
        );
    }

    /// A referral; when it converts, somebody in the same block will sign up on that day.
    fn refer(&mut self, day: Day) {
        let at = Instant::on(day, self.dice.whole(9 * 60, 21 * 60));
        let signup = day.plus(self.dice.whole(1, 15));
        if self.dice.chance(0.4) && signup < self.world.end {
            // The row is written by the block, which knows who signs up.
            self.referrals.push((at, signup));
            return;
        }
        let id = self.traits.id.as_str();
        let fields = [id.into(), at.into(), Field::Empty, Field::Empty, Field::Empty];
        self.rows.push(TableName::Referrals, &fields);
    }
}
