//! The verbs on public data sets, where they are present: what must be shown.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::source::public_sets::project_copy;

fn tidewatch(project: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.arg("--project").arg(project).args(arguments).output().expect("the program starts")
}

/// Runs a backtest of the target `churn` and returns its part of evaluation.json.
fn backtest(project: &Path, split: &[&str]) -> Value {
    let out = project.join("out");
    let done = tidewatch(project, &[&["backtest", "--out", &out.to_string_lossy()], split].concat());
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(out.join("evaluation.json")).expect("written");
    assert!(out.join("predictions.parquet").is_file());
    let all: Value = serde_json::from_str(&text).expect("valid json");
    all["churn"].clone()
}

fn number(evaluation: &Value, name: &str) -> f64 {
    evaluation[name].as_f64().unwrap_or(f64::NAN)
}

#[test]
fn cdnow_has_6055_active_customers_and_is_ranked_and_calibrated() {
    let Some(project) = project_copy("cdnow") else { return };
    let found = backtest(project.path(), &["--train-as-of", "1998-01-01", "--test-as-of", "1998-04-01"]);
    assert_eq!(found["n"], 6055);
    assert!((number(&found, "base_rate") - 0.615).abs() <= 0.001, "{}", found["base_rate"]);
    assert!(number(&found, "auc") >= 0.725, "{}", found["auc"]);
    assert!((0.85..=1.15).contains(&number(&found, "calibration_slope")), "{}", found["calibration_slope"]);
    assert!(found["baselines"]["recency"]["auc"].is_number() && found["baselines"]["rfm"]["auc"].is_number());
}

#[test]
fn telco_folds_rank_and_its_blanks_are_no_leak() {
    let Some(project) = project_copy("telco_ibm") else { return };
    let found = backtest(project.path(), &["--folds", "5", "--seed", "0"]);
    assert!(number(&found, "auc") >= 0.843, "{}", found["auc"]);
    assert_eq!(found["slices"].as_array().map(Vec::len), Some(5));
    let notes = found["notes"].to_string();
    assert!(!notes.contains("may know the future"), "{notes}");
    let dated = tidewatch(
        project.path(),
        &["backtest", "--target", "churn", "--train-as-of", "2018-01-01", "--test-as-of", "2018-06-01", "--out", "x"],
    );
    assert_eq!(dated.status.code(), Some(2), "{}", String::from_utf8_lossy(&dated.stderr));
}

#[test]
fn ravenstack_has_too_little_signal() {
    let Some(project) = project_copy("ravenstack_saas") else { return };
    let done = tidewatch(project.path(), &["train"]);
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert_eq!(done.status.code(), Some(6), "{said}");
    assert!(said.contains("too little signal"), "{said}");
}
