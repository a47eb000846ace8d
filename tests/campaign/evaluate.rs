//! `campaign evaluate --file`.

use std::fmt::Write as _;
use std::path::Path;

use super::{Effects, close, expected, json, shared, tidewatch};

fn evaluate(file: &Path, out: &Path, more: &[&str]) -> (i32, String) {
    let (file, out) = (file.to_str().expect("a path"), out.to_str().expect("a path"));
    let output = tidewatch(&[&["campaign", "evaluate", "--file", file, "--out", out], more].concat());
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn check(folder: &Path, name: &str) -> serde_json::Value {
    let trust = json(&folder.join("trust.json"));
    let checks = trust["checks"].as_array().expect("checks").clone();
    checks.into_iter().find(|check| check["name"] == name).expect("a check of that name")
}

#[test]
fn cookie_cats_equals_scipy_and_statsmodels() {
    let Some(file) = shared("cookie_cats_ab/cookie_cats.csv.gz") else {
        println!("skipped: no Cookie Cats data");
        return;
    };
    let out = tempfile::tempdir().expect("a folder");
    let asked = ["--arm", "version", "--control", "gate_30", "--outcome", "retention_1:binary", "--outcome"];
    let rest =
        ["retention_7:binary", "--outcome", "sum_gamerounds:money", "--expected-weights", "1,1", "--unit", "userid"];
    let (code, talk) = evaluate(&file, out.path(), &[&asked[..], &rest[..]].concat());
    assert_eq!(code, 0, "{talk}");
    let values = json(&expected("cookie_cats.json"));
    let ratio = check(out.path(), "sample_ratio");
    assert_eq!(ratio["verdict"], "WARN");
    close(ratio["p"].as_f64().expect("p"), &values["sample_ratio_p"], 1e-12, "sample ratio p");
    let effects = Effects::read(out.path());
    for outcome in ["retention_1", "retention_7"] {
        for column in ["control", "treated", "effect", "low", "high", "p"] {
            let found = effects.number(outcome, "newcombe", column);
            close(found, &values[outcome][column], 1e-12, &format!("{outcome} {column}"));
        }
    }
    for column in ["control", "treated", "effect", "low", "high", "p"] {
        let found = effects.number("sum_gamerounds", "welch", column);
        close(found, &values["sum_gamerounds"][column], 1e-9, &format!("sum_gamerounds {column}"));
    }
}

#[test]
fn a_covariate_that_may_be_younger_than_the_assignment_is_named_and_not_primary() {
    let Some(file) = shared("cookie_cats_ab/cookie_cats.csv.gz") else {
        println!("skipped: no Cookie Cats data");
        return;
    };
    let out = tempfile::tempdir().expect("a folder");
    let asked = [
        "--arm",
        "version",
        "--control",
        "gate_30",
        "--outcome",
        "retention_7:binary",
        "--covariate",
        "sum_gamerounds",
    ];
    assert_eq!(evaluate(&file, out.path(), &asked).0, 0);
    let timing = check(out.path(), "covariate_timing");
    assert_eq!(timing["verdict"], "WARN");
    assert!(timing["detail"].as_str().expect("a sentence").contains("sum_gamerounds"));
    assert_eq!(Effects::read(out.path()).primary(), ["newcombe"]);
    let declared = [&asked[..], &["--measured-before-assignment", "sum_gamerounds"]].concat();
    assert_eq!(evaluate(&file, out.path(), &declared).0, 0);
    assert_eq!(Effects::read(out.path()).primary(), ["cuped"]);
}

#[test]
fn cuped_and_lin_equal_numpy_and_statsmodels() {
    let out = tempfile::tempdir().expect("a folder");
    let asked = ["--arm", "arm", "--control", "a", "--outcome", "y:money", "--measured-before-assignment", "x"];
    let more = ["--measured-before-assignment", "z"];
    let (code, talk) = evaluate(&expected("covariates.csv"), out.path(), &[&asked[..], &more[..]].concat());
    assert_eq!(code, 0, "{talk}");
    let (effects, values) = (Effects::read(out.path()), json(&expected("covariates.json")));
    for column in ["treated", "control", "low", "high", "p"] {
        close(effects.number("y", "cuped", column), &values["cuped"][column], 1e-8, &format!("cuped {column}"));
    }
    for column in ["effect", "low", "high", "p"] {
        close(effects.number("y", "lin", column), &values["lin"][column], 1e-8, &format!("lin {column}"));
    }
}

#[test]
fn observational_effects_equal_statsmodels_and_numpy() {
    let out = tempfile::tempdir().expect("a folder");
    let asked = ["--arm", "t", "--control", "0", "--outcome", "y:money", "--covariate", "x", "--covariate", "z"];
    let more = ["--design", "observational", "--measured-before-assignment", "x", "--measured-before-assignment", "z"];
    let (code, talk) = evaluate(&expected("observational.csv"), out.path(), &[&asked[..], &more[..]].concat());
    assert_eq!(code, 0, "{talk}");
    let (effects, values) = (Effects::read(out.path()), json(&expected("observational.json")));
    for method in ["difference", "ipw", "entropy_balance", "aipw"] {
        close(effects.number("y", method, "effect"), &values[method], 1e-8, method);
    }
    close(effects.number("y", "aipw", "standard_error"), &values["aipw_se"], 1e-8, "aipw standard error");
    close(check(out.path(), "e_value")["value"].as_f64().expect("a value"), &values["e_value"], 1e-8, "E-value");
    close(effects.number("y", "ipw", "standard_error"), &values["ipw_se"], 1e-6, "ipw standard error");
    for name in ["effective_sample_size", "largest_weight"] {
        close(check(out.path(), name)["value"].as_f64().expect("a value"), &values[name], 1e-8, name);
    }
    let truth = values["truth"].as_f64().expect("a number");
    let (low, high) = (effects.number("y", "aipw", "low"), effects.number("y", "aipw", "high"));
    assert!(low < truth && truth < high, "aipw [{low}, {high}] misses {truth}");
}

#[test]
fn several_arms_are_adjusted_like_statsmodels() {
    let folder = tempfile::tempdir().expect("a folder");
    let values = json(&expected("several.json"));
    let mut text = "arm,y\n".to_owned();
    for (arm, counts) in values["counts"].as_object().expect("arms") {
        let count = |at: usize| counts[at].as_u64().expect("a count");
        for row in 0..count(0) {
            let _ = writeln!(text, "{arm},{}", u8::from(row < count(1)));
        }
    }
    let file = folder.path().join("several.csv");
    std::fs::write(&file, text).expect("written");
    let (code, talk) = evaluate(&file, folder.path(), &ASKED);
    assert_eq!(code, 0, "{talk}");
    let effects = Effects::read(folder.path());
    for (arm, of_arm) in values["arms"].as_object().expect("arms") {
        for (column, value) in of_arm.as_object().expect("columns") {
            close(effects.of_arm(arm, "y", "newcombe", column), value, 1e-10, &format!("{arm} {column}"));
        }
    }
}

#[test]
fn without_a_lot_segments_have_effects_of_their_own_and_placebos_none() {
    let out = tempfile::tempdir().expect("a folder");
    let asked = ["--arm", "t", "--control", "0", "--outcome", "y:money", "--covariate", "x", "--segment", "z"];
    let more = ["--design", "observational", "--placebo-outcome", "before:money"];
    let (code, talk) = evaluate(&expected("observational.csv"), out.path(), &[&asked[..], &more[..]].concat());
    assert_eq!(code, 0, "{talk}");
    let (effects, values) = (Effects::read(out.path()), json(&expected("observational.json")));
    for level in ["p", "q", "r"] {
        let number = |column| effects.of_segment("y", "aipw", "z", level, column);
        close(number("effect"), &values["by_level"][level]["effect"], 1e-8, level);
        close(number("standard_error"), &values["by_level"][level]["se"], 1e-8, level);
        assert!(number("low_simultaneous") < number("low"), "three levels are looked at together");
    }
    assert!(!effects.outcomes().contains(&"before".to_owned()), "a placebo is a check, no effect");
    assert_eq!(check(out.path(), "placebo_outcome")["verdict"], "PASS", "balanced by x");
    let raw = [
        "--arm",
        "t",
        "--control",
        "0",
        "--outcome",
        "y:money",
        "--covariate",
        "z",
        "--placebo-outcome",
        "before:money",
    ];
    let (code, talk) = evaluate(&expected("observational.csv"), out.path(), &[&raw[..], &more[..2]].concat());
    assert!(code == 6 && talk.contains("placebo `before`"), "not balanced by z: {code} {talk}");
}

#[test]
fn row_order_and_threads_change_no_byte() {
    let text = std::fs::read_to_string(expected("covariates.csv")).expect("the csv");
    let (head, lines) = text.split_once('\n').expect("a header");
    let mut lines: Vec<&str> = lines.lines().collect();
    lines.reverse();
    lines.rotate_left(123);
    let folder = tempfile::tempdir().expect("a folder");
    let turned = folder.path().join("turned.csv");
    std::fs::write(&turned, format!("{head}\n{}\n", lines.join("\n"))).expect("written");
    let asked = ["--arm", "arm", "--control", "a", "--outcome", "y:money", "--covariate", "x", "--covariate", "z"];
    let (one, two) = (folder.path().join("one"), folder.path().join("two"));
    let first = evaluate(&expected("covariates.csv"), &one, &[&asked[..], &["--threads", "1"]].concat());
    let second = evaluate(&turned, &two, &[&asked[..], &["--threads", "2"]].concat());
    assert_eq!((first.0, second.0), (0, 0), "{first:?} {second:?}");
    for name in ["effects.parquet", "trust.json", "money.json", "uplift.json"] {
        let bytes = |folder: &Path| std::fs::read(folder.join(name)).expect("written");
        assert_eq!(bytes(&one), bytes(&two), "{name}");
    }
}

/// A csv with rows `arm,unit,x,y`.
fn written(folder: &Path, rows: impl Iterator<Item = (&'static str, usize, f64, u8)>) -> std::path::PathBuf {
    let mut text = "arm,unit,x,y\n".to_owned();
    for (arm, unit, x, y) in rows {
        let _ = writeln!(text, "{arm},{unit},{x},{y}");
    }
    let path = folder.join("experiment.csv");
    std::fs::write(&path, text).expect("written");
    path
}

const ASKED: [&str; 6] = ["--arm", "arm", "--control", "a", "--outcome", "y:binary"];

fn refused_for(rows: impl Iterator<Item = (&'static str, usize, f64, u8)>, more: &[&str], name: &str) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), rows);
    let out = folder.path().join("out");
    std::fs::create_dir_all(&out).expect("a folder");
    std::fs::write(out.join("effects.parquet"), "of an earlier evaluation").expect("written");
    let (code, talk) = evaluate(&file, &out, &[&ASKED[..], more].concat());
    assert_eq!(code, 6, "{talk}");
    assert_eq!(json(&out.join("trust.json"))["verdict"], "REFUSE");
    assert_eq!(check(&out, name)["verdict"], "REFUSE", "{name}");
    assert!(!out.join("effects.parquet").exists(), "no effect may be left");
}

#[test]
fn a_broken_sample_ratio_is_refused() {
    let rows = || (0..2200).map(|i| (if i < 1000 { "a" } else { "b" }, i, 0.0, u8::from(i % 3 == 0)));
    refused_for(rows(), &["--expected-weights", "1,1"], "sample_ratio");
    refused_for(rows(), &[], "sample_ratio");
    refused_for(rows(), &["--expected-weights", "a=1,b=0"], "sample_ratio");
}

#[test]
fn rare_and_constant_shares_keep_newcombes_interval() {
    let folder = tempfile::tempdir().expect("a folder");
    let before = ["--measured-before-assignment", "x"];
    for (share, name) in [(1, "all"), (400, "few")] {
        let x = |i: usize| (i % 7) as f64;
        let rows = (0..2000).map(|i| (if i % 2 == 0 { "a" } else { "b" }, i, x(i), u8::from(i / 2 % share == 0)));
        let out = folder.path().join(name);
        let file = written(folder.path(), rows);
        assert_eq!(evaluate(&file, &out, &[&ASKED[..], &before[..]].concat()).0, 0);
        let effects = Effects::read(&out);
        assert_eq!(effects.primary(), ["newcombe"], "{name}");
        assert!(effects.number("y", "newcombe", "high") > 0.001, "{name}");
    }
}

#[test]
fn units_in_two_arms_are_refused() {
    let rows = (0..2000).map(|i| (if i % 2 == 0 { "a" } else { "b" }, i / 3, 0.0, u8::from(i % 3 == 0)));
    refused_for(rows, &["--unit", "unit"], "contamination");
}

#[test]
fn arms_without_overlap_are_refused() {
    let x = |i: usize| (i % 10) as f64 / 10.0 + if i.is_multiple_of(2) { 0.0 } else { 5.0 };
    let rows = || (0..400).map(|i| (if i % 2 == 0 { "a" } else { "b" }, i, x(i), u8::from(i % 3 == 0)));
    refused_for(rows(), &["--design", "observational", "--covariate", "x"], "smd_after_weighting");
    refused_for(rows(), &["--design", "observational", "--covariate", "x"], "effective_sample_size");
}

#[test]
fn what_a_user_may_get_wrong_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = written(folder.path(), (0..10).map(|i| (if i % 2 == 0 { "a" } else { "b" }, i, 0.5, 1)));
    let cases: [(&[&str], i32, &str); 7] = [
        (&["--arm", "arm", "--control", "a", "--outcome", "arm:money"], 4, "currency signs"),
        (
            &["--arm", "arm", "--control", "a", "--outcome", "y/x:ratio", "--design", "observational"],
            2,
            "--outcome ABOVE:money",
        ),
        (&["--arm", "arm", "--control", "c", "--outcome", "y:binary"], 2, "one of: a, b"),
        (&["--arm", "arn", "--control", "a", "--outcome", "y:binary"], 4, "arm, unit, x, y"),
        (&["--arm", "arm", "--control", "a", "--outcome", "y:euro"], 2, "COLUMN:binary"),
        (&["--arm", "arm", "--control", "a", "--outcome", "x:binary"], 4, "0.5 in the binary outcome `x`"),
        (&["--arm", "arm", "--control", "a", "--outcome", "y:binary", "--expected-weights", "1,2,3"], 2, "a, b"),
    ];
    for (asked, exit, words) in cases {
        let (code, talk) = evaluate(&file, &folder.path().join("out"), asked);
        assert!(code == exit && talk.contains(words), "{asked:?}: exit {code}\n{talk}");
    }
}
