//! `[value] basis = "clv_predicted"`: what is at risk is what the lifetime model expects.

use std::fs::File;

use polars::prelude::{ParquetReader, SerReader as _};

use crate::fixture::{Project, SHOP};

/// Mean value and value at risk of the scored customers.
fn night(value: &str) -> (f64, f64) {
    let project = Project::shop();
    let rest = format!("\n[train]\nterms = \"linear\"\n\n[kpi]\nenabled = false\n\n[value]\n{value}\n");
    project.write("tidewatch.toml", SHOP.to_owned() + &rest);
    project.succeed(&["run", "--retrain", "always"]);
    let file = File::open(project.path().join("runs/2025-01-01/scores.parquet")).expect("it is written");
    let scores = ParquetReader::new(file).finish().expect("a table");
    let column = |name: &str| -> Vec<f64> {
        let values = scores.column(name).expect("a column").f64().expect("numbers");
        values.iter().map(|value| value.unwrap_or(f64::NAN)).collect()
    };
    let (score, value, at_risk) = (column("score"), column("value"), column("value_at_risk"));
    assert!(value.iter().all(|value| *value > 0.0), "{value:?}");
    assert!((0..score.len()).all(|row| (score[row] * value[row] - at_risk[row]).abs() < 1e-9));
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    (mean(&value), mean(&at_risk))
}

#[test]
fn predicted_lifetimes_are_a_basis_of_value() {
    let (expected, at_risk) = night("basis = \"clv_predicted\"");
    let (past, _) = night("basis = \"revenue_365\"");
    // Who is active buys on at about the pace of the year before; some will leave.
    assert!(expected > 0.3 * past && expected < 1.5 * past, "{expected} {past}");
    assert!(at_risk > 0.0 && at_risk < expected);
    let (half, _) = night("basis = \"clv_predicted\"\nmargin = 0.5");
    assert!((half - 0.5 * expected).abs() < 1e-9 * expected);
}
