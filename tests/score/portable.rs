//! The exported query gives `DuckDB` the same scores to 1e-9, for every shape and calibration.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use tidewatch::feature::{FeatureColumn, FeatureFrame, NO_LEVEL};
use tidewatch::model::{Calibration, Model, Shape, Term};
use tidewatch::project::Terms;
use tidewatch::score::portable::{formula, pmml, scorecard, sql};

use super::project;
use crate::model::frames::world;

const RUN: &str = "
import duckdb, sys
folder = sys.argv[1]
duckdb.sql(f\"CREATE TABLE features AS SELECT * FROM read_csv('{folder}/features.csv', nullstr='', header=true)\")
query = open(f'{folder}/score.sql').read()
duckdb.sql(f\"COPY ({query}) TO '{folder}/scores.csv' (HEADER false)\")
";

fn features_csv(frame: &FeatureFrame) -> String {
    let block = &frame.blocks[0];
    let names: Vec<&str> = frame.features.iter().map(|info| info.name.as_str()).collect();
    let mut text = format!("customer,as_of,{}\n", names.join(","));
    for row in 0..block.len() {
        let _ = write!(text, "{},{}", frame.customers.id(block.customer[row]), block.as_of);
        for column in &block.columns {
            let cell = match column {
                FeatureColumn::Number(values) if values.at(row).is_nan() => String::new(),
                FeatureColumn::Number(values) => format!("{:e}", values.at(row)),
                FeatureColumn::Level { codes, .. } if codes[row] == NO_LEVEL => String::new(),
                FeatureColumn::Level { codes, levels } => levels[codes[row] as usize].clone(),
            };
            let _ = write!(text, ",{cell}");
        }
        text.push('\n');
    }
    text
}

fn in_duckdb(python: &Path, frame: &FeatureFrame, model: &Model) -> Vec<(String, f64, f64)> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("features.csv"), features_csv(frame)).expect("writes");
    std::fs::write(folder.path().join("score.sql"), sql(&formula(model), "features")).expect("writes");
    let done = Command::new(python).args(["-c", RUN]).arg(folder.path()).output().expect("python runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let text = std::fs::read_to_string(folder.path().join("scores.csv")).expect("scores");
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        let number = |at: usize| cells[at].parse::<f64>().expect("a number");
        (cells[0].to_owned(), number(2), number(3))
    };
    text.lines().map(row).collect()
}

/// The interpreter with the independent implementations, or `None`, saying why.
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a test asks for its tools and says what it skips")]
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("TIDEWATCH_PYTHON");
    if python.is_none() {
        eprintln!("skipped: TIDEWATCH_PYTHON is not set; tests/run sets it");
    }
    python
}

/// The model with one more term of every shape, so that none goes untested.
fn of_all_shapes(mut model: Model) -> Model {
    let (hinge, log_hinge) = (Shape::Hinge { knot: 0.3 }, Shape::LogHinge { knot: 0.2 });
    let numbers = [Shape::Identity, Shape::Log, Shape::SignedLog, hinge, log_hinge, Shape::Missing];
    let other = Shape::OtherLevel { known: vec!["basic".to_owned()] };
    let levels = [Shape::Level { level: "gold".to_owned() }, other, Shape::Missing];
    let added = numbers.map(|shape| ("score", shape)).into_iter().chain(levels.map(|shape| ("plan", shape)));
    for (name, shape) in added {
        let feature = model.features.iter().position(|feature| feature.name == name).expect("a feature of the model");
        let coefficient = 0.1 * (model.terms.len() as f64 + 1.0).sin();
        let is_flag = matches!(shape, Shape::Missing | Shape::Level { .. } | Shape::OtherLevel { .. });
        let limits = (!is_flag).then_some((-0.4, 0.9));
        model.terms.push(Term { feature, shape, mean: 0.37, scale: 1.7, limits, coefficient, standard_error: 0.0 });
    }
    model.uncertainty.directions.clear();
    model
}

#[test]
fn the_query_scores_in_duckdb_as_the_model_does_here() {
    let Some(python) = python() else { return };
    let (features, labels) = world(2000, &["2025-01-01"], 10);
    let mut model = of_all_shapes(project(&features, &labels, Terms::Auto).model);
    assert!(!model.trees.is_empty(), "rules are part of the test");
    let calibrations = [
        Calibration::None,
        Calibration::PriorShift { shift: 0.25 },
        Calibration::Platt { slope: 0.9, intercept: -0.1 },
        Calibration::Beta { a: 1.1, b: 0.8, c: 0.05 },
        Calibration::Isotonic { from: vec![-2.0, -1.0, 0.5], to: vec![-1.5, -1.2, 0.9] },
    ];
    for calibration in calibrations {
        model.calibration = calibration;
        let rows: Vec<usize> = (0..features.blocks[0].len()).collect();
        let ours = model.explain(&features, 0, &rows).expect("same features");
        let theirs = in_duckdb(Path::new(&python), &features, &model);
        assert_eq!(theirs.len(), rows.len());
        for (customer, log_odds, score) in theirs {
            let row = features.customers.number(&customer).expect("a customer") as usize;
            assert!(
                (log_odds - ours.log_odds[row]).abs() < 1e-9,
                "{customer}: {log_odds} is not {}",
                ours.log_odds[row]
            );
            assert!((score - ours.score(row)).abs() < 1e-9);
        }
    }
}

#[test]
fn other_formats_name_every_feature() {
    let (features, labels) = world(1500, &["2025-01-01"], 11);
    let model = project(&features, &labels, Terms::Auto).model;
    let (document, card) = (pmml(&formula(&model), "test"), scorecard(&model).text());
    for feature in &model.features {
        assert!(document.contains(&format!("<DataField name=\"{}\"", feature.name)));
    }
    assert_eq!(document.matches("<Apply").count(), document.matches("</Apply>").count());
    assert!(card.contains("plan") && card.contains("gold") && card.contains("rule 1"), "{card}");
}
