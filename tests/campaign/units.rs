//! Units with several rows, and ratio outcomes, against statsmodels and numpy.

use std::path::Path;

use super::{Effects, close, expected, json, tidewatch};

fn evaluate(out: &Path, more: &[&str]) {
    let (file, out) = (expected("visits.csv"), out.to_str().expect("a path"));
    let asked = ["campaign", "evaluate", "--file", file.to_str().expect("a path"), "--arm", "arm", "--control", "a"];
    let output = tidewatch(&[&asked[..], &["--unit", "visitor", "--out", out], more].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

const COLUMNS: [&str; 7] = ["treated", "control", "effect", "standard_error", "low", "high", "p"];

#[test]
fn rows_of_a_unit_are_no_independent_observations() {
    let out = tempfile::tempdir().expect("a folder");
    let outcomes = ["--outcome", "spend:money", "--outcome", "large:binary", "--outcome", "clicks/shown:ratio"];
    let more = ["--segment", "channel", "--measured-before-assignment", "before"];
    evaluate(out.path(), &[&outcomes[..], &more[..]].concat());
    let (effects, values) = (Effects::read(out.path()), json(&expected("visits.json")));
    for column in COLUMNS {
        let cases = [("spend", "cluster_robust"), ("large", "cluster_robust"), ("clicks/shown", "delta")];
        for (outcome, method) in cases {
            close(effects.number(outcome, method, column), &values[outcome][column], 1e-10, outcome);
        }
        close(effects.number("spend", "cuped", column), &values["spend_cuped"][column], 1e-10, "cuped");
        let app = effects.of_segment("spend", "cluster_robust", "channel", "app", column);
        close(app, &values["spend_app"][column], 1e-10, "spend by app");
    }
    let trust = json(&out.path().join("trust.json"));
    let ratio = trust["checks"].as_array().expect("checks").iter().find(|check| check["name"] == "sample_ratio");
    let p = ratio.expect("a check")["p"].as_f64().expect("a number");
    close(p, &values["sample_ratio_p"], 1e-12, "visitors are counted, not visits");
}

#[test]
fn summed_rows_give_effects_per_unit() {
    let out = tempfile::tempdir().expect("a folder");
    evaluate(out.path(), &["--outcome", "spend:money", "--outcome", "large:binary", "--aggregate"]);
    let (effects, values) = (Effects::read(out.path()), json(&expected("visits.json")));
    for column in COLUMNS {
        close(effects.number("spend", "welch", column), &values["aggregate"]["spend"][column], 1e-10, column);
    }
    for column in ["control", "low", "high"] {
        close(effects.number("large", "newcombe", column), &values["aggregate"]["large"][column], 1e-12, column);
    }
}
