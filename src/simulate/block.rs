//! A block of customers: the unit of work. Blocks know nothing of each other, so any number may run at once.

use super::dice::Dice;
use super::life::Life;
use super::person::Traits;
use super::rows::{Field, Instant, Rows};
use super::truth::{self, Case, Offered};
use super::world::World;
use crate::tables::TableName;
use crate::time::Day;

/// Customers of a block.
pub(super) const SIZE: u64 = 250;
/// Places of a block kept for customers brought by others of it.
const REFERRED: u64 = 25;

/// What a block leaves.
#[derive(Debug)]
pub(super) struct Block {
    /// Rows of all tables.
    pub rows: Rows,
    /// Customers at the cutoffs, as far as they were imagined.
    pub cases: Vec<Case>,
    /// Customers for whom the offer was.
    pub offered: Vec<Offered>,
    /// Subscriptions that their customers ended within the extract.
    pub voluntary_ends: u64,
    /// Subscriptions that failed payments ended within the extract.
    pub payment_ends: u64,
}

/// Lives the customers `[first, last)`.
pub(super) fn live(world: &World, first: u64, last: u64) -> Block {
    let mut block = Block {
        rows: Rows::from(world.start),
        cases: Vec::new(),
        offered: Vec::new(),
        voluntary_ends: 0,
        payment_ends: 0,
    };
    let own = last - (last - first) * REFERRED / SIZE;
    let mut waiting: Vec<Referral> = Vec::new();
    for number in first..own {
        let mut dice = Dice::new(world.seed, number);
        let signup = world.dawn.plus(dice.whole(0, world.end.since(world.dawn)));
        let traits = Traits::draw(&mut dice, number, signup, false);
        waiting.extend(block.customer(world, &traits, dice));
    }
    waiting.sort_by_key(|referral| (referral.made, referral.referrer));
    let mut waiting = waiting.into_iter();
    for number in own..last {
        let mut dice = Dice::new(world.seed, number);
        let referral = waiting.next();
        let anyhow = world.dawn.plus(dice.whole(0, world.end.since(world.dawn)));
        let signup = referral.as_ref().map_or(anyhow, |referral| referral.signup);
        let traits = Traits::draw(&mut dice, number, signup, referral.is_some());
        if let Some(referral) = referral {
            block.refer(&referral, Some((&traits, dice.between(20.0, 60.0))));
        }
        // Those brought by others bring nobody: their referrals stay open.
        for referral in block.customer(world, &traits, dice) {
            block.refer(&referral, None);
        }
    }
    for referral in waiting {
        block.refer(&referral, None);
    }
    block
}

/// A referral that converts if the block has a place left.
struct Referral {
    referrer: u64,
    id: String,
    made: Instant,
    signup: Day,
}

impl Block {
    fn customer(&mut self, world: &World, traits: &Traits, dice: Dice) -> Vec<Referral> {
        let cutoffs = world.cutoffs();
        let mut glimpses = Vec::new();
        let mut life = Life::new(world, traits, dice, &mut self.rows);
        for day in traits.signup.epoch_days()..world.end.epoch_days() {
            let day = Day::from_epoch_days(day);
            if traits.number < truth::SAMPLE {
                if let Ok(cutoff) = cutoffs.binary_search(&day) {
                    glimpses.push(truth::glimpse(&life, cutoff, day));
                }
                if day == world.offer {
                    self.offered.extend(truth::offered(&life, day));
                }
            }
            life.live(day);
        }
        life.close();
        write_customer(&mut life);
        self.voluntary_ends += life.ended[0];
        self.payment_ends += life.ended[1];
        self.cases.extend(glimpses.into_iter().map(|glimpse| glimpse.compare(world, &life)));
        let referral = |(made, signup)| Referral { referrer: traits.number, id: traits.id.clone(), made, signup };
        std::mem::take(&mut life.referrals).into_iter().map(referral).collect()
    }

    fn refer(&mut self, referral: &Referral, referred: Option<(&Traits, f64)>) {
        let traits = referred.map(|(traits, _)| traits);
        self.rows.push(
            TableName::Referrals,
            &[
                referral.id.as_str().into(),
                referral.made.into(),
                traits.map(|traits| traits.id.as_str()).into(),
                traits.map(|traits| Instant::on(traits.signup, 12 * 60).max(referral.made)).into(),
                referred.map(|(_, revenue)| revenue).into(),
            ],
        );
    }
}

fn write_customer(life: &mut Life<'_>) {
    let traits = life.traits;
    let mut fields: Vec<Field<'_>> = vec![
        traits.id.as_str().into(),
        traits.signup.into(),
        traits.consent.into(),
        traits.region.into(),
        traits.acquisition.into(),
        traits.age_band.into(),
    ];
    if life.world.leaks {
        fields.extend(leaks(life));
    }
    life.rows.push(TableName::Customers, &fields);
    if matches!(traits.acquisition, "partner" | "social") && life.rows.wants(traits.signup) {
        write_lead(life);
    }
    if life.world.leaks {
        write_meter_readings(life);
    }
}

/// A prospect who became this customer.
fn write_lead(life: &mut Life<'_>) {
    let converted = Instant::on(life.traits.signup, 8 * 60);
    let made = converted.plus_minutes(-life.dice.between(1440.0, 30_000.0));
    let qualified = made.plus_minutes(600.0);
    let lead = format!("L{}", life.traits.id);
    let id = life.traits.id.as_str();
    let channel = if life.traits.acquisition == "partner" { "partner" } else { "web_form" };
    let fields = [lead.as_str().into(), made.into(), channel.into(), qualified.into(), converted.into(), id.into()];
    life.rows.push(TableName::Leads, &fields);
}

/// Three columns filled in when everything was over: a status, a number only the lost have, another model's score.
fn leaks(life: &mut Life<'_>) -> [Field<'static>; 3] {
    let over = life.state.subscription.is_none() && life.state.subscriptions > 0;
    let number = over.then(|| i64::from(life.dice.whole(10_000, 99_999)));
    let score = if over { 30.0 } else { 75.0 } + 9.0 * life.dice.normal();
    [if over { "closed" } else { "open" }.into(), number.into(), score.into()]
}

/// Rows that exist only while the contract lives: at its end the system forgets them all.
fn write_meter_readings(life: &mut Life<'_>) {
    let Some(open) = life.state.subscription else { return };
    let first = open.started.max(life.world.start);
    for day in (first.epoch_days()..life.world.end.epoch_days()).step_by(30) {
        let at = Instant::on(Day::from_epoch_days(day), 4 * 60);
        let rest = [Field::Empty; 5];
        let fields = [life.traits.id.as_str().into(), at.into(), "meter_reading".into()];
        life.rows.push(TableName::Events, &[&fields[..], &rest[..]].concat());
    }
}
