//! What a model must not be taken in by, and what it must admit.

use std::sync::Arc;

use tidewatch::feature::{FeatureColumn, FeatureFrame};
use tidewatch::label::{Labels, Outcome};
use tidewatch::model::{TrainRequest, Trained, train};
use tidewatch::progress::Progress;
use tidewatch::project::Terms;

use super::frames::{Dice, day, info, request, world};

const CUTOFFS: [&str; 3] = ["2025-01-01", "2025-02-01", "2025-03-01"];

fn outcomes(labels: &Labels, block: usize) -> Vec<bool> {
    labels.blocks[block].outcome.iter().map(|outcome| *outcome == Outcome::Yes).collect()
}

/// Adds a feature made from each row's outcome at every cutoff.
fn add(frame: &mut FeatureFrame, labels: &Labels, name: &str, source: &str, mut value: impl FnMut(bool) -> f64) {
    let family = if source.starts_with("customers") { "attribute" } else { "frequency" };
    frame.features.push(tidewatch::feature::FeatureInfo { sources: vec![source.to_owned()], ..info(name, family) });
    for block in 0..frame.blocks.len() {
        let column = outcomes(labels, block).into_iter().map(&mut value).collect();
        frame.blocks[block].columns.push(FeatureColumn::Number(column));
    }
}

/// The features named by the screen.
fn left_out(found: &Trained) -> Vec<String> {
    let mut names = Vec::new();
    for note in &found.model.notes {
        if note.starts_with("left out, it may know the future: ") {
            let named = note.split('`').map(str::to_owned);
            names.extend(named.filter(|name| !name.contains(' ')));
        } else if let Some((_, with_it)) = note.split_once(" too: ") {
            names.extend(with_it.split(", ").map(str::to_owned));
        }
    }
    names.sort();
    names.dedup();
    names
}

#[test]
fn rows_of_survivors_and_attributes_written_later_are_named_and_strong_honest_features_are_not() {
    let (mut frame, labels) = world(1200, &CUTOFFS, 21);
    let mut dice = Dice::new(3);
    // Readings exist only for contracts that went on; a few leavers came back and have some too.
    let mut reading =
        |event: bool| f64::from(u8::from(if event { dice.uniform() < 0.01 } else { dice.uniform() < 0.6 }));
    add(&mut frame, &labels, "n_reading_30", "events: reading", &mut reading);
    add(&mut frame, &labels, "days_reading_90", "events: reading", |_| 0.0);
    let mut dice = Dice::new(4);
    add(&mut frame, &labels, "kinds_30", "events", |_| dice.uniform());
    let mut dice = Dice::new(5);
    add(&mut frame, &labels, "n_login_30", "events: login", |_| dice.uniform());
    // A score written when all was over: half of those who stay had left by then, later than the window.
    let mut dice = Dice::new(6);
    let mut score = |event: bool| if event || dice.uniform() < 0.3 { 30.0 } else { 75.0 } + 9.0 * dice.normal();
    add(&mut frame, &labels, "retention_score", "customers: retention_score", &mut score);
    // Honest and strong: failed payments come before most departures, and stay possible without.
    let mut dice = Dice::new(7);
    let mut failed =
        |event: bool| if dice.uniform() < if event { 0.7 } else { 0.08 } { 1.0 + dice.uniform() } else { 0.0 };
    add(&mut frame, &labels, "payments_failed_90", "payments: failed", &mut failed);
    let mut dice = Dice::new(8);
    add(&mut frame, &labels, "age", "customers: age", |event| dice.normal() + if event { 1.2 } else { 0.0 });
    let asked = request(Some(31), Terms::Linear);
    let found = left_out(&train(&frame, &labels, &asked, &Progress::silent()).expect("trains"));
    // One column of the readings says nothing by itself, and all kinds together count readings among them.
    assert_eq!(found, ["days_reading_90", "kinds_30", "n_reading_30", "retention_score"]);
    let kept = TrainRequest { allow_leak_suspects: found, ..asked };
    assert!(left_out(&train(&frame, &labels, &kept, &Progress::silent()).expect("trains")).is_empty());
}

