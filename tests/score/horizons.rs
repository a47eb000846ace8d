//! `horizons = [...]`: probabilities over several horizons, and competing reasons of an end.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::File;

use polars::prelude::{DataFrame, ParquetReader, SerReader as _};

use crate::fixture::{Project, SHOP};

const CONTRACTS: &str = r#"[project]
name = "contracts"
as_of = "2025-01-01"
max_data_age_days = 400      # contracts begin in the first 20 months

[tables.subscriptions]
files = ["subscriptions.csv"]
columns = { customer = "customer", started_at = "started", ended_at = "ended", end_reason = "reason", plan = "plan" }
covered_until = "2025-01-01"

[tables.customers]
files = ["customers.csv"]
columns = { customer = "customer" }
static = ["level"]

[target.churn]
kind = "subscription_end"
horizon_days = 60
horizons = [30, 60, 120]

[train]
terms = "linear"

[kpi]
enabled = false
"#;

/// Contracts of 2023 and 2024: `b…` are basic, they end four times as often as `p…`, and mostly for want of payment.
fn contracts() -> String {
    let mut text = "customer,started,ended,reason,plan\n".to_owned();
    let mut luck = 0x9E37_79B9_7F4A_7C15_u64;
    let mut draw = || {
        luck ^= luck << 13;
        luck ^= luck >> 7;
        luck ^= luck << 17;
        (luck >> 11) as f64 / 9_007_199_254_740_992.0
    };
    let date = |day: i32| jiff::civil::date(2023, 1, 1).saturating_add(jiff::Span::new().days(day));
    for number in 0..900 {
        let is_basic = number % 2 == 0;
        let (hazard, unpaid) = if is_basic { (0.004, 0.8) } else { (0.001, 0.2) };
        #[expect(clippy::cast_possible_truncation, reason = "whole days of two years")]
        let (start, length) = ((draw() * 600.0) as i32, (-draw().max(1e-9).ln() / hazard).min(5e3) as i32);
        let reason = if draw() < unpaid { "payment" } else { "voluntary" };
        let end = start + 1 + length;
        let (ended, reason) = if end < 731 { (date(end).to_string(), reason) } else { (String::new(), "") };
        let (letter, plan) = if is_basic { ("b", "basic") } else { ("p", "pro") };
        let _ = writeln!(text, "{letter}{number:03},{},{ended},{reason},{plan}", date(start));
    }
    text
}

fn customers() -> String {
    let mut text = "customer,level\n".to_owned();
    for number in 0..900 {
        let (letter, level) = if number % 2 == 0 { ("b", "basic") } else { ("p", "pro") };
        let _ = writeln!(text, "{letter}{number:03},{level}");
    }
    text
}

fn night(project: &Project) -> DataFrame {
    project.succeed(&["run", "--retrain", "always"]);
    let file = File::open(project.path().join("runs/2025-01-01/horizons.parquet")).expect("it is written");
    ParquetReader::new(file).finish().expect("a table")
}

fn numbers(frame: &DataFrame, column: &str) -> Vec<Option<f64>> {
    frame.column(column).expect("a column").f64().expect("numbers").iter().collect()
}

/// The probabilities of each customer, the shortest horizon first.
fn by_customer(frame: &DataFrame) -> BTreeMap<String, Vec<f64>> {
    let customers = frame.column("customer").expect("a column").str().expect("text").clone();
    let mut found: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (customer, probability) in customers.iter().flatten().zip(numbers(frame, "probability")) {
        found.entry(customer.to_owned()).or_default().push(probability.expect("known"));
    }
    found
}

#[test]
fn an_end_grows_likelier_with_the_horizon_and_its_reasons_sum_to_it() {
    let project = Project::new(CONTRACTS);
    project.write("subscriptions.csv", contracts());
    project.write("customers.csv", customers());
    let frame = night(&project);
    let curves = by_customer(&frame);
    assert!(curves.len() > 300, "{}", curves.len());
    assert!(curves.values().all(|curve| curve.len() == 3 && curve.windows(2).all(|pair| pair[0] <= pair[1])));
    let [total, voluntary, payment, other] =
        ["probability", "probability_voluntary", "probability_payment", "probability_other"]
            .map(|column| numbers(&frame, column).into_iter().map(|x| x.expect("known")).collect::<Vec<f64>>());
    let sums = (0..total.len()).map(|row| voluntary[row] + payment[row] + other[row] - total[row]);
    assert!(sums.map(f64::abs).fold(0.0, f64::max) < 1e-12);
    let customers = frame.column("customer").expect("a column").str().expect("text").clone();
    let share = |letter: char| {
        let own = (0..total.len()).filter(|&row| customers.get(row).is_some_and(|id| id.starts_with(letter)));
        let (unpaid, all) = own.fold((0.0, 0.0), |sum, row| (sum.0 + payment[row], sum.1 + total[row]));
        unpaid / all
    };
    assert!(share('b') > 0.6 && share('p') < 0.5, "{} {}", share('b'), share('p'));
    // The truth within 120 days: 1 − e^(−0.48) = .38 and 1 − e^(−0.12) = .11.
    let mean = |letter: char| {
        let own: Vec<f64> = curves.iter().filter(|(id, _)| id.starts_with(letter)).map(|(_, curve)| curve[2]).collect();
        own.iter().sum::<f64>() / own.len() as f64
    };
    assert!((mean('b') - 0.38).abs() < 0.07 && (mean('p') - 0.11).abs() < 0.05, "{} {}", mean('b'), mean('p'));
    let days = numbers(&frame, "expected_days");
    assert!(days.iter().all(|days| days.is_some_and(|days| (0.0..=120.0).contains(&days))));
}

#[test]
fn silence_grows_less_likely_with_the_horizon() {
    let project = Project::shop();
    project.write("tidewatch.toml", SHOP.to_owned() + "horizons = [14, 30, 60]\n\n[train]\nterms = \"linear\"\n");
    let frame = night(&project);
    let curves = by_customer(&frame);
    assert!(curves.values().all(|curve| curve.len() == 3 && curve.windows(2).all(|pair| pair[0] >= pair[1])));
    assert!(numbers(&frame, "probability_payment").iter().all(Option::is_none));
    let scores = File::open(project.path().join("runs/2025-01-01/scores.parquet")).expect("it is written");
    let scores = ParquetReader::new(scores).finish().expect("a table");
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let scored: Vec<f64> = numbers(&scores, "score").into_iter().flatten().collect();
    let curve: Vec<f64> = curves.values().map(|curve| curve[2]).collect();
    assert!((mean(&scored) - mean(&curve)).abs() < 0.05, "{} {}", mean(&scored), mean(&curve));
}

#[test]
fn horizons_that_do_not_ascend_are_refused_with_their_place() {
    let project = Project::shop();
    project.write("tidewatch.toml", SHOP.to_owned() + "horizons = [30, 7]\n");
    let answer = project.answer(&["check"]);
    assert_eq!(answer.code, Some(3));
    assert!(answer.stderr.contains("the horizons do not ascend"), "{}", answer.stderr);
}
