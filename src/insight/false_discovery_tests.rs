//! The promise of `insights`: few false discoveries among many behaviours tried, whatever the counts. Twice: on counts
//! alone, and (ignored, half a minute each) through tables, slices, tests and correction as `insights` goes.

use std::fmt::Write as _;

use polars::prelude::df;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Binomial, Distribution, LogNormal};

use super::amounts::Amounts;
use super::association::{Outcomes, associate, flags_association};
use super::permutation::Counts;
use super::tests::crowd::World;
use crate::stats::benjamini_hochberg;

const BEHAVIOURS: usize = 500;

fn draw(rng: &mut ChaCha8Rng, n: u64, share: f64) -> u64 {
    Binomial::new(n, share.clamp(0.0, 1.0)).expect("a share").sample(rng)
}

/// One set: 2,000 customers in six strata whose outcome rates differ, and behaviours as common as 1 % to 50 %,
/// more so in some strata; the first `planted` of them raise the outcome.
fn set(seed: u64, planted: usize) -> Vec<f64> {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let sizes = [600_u64, 500, 400, 300, 150, 50];
    let yes: Vec<u64> = sizes.iter().zip(1..).map(|(n, k)| draw(rng, *n, 0.04 * f64::from(k))).collect();
    let p = |index: usize, rng: &mut ChaCha8Rng| {
        let share = 0.01 * 50_f64.powf((index % 50) as f64 / 49.0);
        let boost = if index < planted { 2.0 } else { 1.0 };
        let strata: Vec<Counts> = sizes
            .iter()
            .zip(&yes)
            .zip(1_i32..)
            .map(|((size, yes), k)| {
                let share = share * (1.0 + 0.1 * f64::from(k));
                let with_yes = draw(rng, *yes, share * boost);
                let with = with_yes + draw(rng, size - yes, share);
                Counts { with, with_yes, without: size - with, without_yes: yes - with_yes }
            })
            .collect();
        flags_association(&strata).map_or(1.0, |found| found.p)
    };
    (0..BEHAVIOURS).map(|index| p(index, rng)).collect()
}

#[test]
fn null_behaviours_seldom_yield_a_discovery() {
    let any = (0..400).filter(|seed| benjamini_hochberg(&set(*seed, 0)).iter().any(|q| *q <= 0.05)).count();
    assert!(any as f64 <= 0.072 * 400.0, "{any} of 400 sets of null behaviours yield a discovery");
}

#[test]
fn planted_behaviours_are_found_and_few_false_ones_with_them() {
    let sets = 100;
    let (mut false_share, mut found) = (0.0, 0);
    for seed in 0..sets {
        let q = benjamini_hochberg(&set(1000 + seed, 50));
        let hits = q.iter().filter(|q| **q <= 0.05).count();
        let wrong = q[50..].iter().filter(|q| **q <= 0.05).count();
        false_share += wrong as f64 / hits.max(1) as f64;
        found += hits - wrong;
    }
    let share = false_share / sets as f64;
    assert!(share <= 0.06, "mean share of false discoveries {share}");
    assert!(found > 1000, "only {found} of {} planted behaviours found", sets * 50);
}

#[test]
fn p_values_of_heavy_tailed_amounts_keep_their_level() {
    let rng = &mut ChaCha8Rng::seed_from_u64(7);
    let spend = LogNormal::new(0.0, 2.0).expect("a shape");
    let customers = 400;
    let strata: Vec<u32> = (0..customers).map(|i| i % 3).collect();
    let (tries, mut below) = (4000, [0, 0]);
    for _ in 0..tries {
        let amounts = strata.iter().map(|_| if draw(rng, 1, 0.3) == 1 { spend.sample(rng) } else { 0.0 }).collect();
        let behaviour: Vec<Option<bool>> = strata.iter().map(|_| Some(draw(rng, 1, 0.05) == 1)).collect();
        let p = associate(&behaviour, &Outcomes::Amounts(Amounts::new(amounts, &strata)), &strata)
            .map_or(1.0, |found| found.p);
        below[0] += u32::from(p <= 0.05);
        below[1] += u32::from(p <= 0.001);
    }
    // Two standard errors above the nominal 200 and 4.
    assert!(below[0] <= 228 && below[1] <= 8, "{below:?} of {tries}");
}

