//! KPIs of the public sets against `tests/expected/kpi/values.csv`, which pandas computed from the files.

use std::collections::BTreeMap;

use polars::prelude::DataType;
use tidewatch::kpi::{self, KpiTable, PeriodKind, Request};
use tidewatch::progress::Progress;

use super::frames::day;
use crate::source::public_sets;

/// kpi, start of the period, segment, part.
type Key = (String, String, String, String);

fn expected(set: &str) -> Vec<(Key, f64)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expected/kpi/values.csv");
    let mut reader = csv::Reader::from_path(path).expect("committed values");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    rows.filter(|row: &(String, String, String, String, String, f64)| row.0 == set)
        .map(|(_, kpi, start, segment, part, value)| ((kpi, start, segment, part), value))
        .collect()
}

fn found(table: &KpiTable) -> BTreeMap<Key, f64> {
    let keyed = table.rows.iter().filter_map(|row| {
        let (segment, part) = row.segment.clone().unwrap_or_default();
        Some(((row.kpi.name.to_owned(), row.period.start.to_string(), segment, part), row.estimate.value?))
    });
    keyed.collect()
}

fn compare(expected: &[(Key, f64)], found: &BTreeMap<Key, f64>) {
    assert!(!expected.is_empty());
    let differs = |(key, value): &&(Key, f64)| {
        let other = found.get(key).copied().unwrap_or(f64::NAN);
        let close = (other - value).abs() <= 1e-9 * value.abs().max(1.0);
        !close
    };
    let wrong: Vec<String> = expected
        .iter()
        .filter(differs)
        .map(|(key, value)| format!("{key:?}: {value} is {:?}", found.get(key)))
        .collect();
    let few = &wrong[..wrong.len().min(12)];
    assert!(wrong.is_empty(), "{} of {} values differ:\n{}", wrong.len(), expected.len(), few.join("\n"));
}

fn computed(set: &str, from: &str, segments: &[&str]) -> Option<KpiTable> {
    let (_folder, mut project, checked) = public_sets::checked(set)?;
    project.kpi.min_n = 0;
    let request = Request {
        as_of: project.project.as_of.expect("frozen data"),
        period: PeriodKind::Month,
        from: Some(day(from)),
        to: None,
        kpis: Vec::new(),
        segments: segments.iter().map(|segment| (*segment).to_owned()).collect(),
    };
    Some(kpi::compute(&project, &checked, &request, None, &Progress::silent()).expect("KPIs"))
}

#[test]
fn cdnow_agrees_with_pandas() {
    let Some(table) = computed("cdnow", "1997-07-01", &[]) else { return };
    compare(&expected("cdnow"), &found(&table));
}

#[test]
fn marketing_agrees_with_pandas_by_market_age_and_gender() {
    let Some(table) = computed("marketing_kpi", "2021-01-01", &["Market", "channel", "campaign"]) else { return };
    compare(&expected("marketing_kpi"), &found(&table));
}

#[test]
fn the_year_of_answers_and_the_ads_have_their_published_values() {
    let Some((_folder, project, checked)) = public_sets::checked("marketing_kpi") else { return };
    let request = Request { period: PeriodKind::Year, ..Request::nightly(day("2023-09-01")) };
    let table = kpi::compute(&project, &checked, &request, None, &Progress::silent()).expect("KPIs");
    let found = found(&table);
    let value = |kpi: &str, start: &str| found[&(kpi.to_owned(), start.to_owned(), String::new(), String::new())];
    assert_eq!(value("nps", "2021-01-01"), 11.8);
    assert!((value("ctr", "2023-01-01") - 0.000_178_8).abs() < 5e-8);
    assert!((value("cpa", "2023-01-01") - 54.41).abs() < 5e-3);
}

#[test]
fn airline_agrees_with_pandas_by_card_and_cohort() {
    let Some(table) = computed("airline_loyalty", "2018-01-01", &["Loyalty Card"]) else { return };
    compare(&expected("airline_loyalty"), &found(&table));
    let december = |row: &&kpi::KpiRow| row.kpi.name == "mau" && row.period.start == day("2018-12-01");
    let december = table.rows.iter().find(december).expect("a row");
    assert_eq!(december.status.text(), "unavailable:not_covered", "what happened in December was not known yet");
}

#[test]
fn ravenstack_agrees_with_pandas_by_plan() {
    let Some(table) = computed("ravenstack_saas", "2024-01-01", &["plan"]) else { return };
    let expected = expected("ravenstack_saas");
    let kpis: Vec<_> = expected.iter().filter(|((kpi, ..), _)| !kpi.starts_with("bridge_")).cloned().collect();
    compare(&kpis, &found(&table));
}

#[test]
fn the_bridge_of_ravenstack_agrees_with_pandas_to_the_cent() {
    let Some((_folder, project, checked)) = public_sets::checked("ravenstack_saas") else { return };
    let as_of = project.project.as_of.expect("frozen data");
    let bridges = kpi::extras(&project, &checked, as_of, &Progress::silent()).expect("extras").bridges;
    let text = |name: &str, row: usize| {
        let column = bridges.column(name).expect("a column").cast(&DataType::String).expect("texts");
        column.str().expect("texts").get(row).map(str::to_owned)
    };
    let mut found = BTreeMap::new();
    for row in 0..bridges.height() {
        if text("bridge", row).as_deref() != Some("mrr") || text("segment", row).is_some() {
            continue;
        }
        for part in ["new", "expansion", "reactivation", "contraction", "churn"] {
            let value = bridges.column(part).expect("a column").f64().expect("money").get(row).expect("a value");
            let start = text("period_start", row).expect("a date");
            found.insert((format!("bridge_{part}"), start, String::new(), String::new()), value);
        }
    }
    let parts: Vec<_> =
        expected("ravenstack_saas").into_iter().filter(|((kpi, ..), _)| kpi.starts_with("bridge_")).collect();
    compare(&parts, &found);
}
