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
    let column = |name: &str| scores.column(name).expect("a column").f64().expect("numbers").clone();
    let values = column("value");
    assert!(values.null_count() == 0 && values.iter().flatten().all(|value| value > 0.0), "{values:?}");
    let products = column("score").iter().zip(&values).map(|(score, value)| score.zip(value).map(|(s, v)| s * v));
    let apart = products.zip(column("value_at_risk").iter()).map(|(a, b)| a.zip(b).map_or(0.0, |(a, b)| (a - b).abs()));
    assert!(apart.fold(0.0, f64::max) < 1e-9);
    (values.mean().expect("customers"), column("value_at_risk").mean().expect("customers"))
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