#[test]
fn a_base_rate_that_moves_is_followed_to_the_latest_cutoff() {
    let (frame, mut labels) = world(2500, &CUTOFFS, 22);
    let mut dice = Dice::new(9);
    let FeatureColumn::Number(orders) = &frame.blocks[2].columns[1] else { unreachable!("a number") };
    for (outcome, orders) in labels.blocks[2].outcome.iter_mut().zip(orders.iter()) {
        if *outcome == Outcome::No && orders > 5.0 && dice.uniform() < 0.6 {
            *outcome = Outcome::Yes;
        }
    }
    let found = train(&frame, &labels, &request(Some(31), Terms::Linear), &Progress::silent()).expect("trains");
    assert!(found.evaluation.prior_change > 0.1, "{}", found.evaluation.prior_change);
    let rows: Vec<usize> = (0..2500).collect();
    let scores = found.model.explain(&frame, 2, &rows).expect("same features").scores();
    let rate = outcomes(&labels, 2).iter().filter(|event| **event).count() as f64 / 2500.0;
    // Two standard errors are followed; over all cutoffs the rate is ten points lower.
    assert!((scores.iter().sum::<f64>() / 2500.0 - rate).abs() < 0.02, "{rate}");
    let first = &found.evaluation.drifts[0];
    assert_eq!((first.term.as_str(), first.cutoff), ("ln(1 + orders)", day("2025-03-01")), "{first:?}");
    assert!(first.shift > 0.0 && first.z > 4.0, "good customers left that time: {first:?}");
}

#[test]
fn a_new_model_that_does_surely_worse_than_the_standing_one_is_refused() {
    let (early, known) = world(3000, &["2024-10-01"], 23);
    let champion = train(&early, &known, &request(Some(31), Terms::Auto), &Progress::silent()).expect("trains").model;
    let (frame, mut labels) = world(1500, &CUTOFFS, 24);
    // The earlier outcomes are spoilt: what is learnt from them is wrong, and the latest slice shows it.
    let mut dice = Dice::new(10);
    for block in 0..2 {
        for outcome in &mut labels.blocks[block].outcome {
            *outcome = if dice.uniform() < 0.4 { Outcome::Yes } else { Outcome::No };
        }
    }
    let asked = TrainRequest { champion: Some(champion), ..request(Some(31), Terms::Linear) };
    let found = train(&frame, &labels, &asked, &Progress::silent()).expect("trains");
    assert!(!found.gate.promotes());
    assert!(found.gate.reasons.iter().any(|reason| reason.starts_with("the standing model")), "{:?}", found.gate);
    let (beside, own) = (&found.evaluation.baselines["champion"], &found.evaluation.metrics);
    assert!(beside.log_loss < own.log_loss && beside.n == own.n);
}

#[test]
fn old_cutoffs_fade_by_whole_rows_and_customers_that_repeat_widen_the_interval() {
    let (frame, labels) = world(1000, &CUTOFFS, 25);
    let plain = request(Some(31), Terms::Linear);
    let faded = TrainRequest { half_life_days: Some(30), ..plain.clone() };
    let rows = |request| train(&frame, &labels, &request, &Progress::silent()).expect("trains").model.rows;
    assert_eq!(rows(plain), 3000);
    // 2^(-59/30) + 2^(-28/30) + 1 of a thousand each.
    assert!((rows(faded) as f64 - 1779.0).abs() < 80.0);
    let folds = train(&frame, &labels, &request(None, Terms::Linear), &Progress::silent()).expect("trains");
    let clustered = folds.evaluation.auc_clustered.expect("customers repeat");
    assert!(clustered.low < clustered.high && folds.evaluation.empc.is_some());
}

#[test]
fn a_category_never_seen_is_scored_and_counted() {
    let (frame, labels) = world(1500, &["2025-01-01"], 26);
    let model = train(&frame, &labels, &request(None, Terms::Auto), &Progress::silent()).expect("trains").model;
    let (mut fresh, _) = world(1500, &["2025-01-01"], 26);
    let plan = fresh.features.iter().position(|info| info.name == "plan").expect("a category");
    let FeatureColumn::Level { codes, .. } = fresh.blocks[0].columns[plan].clone() else { unreachable!("a category") };
    let levels = Arc::new(["basic", "gold", "brand new"].map(str::to_owned).to_vec());
    let codes: Vec<u32> = codes.into_iter().map(|code| if code == 1 { 2 } else { code }).collect();
    fresh.blocks[0].columns[plan] = FeatureColumn::Level { codes: codes.clone(), levels };
    let rows: Vec<usize> = (0..1500).collect();
    let explained = model.explain(&fresh, 0, &rows).expect("same features");
    for row in rows {
        assert!(explained.log_odds[row].is_finite());
        assert_eq!(explained.outside[row] > 0, codes[row] == 2, "row {row} is outside by its category alone");
    }
}
