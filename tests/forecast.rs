//! `forecast` through the binary: on the demo, and on weekly sales that nobody in this project wrote.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::source::public_sets::project_copy;

fn forecast(project: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.arg("forecast").arg("--project").arg(project).args(arguments).output().expect("the program runs")
}

fn rows(project: &Path, arguments: &[&str]) -> Vec<Value> {
    let output = forecast(project, &[arguments, &["--format", "json"]].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let found: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    found["rows"].as_array().expect("rows").clone()
}

fn number(row: &Value, name: &str) -> f64 {
    row[name].as_f64().expect(name)
}

#[test]
fn the_demo_is_forecast_from_its_latest_complete_month_on() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let found = rows(&demo, &["--kpi", "revenue", "retention_rate"]);
    let revenue: Vec<&Value> = found.iter().filter(|row| row["kpi"] == "revenue").collect();
    let starts: Vec<&str> = revenue.iter().filter_map(|row| row["period_start"].as_str()).collect();
    assert_eq!(starts, ["2025-07-01", "2025-08-01", "2025-09-01"]);
    assert!(revenue.iter().all(|row| number(row, "low") < number(row, "value")), "{revenue:?}");
    let shares = found.iter().filter(|row| row["unit"] == "share");
    assert!(shares.clone().count() == 3 && shares.clone().all(|row| number(row, "high") <= 1.0), "{found:?}");
    let text = String::from_utf8(forecast(&demo, &[]).stdout).expect("text");
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    assert!(text.contains("earlier forecasts"), "{text}");
}

#[test]
fn intervals_of_weekly_sales_hold_as_often_as_they_promise() {
    let (mut held, mut compared) = (0.0, 0.0);
    for set in ["cdnow", "complete_journey"] {
        let Some(project) = project_copy(set) else { return };
        for row in rows(project.path(), &["--period", "week", "--kpi", "revenue", "orders", "aov"]) {
            // One row a week ahead: each carries the record of its KPI.
            held += number(&row, "coverage") * number(&row, "compared");
            compared += number(&row, "compared");
        }
    }
    let coverage = held / compared;
    assert!((0.88..=0.99).contains(&coverage), "{coverage} of {} earlier forecasts held", compared / 3.0);
}

#[test]
fn a_kpi_nobody_knows_is_refused() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    assert_eq!(forecast(&demo, &["--kpi", "revnue"]).status.code(), Some(2));
}
