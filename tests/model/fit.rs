//! Fit and metrics equal scikit-learn's on the same matrix.

use serde_json::Value;
use tidewatch::evaluate::metrics;
use tidewatch::model::{CERTIFIED_GRADIENT, Matrix, Problem, fit};

fn matrix() -> (Vec<bool>, Matrix) {
    let text = include_str!("../expected/model/matrix.csv");
    let rows: Vec<Vec<f64>> = text
        .lines()
        .skip(1)
        .map(|line| line.split(',').map(|cell| cell.parse().expect("a number")).collect())
        .collect();
    let columns = (1..6).map(|column| rows.iter().map(|row| row[column]).collect()).collect();
    (rows.iter().map(|row| row[0] > 0.5).collect(), Matrix::dense(columns, rows.len()))
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../expected/model/expected.json")).expect("valid json")
}

#[test]
fn coefficients_equal_scikit_learn_to_1e_6() {
    let (outcome, matrix) = matrix();
    for case in expected()["fits"].as_array().expect("a list") {
        let penalty = vec![case["alpha"].as_f64().expect("a number"); 5];
        let problem = Problem { matrix: &matrix, outcome: &outcome, penalty: &penalty, prior: &[0.0; 5] };
        let fitted = fit(problem).expect("converges");
        assert!(fitted.gradient <= CERTIFIED_GRADIENT);
        for (found, wanted) in fitted.coefficients.iter().zip(case["coefficients"].as_array().expect("a list")) {
            assert!((found - wanted.as_f64().expect("a number")).abs() < 1e-6, "{found} is not {wanted}");
        }
        assert!((fitted.intercept - case["intercept"].as_f64().expect("a number")).abs() < 1e-6);
    }
}

#[test]
fn indicator_groups_fit_as_their_dense_columns_do() {
    let (outcome, mut grouped) = matrix();
    let codes: Vec<u16> = (0..grouped.rows).map(|row| u16::try_from(row % 3).expect("small")).collect();
    let mut dense = grouped.clone();
    for wanted in 0..3 {
        let flags: Vec<f64> = codes.iter().map(|code| f64::from(u8::from(*code == wanted))).collect();
        dense.dense.push(flags.into());
    }
    grouped.push_group(3, codes);
    let (penalty, prior) = (vec![2.0; 8], vec![0.0, 0.0, 0.0, 0.0, 0.0, 0.1, -0.2, 0.3]);
    let of = |matrix: &Matrix| fit(Problem { matrix, outcome: &outcome, penalty: &penalty, prior: &prior });
    let (grouped, dense) = (of(&grouped).expect("converges"), of(&dense).expect("converges"));
    for (a, b) in grouped.coefficients.iter().zip(&dense.coefficients) {
        assert!((a - b).abs() < 1e-9, "{a} is not {b}");
    }
}

#[test]
fn metrics_equal_scikit_learn_with_ties() {
    let (outcome, _) = matrix();
    let expected = &expected()["metrics"];
    let scores: Vec<f64> =
        expected["scores"].as_array().expect("a list").iter().map(|score| score.as_f64().expect("a number")).collect();
    let found = metrics(&outcome, &scores);
    let pairs = [
        ("auc", found.auc),
        ("average_precision", found.average_precision),
        ("log_loss", Some(found.log_loss)),
        ("brier", Some(found.brier)),
    ];
    for (name, value) in pairs {
        let (value, wanted) = (value.expect("defined"), expected[name].as_f64().expect("a number"));
        assert!((value - wanted).abs() < 1e-9, "{name}: {value} is not {wanted}");
    }
}