/// Customers in two regions and 500 kinds of events as common as 1 % to 50 %, more so in the north, where more
/// customers leave, too.
struct Crowd {
    world: World,
    /// Who shows which of the planted behaviours, and lives where.
    planted: Vec<(usize, bool)>,
}

const CUTOFF: i32 = 19_880;

fn crowd(seed: u64, size: usize) -> Crowd {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let mut events: (Vec<String>, Vec<i64>, Vec<String>) = Default::default();
    let mut planted = vec![(0, false); size];
    let ids: Vec<String> = (0..size).map(|number| format!("c{number:04}")).collect();
    for (number, id) in ids.iter().enumerate() {
        planted[number].1 = number % 3 == 0;
        for kind in 0..BEHAVIOURS {
            let share = 0.01 * 50_f64.powf((kind % 50) as f64 / 49.0) * if number % 3 == 0 { 1.5 } else { 1.0 };
            if draw(rng, 1, share) == 1 {
                planted[number].0 += usize::from(kind < 50);
                events.0.push(id.clone());
                events.1.push(i64::from(CUTOFF) - 5);
                events.2.push(format!("kind_{kind}"));
            }
        }
    }
    let mut behaviours = String::new();
    for kind in 0..BEHAVIOURS {
        let _ = writeln!(behaviours, "[behaviour.b{kind}]\ntable = \"events\"\nkinds = [\"kind_{kind}\"]");
    }
    let project = format!(
        "[project]\nname = \"crowd\"\nsegments = [\"region\"]\n[target.churn]\nkind = \"inactivity\"\n\
         table = \"events\"\nhorizon_days = 60\n{behaviours}"
    );
    let events = df!("customer" => events.0, "at" => events.1, "kind" => events.2).expect("one length");
    let regions: Vec<&str> = planted.iter().map(|(_, north)| if *north { "north" } else { "south" }).collect();
    let customers = df!("customer" => ids, "region" => regions).expect("one length");
    Crowd { world: World::of(&project, events, customers, CUTOFF), planted }
}

impl Crowd {
    /// Discoveries among the first 50 behaviours and among the others, with outcomes drawn anew; `effect` is what each
    /// of the 50 adds to the log of the outcome's rate.
    fn discoveries(&self, seed: u64, effect: f64) -> (usize, usize) {
        let rng = &mut ChaCha8Rng::seed_from_u64(seed);
        let mean = self.planted.iter().map(|(shown, _)| *shown as f64).sum::<f64>() / self.planted.len() as f64;
        let flags = self.planted.iter().map(|(shown, north)| {
            let base: f64 = if *north { 0.3 } else { 0.12 };
            draw(rng, 1, base * (effect * (*shown as f64 - mean)).exp()) == 1
        });
        let found = self.world.discoveries(flags.collect());
        let is_planted = |name: &&String| name[1..].parse::<usize>().is_ok_and(|kind| kind < 50);
        let hits = found.iter().filter(is_planted).count();
        (hits, found.len() - hits)
    }
}

#[test]
fn null_behaviours_in_tables_seldom_yield_a_discovery() {
    let crowd = crowd(11, 1_000);
    let any = (0..400).filter(|seed| crowd.discoveries(*seed, 0.0) != (0, 0)).count();
    assert!(any as f64 <= 0.072 * 400.0, "{any} of 400 sets of null behaviours yield a discovery");
    println!("{any} of 400 sets of 500 null behaviours yield any q <= .05");
}

#[test]
fn planted_behaviours_in_tables_are_found_and_few_false_ones_with_them() {
    let crowd = crowd(12, 4_000);
    let sets: Vec<(usize, usize)> = (0..200).map(|seed| crowd.discoveries(1000 + seed, 0.25)).collect();
    let share = |(hits, wrong): &(usize, usize)| *wrong as f64 / (hits + wrong).max(1) as f64;
    let mean = sets.iter().map(share).sum::<f64>() / sets.len() as f64;
    let found: usize = sets.iter().map(|(hits, _)| hits).sum();
    assert!(mean <= 0.06, "mean share of false discoveries {mean}");
    assert!(found > 4 * sets.len(), "only {found} planted behaviours found in {} sets", sets.len());
    println!("mean share of false discoveries {mean:.4} over {} sets; {found} planted ones found", sets.len());
}
