//! The demo project, end to end: the first command of the README, and the truth it must find.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::fixture::{Project, files};

/// A copy of `data/demo` in a folder of its own.
fn demo() -> Project {
    let project = Project::new("");
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    for file in files(&from).into_iter().filter(|file| file.components().count() == 1) {
        fs::copy(from.join(&file), project.path().join(&file)).expect("a copy");
    }
    project
}

fn json(project: &Project, name: &str) -> Value {
    serde_json::from_slice(&project.read(name)).expect("JSON")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or(f64::NAN)
}

/// The demo with linear terms: the same job in a tenth of the time.
fn linear(more: &str) -> Project {
    let project = demo();
    let text = String::from_utf8(project.read("tidewatch.toml")).expect("UTF-8");
    project.write("tidewatch.toml", format!("{text}\n[train]\nterms = \"linear\"\n{more}"));
    project
}

#[test]
fn a_night_on_the_demo_finds_what_was_planted() {
    let project = linear("");
    let answer = project.succeed(&["run"]);
    let run = project.path().join("runs/2025-07-01");
    for file in ["scores.parquet", "kpis.parquet", "at_risk.csv", "evaluation.json", "run.json", "timing.json"] {
        assert!(run.join(file).is_file(), "{file} is missing; there are {:?}", files(&run));
    }
    for word in ["AUC", "churn", "cancel", "runs/2025-07-01"] {
        assert!(answer.stdout.contains(word), "the summary does not say `{word}`:\n{}", answer.stdout);
    }
    let churn = &json(&project, "runs/2025-07-01/evaluation.json")["churn"];
    let truth = &json(&project, "truth.json")["targets"]["churn"]["cutoffs"][3];
    assert_eq!(truth["as_of"], churn["test_as_of"][0]);
    for counted in ["n", "events", "base_rate"] {
        let (found, planted) = (number(&churn[counted]), number(&truth[counted]));
        assert!((found - planted).abs() < 1e-6, "{counted}: {found}, but the generator says {planted}");
    }
    let (auc, oracle) = (number(&churn["auc"]), number(&truth["oracle_auc"]));
    assert!(auc > oracle - 0.14 && auc < oracle, "AUC {auc}; the true probabilities have {oracle}");
    let (large, slope) = (number(&churn["calibration_in_the_large"]), number(&churn["calibration_slope"]));
    assert!(large.abs() < 0.05, "calibration in the large {large}");
    assert!((0.75..1.3).contains(&slope), "calibration slope {slope}");
}

/// Drivers of the truth by the feature that shows each; the signs of a linear model's coefficients must be
/// the planted ones, but for one at most that is too small to tell.
#[test]
fn coefficients_have_the_planted_signs() {
    let project = demo();
    let truth = json(&project, "truth.json");
    for target in ["churn", "cancel"] {
        let drivers: Vec<&Value> =
            truth["drivers"].as_array().expect("drivers").iter().filter(|driver| driver["target"] == target).collect();
        let names: std::collections::BTreeSet<&str> =
            drivers.iter().map(|driver| driver["feature"].as_str().expect("a name")).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let linear = linear(&format!("[features]\nonly = {names:?}\n"));
        // The gate may refuse so small a model; its coefficients are what this is about.
        linear.answer(&["train"]);
        let coefficients = coefficients(&linear, target);
        let mut agreeing = 0;
        for driver in &drivers {
            let feature = driver["feature"].as_str().expect("a name");
            let found = coefficients.iter().find(|term| term.feature == feature && term.level == driver["level"]);
            let term = found.expect("a term for every driver");
            let along = term.coefficient * number(&driver["sign"]);
            assert!(along > -2.0 * term.standard_error, "{target}: {feature} goes against the truth: {along}");
            agreeing += usize::from(along > 0.0);
        }
        assert!(
            agreeing + 1 >= drivers.len(),
            "{target}: only {agreeing} of {} signs are the planted ones",
            drivers.len()
        );
    }
}

/// A linear term of the newest model.
struct Term {
    feature: String,
    /// The category, or null.
    level: Value,
    coefficient: f64,
    standard_error: f64,
}

/// The terms of a target's newest model, without the indicators of missing values.
fn coefficients(project: &Project, target: &str) -> Vec<Term> {
    let models = project.path().join("models").join(target);
    let file = files(&models).into_iter().rfind(|file| file.ends_with("model.json")).expect("a model");
    let model: Value = serde_json::from_slice(&fs::read(models.join(file)).expect("a file")).expect("JSON");
    let term = |term: &Value| {
        let position = term["feature"].as_u64().and_then(|at| usize::try_from(at).ok()).expect("a position");
        Term {
            feature: model["features"][position]["name"].as_str().expect("a name").to_owned(),
            level: term["shape"]["level"]["level"].clone(),
            coefficient: number(&term["coefficient"]),
            standard_error: number(&term["standard_error"]),
        }
    };
    let terms = model["terms"].as_array().expect("terms").iter();
    terms.filter(|term| term["shape"] != "missing" && term["shape"]["other_level"].is_null()).map(term).collect()
}
