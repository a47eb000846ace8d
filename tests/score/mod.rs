//! Scores end to end on hand-made frames: train, register, promote, score, export.

mod horizons;
mod lifetime;
mod portable;

use tempfile::TempDir;
use tidewatch::error::{Exit, Explain};
use tidewatch::feature::FeatureFrame;
use tidewatch::label::Labels;
use tidewatch::model::{Model, train};
use tidewatch::progress::Progress;
use tidewatch::project::{Bands, Terms};
use tidewatch::registry::{Registry, Version};
use tidewatch::score::{Abstention, REASONS, Request, Scores, abstain, frame, score};

use crate::model::frames::{day, request, world};

/// A project folder with one promoted model, and the world it was trained on.
struct Project {
    _folder: TempDir,
    registry: Registry,
    version: Version,
    model: Model,
}

fn project(features: &FeatureFrame, labels: &Labels, terms: Terms) -> Project {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = Registry::open(folder.path());
    let trained = train(features, labels, &request(None, terms), &Progress::silent()).expect("trains");
    let version = registry.register("churn", &trained, day("2025-06-01")).expect("registers");
    assert!(registry.admit("churn", &version).expect("admits"));
    let (standing, model) = registry.standing("churn", day("2025-06-01")).expect("reads").expect("stands");
    assert_eq!((&standing, &model), (&version, &trained.model));
    Project { _folder: folder, registry, version, model }
}

fn asked<'a>(features: &'a FeatureFrame, eligible: &'a [bool], values: &'a [f64], bands: &'a Bands) -> Request<'a> {
    Request { target: "churn", horizon_days: Some(90), frame: features, block: 0, eligible, values, bands }
}

#[test]
fn every_row_sums_to_its_score_and_is_told_in_words() {
    let (features, labels) = world(3000, &["2025-01-01"], 5);
    let project = project(&features, &labels, Terms::Auto);
    let eligible: Vec<bool> = (0..3000).map(|row| row % 3 != 0).collect();
    let values: Vec<f64> = (0..3000).map(|row| if row % 7 == 0 { f64::NAN } else { 100.0 }).collect();
    let bands = Bands::default();
    let scores =
        score(&project.model, &project.version, &asked(&features, &eligible, &values, &bands)).expect("scores");
    assert_eq!(scores.rows.len(), 2000, "who is not eligible is left out");
    let table = frame(&[scores]).expect("a frame");
    let column = |name: &str| -> Vec<f64> {
        table.column(name).expect("a column").f64().expect("numbers").iter().map(|x| x.unwrap_or(f64::NAN)).collect()
    };
    let parts: Vec<Vec<f64>> = (1..=REASONS)
        .map(|position| format!("contribution_{position}"))
        .chain(["intercept", "contribution_other", "contribution_calibration"].map(str::to_owned))
        .map(|name| column(&name))
        .collect();
    let (log_odds, score, low, high) = (column("log_odds"), column("score"), column("score_low"), column("score_high"));
    for row in 0..2000 {
        let sum: f64 = parts.iter().map(|part| part[row]).sum();
        assert!(
            (sum - log_odds[row]).abs() < 1e-9 && ((score[row] / (1.0 - score[row])).ln() - log_odds[row]).abs() < 1e-9
        );
        assert!(low[row] <= score[row] && score[row] <= high[row]);
        assert!(row == 0 || score[row] <= score[row - 1], "riskiest first");
        assert!(parts[0][row].abs() >= parts[1][row].abs(), "weightiest reason first");
    }
    let bands = table.column("band").expect("a column").str().expect("text").clone();
    assert_eq!(bands.iter().flatten().filter(|band| *band == "high").count(), 100, "top 5 % of 2,000");
    let reason = table.column("reason_1").expect("a column").str().expect("text").clone();
    assert!(reason.iter().flatten().count() == 2000);
}

#[test]
fn a_model_of_other_definitions_is_refused_by_name() {
    let (mut features, labels) = world(1000, &["2025-01-01"], 6);
    let project = project(&features, &labels, Terms::Linear);
    let used = project.model.features[0].name.clone();
    let position = features.features.iter().position(|info| info.name == used).expect("in the frame");
    features.features[position].definition = "another".to_owned();
    let (eligible, values, bands) = (vec![true; 1000], vec![1.0; 1000], Bands::default());
    let error =
        score(&project.model, &project.version, &asked(&features, &eligible, &values, &bands)).expect_err("refused");
    assert_eq!(error.exit(), Exit::Incompatible);
    assert!(error.to_string().contains(&used), "{error}");
}

#[test]
fn without_a_model_everybody_is_an_abstention() {
    let (features, _) = world(10, &["2025-01-01"], 7);
    let (eligible, values, bands) = (vec![true; 10], vec![1.0; 10], Bands::default());
    let scores: Scores = abstain(&asked(&features, &eligible, &values, &bands), Abstention::NoModel);
    let table = frame(&[scores]).expect("a frame");
    let status = table.column("status").expect("a column").str().expect("text").clone();
    assert!(status.iter().all(|status| status == Some("abstained:no_model")));
    assert_eq!(table.column("score").expect("a column").null_count(), 10);
}

#[test]
fn equal_training_gives_the_same_version_and_a_difference_tells_the_rest() {
    let (features, labels) = world(1000, &["2025-01-01"], 8);
    let project = project(&features, &labels, Terms::Linear);
    let again = train(&features, &labels, &request(None, Terms::Linear), &Progress::silent()).expect("trains");
    let version = project.registry.register("churn", &again, day("2025-06-01")).expect("registers");
    assert_eq!(version, project.version);
    let (others, truth) = world(1000, &["2025-01-01"], 9);
    let other = train(&others, &truth, &request(None, Terms::Linear), &Progress::silent()).expect("trains");
    let other = project.registry.register("churn", &other, day("2025-06-02")).expect("registers");
    let named = |version: &Version| ("churn".to_owned(), version.clone());
    let difference = project.registry.diff(&named(&version), &named(&other)).expect("compares");
    assert!(difference.metrics.iter().all(|pair| pair.first.is_some() && pair.second.is_some()), "{difference:?}");
    let change = |at: usize| {
        let pair = &difference.coefficients[at];
        (pair.second.unwrap_or(0.0) - pair.first.unwrap_or(0.0)).abs()
    };
    assert!(change(0) > 0.0 && change(0) >= change(1), "what changed most comes first");
}
