//! `insights` through the binary on the demo, whose truth is known.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::source::public_sets::project_copy;

fn demo() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo")
}

fn insights(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.arg("insights").arg("--project").arg(demo()).args(arguments).output().expect("the program runs")
}

fn rows() -> Vec<Value> {
    let output = insights(&["--format", "json"]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    found["rows"].as_array().expect("rows").clone()
}

#[test]
fn the_planted_ratio_of_the_demo_lies_in_its_interval() {
    let truth = std::fs::read(demo().join("truth.json")).expect("the truth");
    let truth: Value = serde_json::from_slice(&truth).expect("JSON");
    let planted = truth["behaviours"]["chat"]["ratio"].as_f64().expect("a ratio");
    let rows = rows();
    let chat = rows.iter().find(|row| row["behaviour"] == "chat" && row["outcome"] == "churn").expect("a row");
    let (low, high) = (chat["low"].as_f64().expect("low"), chat["high"].as_f64().expect("high"));
    assert!(low < planted && planted < high, "{planted} is not within {chat}");
}

#[test]
fn every_row_is_complete_sorted_and_corrected_for_what_was_tried() {
    let rows = rows();
    assert!(rows.len() > 50, "features were cut too: {}", rows.len());
    for row in &rows {
        let (p, q) = (row["p"].as_f64(), row["q"].as_f64());
        assert_eq!(p.is_some(), q.is_some(), "{row}");
        assert!(p.zip(q).is_none_or(|(p, q)| (0.0..=1.0).contains(&p) && p <= q && q <= 1.0), "{row}");
        assert!(row["sentence"].as_str().is_some_and(|sentence| !sentence.contains("because")), "{row}");
    }
    let family = |row: &&Value| row["outcome"] == "churn" && row["declared"] == false;
    let q: Vec<f64> = rows.iter().filter(family).map(|row| row["q"].as_f64().unwrap_or(f64::INFINITY)).collect();
    assert!(q.is_sorted(), "within outcome and family by evidence");
}

#[test]
fn text_reads_in_80_columns_and_never_speaks_of_cause() {
    let output = insights(&[]);
    let text = String::from_utf8(output.stdout).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("customers who used the help chat were "), "{text}");
    assert!(text.ends_with("They go together; that is not yet a cause.\n"), "{text}");
}

#[test]
fn the_number_of_threads_changes_nothing() {
    let one = insights(&["--format", "csv", "--threads", "1"]);
    let four = insights(&["--format", "csv", "--threads", "4"]);
    assert_eq!(one.stdout, four.stdout);
}

#[test]
fn before_any_outcome_is_known_it_says_so() {
    let output = insights(&["--as-of", "2020-01-01"]);
    assert_eq!(output.status.code(), Some(7), "{}", String::from_utf8_lossy(&output.stderr));
}

#[test]
fn an_urgent_ticket_agrees_with_pandas_statsmodels_and_scipy() {
    let Some(project) = project_copy("ravenstack_saas") else { return };
    let behaviour =
        "\n[behaviour.urgent_ticket]\ntable = \"tickets\"\nwhere = \"severity = 'urgent'\"\nwithin_days = 180\n";
    let file = project.path().join("tidewatch.toml");
    let text = std::fs::read_to_string(&file).expect("the project file") + behaviour;
    std::fs::write(&file, text).expect("written");
    let expected = include_str!("expected/insight/ravenstack.csv");
    let (heading, values) = expected.split_once('\n').expect("a heading");
    let first = values.lines().next().expect("the slice that finds");
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    let output =
        command.args(["insights", "--format", "json", "--project"]).arg(project.path()).output().expect("it runs");
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let rows = found["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row["behaviour"] == "urgent_ticket" && row["outcome"] == "churn").expect("a row");
    for (name, value) in heading.split(',').zip(first.split(',')) {
        if name == "cutoff" {
            assert_eq!(row[name], *value);
            continue;
        }
        let (found, value) = (row[name].as_f64().expect(name), value.parse::<f64>().expect("a number"));
        assert!((found - value).abs() < 1e-9 * value.abs().max(1.0), "{name}: {found}, not {value}");
    }
}
