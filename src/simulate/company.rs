//! What no customer does: advertising, anonymous visits with an A/B test of the landing page, prospects, brand posts.

use super::dice::{Dice, whole};
use super::rows::{Field, Instant, Rows};
use super::world::World;
use crate::tables::TableName;
use crate::time::Day;

/// Conversion of an anonymous visit on the old and on the new landing page: the planted effect of the A/B test.
pub(super) const LANDING_CONVERSION: [(&str, f64); 2] = [("old", 0.06), ("new", 0.09)];
/// Advertising channels: name, impressions a day, click rate, cost of a click, acquisitions per click.
pub(super) const ADS: [(&str, f64, f64, f64, f64); 3] = [
    ("search", 4000.0, 0.020, 0.55, 0.020),
    ("social", 9000.0, 0.006, 0.35, 0.010),
    ("display", 15_000.0, 0.001, 0.20, 0.004),
];

/// Writes one day of the company, for a world of that many customers.
pub(super) fn day(world: &World, day: Day, customers: u64, rows: &mut Rows) {
    // Streams of days lie far above those of customers.
    let stream = u64::MAX - u64::from(day.epoch_days().cast_unsigned());
    let mut dice = Dice::new(world.seed, stream);
    let size = customers as f64 / 2000.0;
    advertise(day, size, &mut dice, rows);
    for number in 0..count(&mut dice, 8.0 * size) {
        anonymous_visit(world, day, number, &mut dice, rows);
    }
    for number in 0..count(&mut dice, 1.5 * size) {
        prospect(world, day, number, &mut dice, rows);
    }
    if dice.chance(0.3) {
        brand_post(day, size, &mut dice, rows);
    }
}

/// The whole part of `mean`, plus one with the probability of the rest.
fn count(dice: &mut Dice, mean: f64) -> u64 {
    let rest = mean.fract();
    whole(mean).unsigned_abs() + u64::from(dice.chance(rest))
}

fn advertise(day: Day, size: f64, dice: &mut Dice, rows: &mut Rows) {
    for (channel, impressions, click_rate, price, acquired) in ADS {
        let impressions = (impressions * size * dice.between(0.8, 1.2)).round();
        let clicks = (impressions * click_rate * dice.between(0.8, 1.2)).round();
        let conversions = (clicks * dice.between(0.02, 0.06)).round();
        let acquisitions = count(dice, clicks * acquired).cast_signed();
        rows.push(
            TableName::Ads,
            &[
                day.into(),
                channel.into(),
                "always_on".into(),
                whole(impressions).into(),
                whole(clicks).into(),
                (clicks * price).into(),
                whole(conversions).into(),
                acquisitions.into(),
                (conversions * dice.between(30.0, 50.0)).into(),
            ],
        );
    }
}

fn anonymous_visit(world: &World, day: Day, number: u64, dice: &mut Dice, rows: &mut Rows) {
    let (arm, conversion) = dice.any(&LANDING_CONVERSION);
    let converted = dice.chance(conversion);
    let at = Instant::on(day, dice.whole(0, 1439));
    let minutes = dice.lognormal(3.0, 0.8);
    let ended = at.plus_minutes(minutes.max(1.0)).seen_at(world.end);
    let visitor = format!("n{}-{number}", day.epoch_days());
    let channel = dice.pick(&[("search", 0.5), ("social", 0.3), ("direct", 0.2)]);
    let revenue = converted.then(|| dice.lognormal(35.0, 0.5));
    rows.push(
        TableName::Visits,
        &[
            at.into(),
            visitor.as_str().into(),
            Field::Empty,
            visitor.as_str().into(),
            ended.into(),
            ended.map(|_| dice.whole(1, 5)).into(),
            channel.into(),
            "landing_test".into(),
            arm.into(),
            "offer".into(),
            ended.map(|_| dice.whole(5, 90)).into(),
            ended.map(|_| converted).into(),
            ended.and(revenue).into(),
        ],
    );
}

fn prospect(world: &World, day: Day, number: u64, dice: &mut Dice, rows: &mut Rows) {
    let at = Instant::on(day, dice.whole(8 * 60, 20 * 60));
    let qualified = dice.chance(0.3).then(|| at.plus_minutes(dice.between(60.0, 9000.0)));
    let lead = format!("L{}-{number}", day.epoch_days());
    let channel = dice.any(&["web_form", "event", "partner"]);
    let qualified = qualified.and_then(|at| at.seen_at(world.end));
    rows.push(
        TableName::Leads,
        &[lead.as_str().into(), at.into(), channel.into(), qualified.into(), Field::Empty, Field::Empty],
    );
}

fn brand_post(day: Day, size: f64, dice: &mut Dice, rows: &mut Rows) {
    let followers = (10_000.0 * size.sqrt() + f64::from(day.epoch_days() - 19_000) * 3.0).round().max(100.0);
    let reach = (followers * dice.between(0.2, 0.5)).round();
    let likes = (followers * dice.between(0.02, 0.06)).round();
    let post = format!("B{}", day.epoch_days());
    let network = dice.any(&["instagram", "facebook", "x"]);
    let whole = |number: f64| Field::Whole(whole(number));
    rows.push(
        TableName::Posts,
        &[
            post.as_str().into(),
            Instant::on(day, 12 * 60).into(),
            Field::Empty,
            "brand".into(),
            network.into(),
            "always_on".into(),
            whole(followers),
            whole(reach * 1.4),
            whole(reach),
            whole(likes),
            whole(likes / 10.0),
            whole(likes / 6.0),
            Field::Empty,
            "New arrivals in the shop".into(),
        ],
    );
}
