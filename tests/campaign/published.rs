//! Published experiments, made again from their published counts, means and deviations.

use std::fmt::Write as _;
use std::path::Path;

use super::{Effects, json, tidewatch};

fn evaluate(file: &Path, out: &Path, more: &[&str]) -> (Option<i32>, String) {
    let (file, out) = (file.to_str().expect("a path"), out.to_str().expect("a path"));
    let output = tidewatch(&[&["campaign", "evaluate", "--file", file, "--out", out], more].concat());
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn near(found: f64, expected: f64, tolerance: f64, what: &str) {
    assert!((found - expected).abs() <= tolerance, "{what}: {found} is not {expected}");
}

/// Kevin Hillstrom's e-mail challenge of 2008: 64,000 customers, two mailings against none, by visits and conversions.
#[test]
fn hillstroms_two_mailings_raise_visits_and_conversions() {
    let folder = tempfile::tempdir().expect("a folder");
    // Arm, customers, visits, conversions.
    let arms =
        [("No E-Mail", 21_306, 2_262, 122), ("Mens E-Mail", 21_307, 3_894, 267), ("Womens E-Mail", 21_387, 3_238, 189)];
    let mut text = "segment,visit,conversion\n".to_owned();
    for (arm, customers, visits, conversions) in arms {
        for number in 0..customers {
            let _ = writeln!(text, "{arm},{},{}", u8::from(number < visits), u8::from(number < conversions));
        }
    }
    let file = folder.path().join("hillstrom.csv");
    std::fs::write(&file, text).expect("written");
    let out = folder.path().join("out");
    let asked =
        ["--arm", "segment", "--control", "No E-Mail", "--outcome", "visit:binary", "--outcome", "conversion:binary"];
    let (code, talk) = evaluate(&file, &out, &[&asked[..], &["--expected-weights", "1,1,1"]].concat());
    assert_eq!(code, Some(0), "{talk}");
    assert_eq!(json(&out.join("trust.json"))["verdict"], "PASS");
    let effects = Effects::read(&out);
    for (arm, outcome, effect) in [
        ("Mens E-Mail", "visit", 0.076_590),
        ("Womens E-Mail", "visit", 0.045_233),
        ("Mens E-Mail", "conversion", 0.006_805),
        ("Womens E-Mail", "conversion", 0.003_111),
    ] {
        near(effects.of_arm(arm, outcome, "newcombe", "effect"), effect, 1e-6, arm);
        assert!(effects.of_arm(arm, outcome, "newcombe", "low") > 0.0, "{arm} {outcome}");
        assert!(effects.of_arm(arm, outcome, "newcombe", "p_adjusted") < 0.001, "{arm} {outcome}");
    }
}

/// Rows whose mean and sample deviation are exactly these: half of them above, half below, one in the middle if odd.
fn with_moments(n: usize, mean: f64, deviation: f64) -> impl Iterator<Item = f64> {
    let pairs = n / 2;
    let step = deviation * ((n as f64 - 1.0) / (2.0 * pairs as f64)).sqrt();
    (0..n).map(move |at| {
        if at < pairs {
            mean + step
        } else if at < 2 * pairs {
            mean - step
        } else {
            mean
        }
    })
}

/// The National Supported Work experiment, Dehejia and Wahba's sample: earnings of 1978 of 185 trained and 260 not.
#[test]
fn the_supported_work_experiment_raises_earnings_by_1794() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut text = "trained,re78\n".to_owned();
    for (trained, n, mean, deviation) in [(1, 185, 6349.1435, 7867.4022), (0, 260, 4554.8011, 5483.8360)] {
        for earned in with_moments(n, mean, deviation) {
            let _ = writeln!(text, "{trained},{earned}");
        }
    }
    let file = folder.path().join("nsw.csv");
    std::fs::write(&file, text).expect("written");
    let out = folder.path().join("out");
    let asked = ["--arm", "trained", "--control", "0", "--outcome", "re78:money", "--expected-weights", "0=260,1=185"];
    let (code, talk) = evaluate(&file, &out, &asked);
    assert_eq!(code, Some(0), "{talk}");
    let effects = Effects::read(&out);
    near(effects.number("re78", "welch", "effect"), 1794.342, 0.001, "effect");
    // √(7867.4²/185 + 5483.8²/260)
    near(effects.number("re78", "welch", "standard_error"), 670.997, 0.001, "standard error");
    near(effects.number("re78", "welch", "p"), 0.007_9, 0.000_1, "p");
}
