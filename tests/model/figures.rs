//! What the binary writes about a model, against other implementations.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::fixture::{Project, SHOP, orders};

const BEFORE: &str = "2024-12-01";
const NIGHT: &str = "2025-01-01";

const FLAT: &str = r#"[project]
name = "flat"
as_of = "2025-01-01"

[tables.customers]
files = ["customers.csv"]
columns = { customer = "id" }
static = "*"

[target.churn]
kind = "column"
column = "left"
positive = "yes"

[train]
terms = "linear"
"#;

/// The interpreter with the independent implementations, or `None`, saying why.
#[expect(clippy::disallowed_methods, clippy::print_stderr, reason = "a test asks for its tools and says what it skips")]
fn python() -> Option<PathBuf> {
    let python = std::env::var_os("TIDEWATCH_PYTHON");
    if python.is_none() {
        eprintln!("skipped: TIDEWATCH_PYTHON is not set; tests/run sets it");
    }
    python.map(PathBuf::from)
}

/// Six hundred customers with a number, a count, a plan and blanks, who leave for all of them.
fn flat() -> Project {
    let project = Project::new(FLAT);
    let mut text = "id,score,visits,plan,left\n".to_owned();
    let mut state = 7u64;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1u32 << 31)
    };
    for customer in 0..600 {
        let (score, visits, plan, luck) = (draw(), (draw() * 9.0).floor(), draw(), draw());
        let log_odds = 2.5 * (score - 0.5) - 0.2 * visits + if plan < 0.4 { 0.9 } else { -0.3 };
        let (plan, left) = (if plan < 0.4 { "basic" } else { "gold" }, luck < 1.0 / (1.0 + (-log_odds).exp()));
        let score = if draw() < 0.1 { String::new() } else { format!("{score:.4}") };
        let _ = writeln!(text, "c{customer:03},{score},{visits},{plan},{}", if left { "yes" } else { "no" });
    }
    project.write("customers.csv", text);
    project
}

#[test]
fn evaluation_json_equals_what_scikit_learn_finds_in_the_predictions() {
    let Some(python) = python() else { return };
    let project = flat();
    let out = project.path().join("out");
    project.succeed(&["backtest", "--folds", "4", "--seed", "1", "--out", &out.to_string_lossy()]);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/evaluation/check.py");
    let done = Command::new(python).arg(script).arg(&out).output().expect("python runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

fn number(value: &Value, name: &str) -> f64 {
    value[name].as_f64().unwrap_or(f64::NAN)
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).expect("valid json")
}

/// A shop whose churn is scored by a plain model on two nights.
fn two_nights() -> Project {
    let project = Project::new(&(SHOP.to_owned() + "[train]\nterms = \"linear\"\n[kpi]\nenabled = false\n"));
    project.write("orders.csv", orders(500));
    for night in [BEFORE, NIGHT] {
        project.succeed(&["run", "--as-of", night]);
    }
    project
}

#[test]
fn a_customer_is_explained_to_the_last_digit_and_so_is_what_moved() {
    let project = two_nights();
    let scored = parsed(&project.succeed(&["score", "--as-of", NIGHT, "--format", "json"]).stdout);
    let rows = scored["rows"].as_array().expect("rows");
    let customers: Vec<&str> = rows.iter().filter_map(|row| row["customer"].as_str()).collect();
    assert!(customers.len() > 20, "{} are scored", customers.len());
    let (mut told, mut changed) = (0, 0);
    for customer in [customers[0], customers[customers.len() / 2], customers[customers.len() - 1]] {
        let answer = project.succeed(&["explain", customer, "--as-of", NIGHT, "--format", "json"]);
        let one = parsed(&answer.stdout)["explanations"][0].clone();
        let features = one["features"].as_array().expect("features");
        let parts: f64 = features.iter().map(|feature| number(feature, "contribution")).sum();
        let sum = number(&one, "intercept") + parts + number(&one, "contribution_calibration");
        let (log_odds, score) = (number(&one, "log_odds"), number(&one, "score"));
        assert!((sum - log_odds).abs() < 1e-9 && ((score / (1.0 - score)).ln() - log_odds).abs() < 1e-9, "{one}");
        for change in one["changes"].as_array().expect("changes") {
            changed += 1;
            assert!(number(change, "score") < score, "a change that is proposed lowers the score: {change}");
        }
        let since = &one["since"];
        if since.is_object() {
            told += 1;
            let moved =
                ["ageing", "new_behaviour", "model_change", "calibration_change"].map(|part| number(since, part));
            let difference = number(since, "after") - number(since, "before") - moved.iter().sum::<f64>();
            assert!(difference.abs() < 1e-9, "{since}");
            assert!((number(since, "after") - log_odds).abs() < 1e-9);
        }
    }
    assert!(told > 0 && changed > 0, "no ledger ({told}) or no counterfactual ({changed}) was told");
}

#[test]
fn an_exported_query_over_the_written_features_scores_as_the_night_did() {
    let Some(python) = python() else { return };
    let project = two_nights();
    let place = |name: &str| project.path().join(name).to_string_lossy().into_owned();
    project.succeed(&["features", "--as-of", NIGHT, "--out", &place("features.parquet")]);
    project.succeed(&["model", "export", "current", "--format", "sql", "--out", &place("score.sql")]);
    for format in ["json", "pmml", "scorecard"] {
        assert!(project.succeed(&["model", "export", "current", "--format", format]).stdout.len() > 200);
    }
    let run = "
import duckdb, sys
folder = sys.argv[1]
duckdb.sql(f\"CREATE VIEW features AS SELECT * FROM '{folder}/features.parquet'\")
query = open(f'{folder}/score.sql').read()
night = f\"SELECT * FROM '{folder}/runs/2025-01-01/scores.parquet' WHERE status = 'scored'\"
found = duckdb.sql(f\"SELECT count(*), max(abs(theirs.score - ours.score)) FROM ({query}) theirs JOIN ({night}) ours USING (customer)\")
rows, worst = found.fetchall()[0]
print(rows, worst)
sys.exit(not (rows > 20 and worst < 1e-9))
";
    let done = Command::new(python).args(["-c", run]).arg(project.path()).output().expect("python runs");
    let said = String::from_utf8_lossy(&done.stdout).into_owned() + &String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
}

#[test]
fn advice_on_targets_measures_other_horizons() {
    let project = two_nights();
    let advice = parsed(&project.succeed(&["targets", "advise", "--format", "json"]).stdout);
    let text = advice["targets"][0].to_string();
    assert!(text.contains("horizon") && text.contains("auc"), "{text}");
}
