//! Training on hand-made frames: shape, leaks, certificates, contributions, determinism, refusals.

use tidewatch::error::{Exit, Explain};
use tidewatch::evaluate::auc;
use tidewatch::feature::FeatureFrame;
use tidewatch::label::{Labels, Outcome};
use tidewatch::model::{Error, Model, Trained, train};
use tidewatch::progress::Progress;
use tidewatch::project::Terms;

use super::frames::{Dice, request, with_column, world};

fn trained(frame: &FeatureFrame, labels: &Labels, terms: Terms) -> Result<Trained, Error> {
    train(frame, labels, &request(None, terms), &Progress::silent())
}

fn all_rows(frame: &FeatureFrame, block: usize) -> Vec<usize> {
    (0..frame.blocks[block].len()).collect()
}

fn outcomes(labels: &Labels, block: usize) -> Vec<bool> {
    labels.blocks[block].outcome.iter().map(|outcome| *outcome == Outcome::Yes).collect()
}

#[test]
fn shapes_and_interactions_are_found_and_contributions_add_up() {
    let (frame, labels) = world(4000, &["2025-01-01"], 1);
    let (fresh, truth) = world(4000, &["2025-04-01"], 2);
    let linear = trained(&frame, &labels, Terms::Linear).expect("trains");
    let auto = trained(&frame, &labels, Terms::Auto).expect("trains");
    let area = |model: &Model| {
        let explained = model.explain(&fresh, 0, &all_rows(&fresh, 0)).expect("same features");
        auc(&outcomes(&truth, 0), &explained.scores()).expect("both classes").value
    };
    assert!(area(&auto.model) > area(&linear.model) + 0.03, "{} {}", area(&auto.model), area(&linear.model));
    assert!(auto.gate.promotes() && auto.model.certificate.gradient <= 1e-8);
    let explained = auto.model.explain(&fresh, 0, &all_rows(&fresh, 0)).expect("same features");
    for row in 0..explained.len() {
        let sum =
            explained.intercept + explained.contributions_of(row).iter().sum::<f64>() + explained.calibration[row];
        let score = explained.score(row);
        assert!((sum - explained.log_odds[row]).abs() < 1e-9);
        assert!(((score / (1.0 - score)).ln() - explained.log_odds[row]).abs() < 1e-9);
        assert!(explained.low[row] <= explained.log_odds[row] && explained.log_odds[row] <= explained.high[row]);
    }
    assert!(auto.model.notes.iter().any(|note| note.contains("same_for_all")), "{:?}", auto.model.notes);
    let read = Model::from_json(&auto.model.to_json()).expect("its own format");
    assert_eq!(read, auto.model);
}

#[test]
fn a_forward_slice_judges_when_there_are_several_cutoffs() {
    let (frame, labels) = world(1500, &["2025-01-01", "2025-02-01", "2025-03-01"], 3);
    let found = train(&frame, &labels, &request(Some(31), Terms::Linear), &Progress::silent()).expect("trains");
    assert_eq!(found.evaluation.method, "forward");
    assert_eq!(found.evaluation.train_as_of.len(), 1, "the February outcome is not over on the first of March");
    assert_eq!(found.model.last_label_end.map(|day| day.to_string()).as_deref(), Some("2025-04-01"));
}

#[test]
fn leaks_are_named_and_left_out_but_a_few_blanks_are_not_a_leak() {
    let (mut frame, labels) = world(2000, &["2025-01-01"], 4);
    let outcome = outcomes(&labels, 0);
    let mut dice = Dice::new(9);
    let copied = outcome.iter().map(|&event| f64::from(u8::from(event)) + 0.01 * dice.normal()).collect();
    with_column(&mut frame, "copy_of_the_label", copied);
    let reason = outcome.iter().map(|&event| if event { 1.0 + dice.uniform() } else { f64::NAN }).collect();
    with_column(&mut frame, "reason_code", reason);
    let mut blanks = 0;
    let total = outcome.iter().map(|&event| {
        let blank = !event && blanks < 11;
        blanks += i32::from(blank);
        if blank { f64::NAN } else { 1.0 }
    });
    let total: Vec<f64> = total.collect();
    with_column(&mut frame, "total", total);
    let found = trained(&frame, &labels, Terms::Linear).expect("trains");
    let suspects: Vec<&String> = found.model.notes.iter().filter(|note| note.starts_with("left out, it may")).collect();
    assert_eq!(suspects.len(), 2, "{suspects:?}");
    assert!(found.model.features.iter().all(|feature| feature.name != "copy_of_the_label"));
    assert!(found.model.features.iter().any(|feature| feature.name == "total"));
    let strict = train(
        &frame,
        &labels,
        &tidewatch::model::TrainRequest { strict: true, ..request(None, Terms::Linear) },
        &Progress::silent(),
    );
    assert_eq!(strict.expect_err("strict").exit(), Exit::NoModel);
}

#[test]
fn noise_is_refused_and_too_little_is_said() {
    let (frame, mut labels) = world(600, &["2025-01-01"], 5);
    let mut dice = Dice::new(11);
    for outcome in &mut labels.blocks[0].outcome {
        *outcome = if dice.uniform() < 0.3 { Outcome::Yes } else { Outcome::No };
    }
    let found = trained(&frame, &labels, Terms::Auto).expect("trains");
    assert!(!found.gate.promotes(), "{:?}", found.evaluation.metrics.auc);
    labels.blocks[0].outcome.fill(Outcome::No);
    let error = trained(&frame, &labels, Terms::Linear).expect_err("one class");
    assert_eq!((error.exit(), error.hint().is_some()), (Exit::NotEnoughData, true));
    labels.blocks[0].eligible.fill(false);
    assert!(matches!(trained(&frame, &labels, Terms::Linear), Err(Error::NoRows { .. })));
}

#[test]
fn a_separable_feature_is_held_by_the_penalty_when_it_is_allowed() {
    let (mut frame, labels) = world(500, &["2025-01-01"], 6);
    let copied = outcomes(&labels, 0).iter().map(|&event| f64::from(u8::from(event))).collect();
    with_column(&mut frame, "copy", copied);
    let allowed =
        tidewatch::model::TrainRequest { allow_leak_suspects: vec!["copy".to_owned()], ..request(None, Terms::Linear) };
    let found = train(&frame, &labels, &allowed, &Progress::silent()).expect("trains");
    let copy = found.model.features.iter().position(|feature| feature.name == "copy").expect("kept");
    let term = found.model.terms.iter().find(|term| term.feature == copy).expect("a term");
    assert!(term.coefficient.is_finite() && term.coefficient.abs() < 50.0);
    assert!(found.model.notes.iter().any(|note| note.contains("separable")), "{:?}", found.model.notes);
}

#[test]
fn any_thread_count_gives_the_same_bytes() {
    let (frame, labels) = world(1500, &["2025-01-01"], 7);
    let with_threads = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("a pool");
        pool.install(|| trained(&frame, &labels, Terms::Auto).expect("trains").model.to_json())
    };
    assert_eq!(with_threads(1), with_threads(3));
}
