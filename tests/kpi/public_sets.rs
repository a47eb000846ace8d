//! KPIs of the public sets against `tests/expected/kpi/values.csv`, which pandas computed from the files.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::path::Path;

use polars::prelude::DataType;
use tidewatch::contract;
use tidewatch::kpi::{self, KpiTable, PeriodKind, Request};
use tidewatch::progress::Progress;
use tidewatch::project::Project;

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
    let folder = public_sets::project_copy(set)?;
    Some(computed_in(folder.path(), from, segments))
}

fn computed_in(folder: &Path, from: &str, segments: &[&str]) -> KpiTable {
    let mut project = Project::load(folder).expect("a valid project file");
    let as_of = project.project.as_of.expect("frozen data");
    let checked = contract::look(&project, as_of, &Progress::silent()).expect("readable");
    project.kpi.min_n = 0;
    let request = Request {
        as_of,
        period: PeriodKind::Month,
        from: Some(day(from)),
        to: None,
        kpis: Vec::new(),
        segments: segments.iter().map(|segment| (*segment).to_owned()).collect(),
        rolling_days: None,
    };
    kpi::compute(&project, &checked, &request, None, &Progress::silent()).expect("KPIs")
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
    let Some(folder) = public_sets::project_copy("ravenstack_saas") else { return };
    let file = folder.path().join("tidewatch.toml");
    let text = std::fs::read_to_string(&file).expect("the project file");
    std::fs::write(&file, with_first_responses(&text)).expect("written");
    let table = computed_in(folder.path(), "2024-01-01", &["plan"]);
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

/// The set tells minutes until the first response, not when it came.
fn with_first_responses(project: &str) -> String {
    let at = |column: &str| format!("CAST(STRPTIME({column}, '%Y-%m-%d') AS BIGINT)");
    let mapped = format!(
        "opened_at = \"{}\"\nfirst_response_at = \"{} + 60000000 * CAST(first_response_time_minutes AS BIGINT)\"",
        at("submitted_at"),
        at("submitted_at"),
    );
    let (before, tickets) = project.split_once("[tables.tickets]").expect("tickets");
    let tickets = tickets.replacen("opened_at = \"submitted_at\"", &mapped, 1);
    let tickets = tickets.replacen("resolved_at = \"closed_at\"", &format!("resolved_at = \"{}\"", at("closed_at")), 1);
    format!("{before}[tables.tickets]\nat_format = \"unix_us\"{tickets}")
}

/// Columns of a csv file, plain or compressed, as texts.
fn columns(folder: &Path, name: &str, wanted: &[&str]) -> Vec<Vec<String>> {
    let bytes = std::fs::read(folder.join(name)).expect("a file of the set");
    let mut text = String::new();
    if Path::new(name).extension().is_some_and(|extension| extension == "gz") {
        flate2::read::GzDecoder::new(&bytes[..]).read_to_string(&mut text).expect("gzip");
    } else {
        text = String::from_utf8(bytes).expect("UTF-8");
    }
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let heading = reader.headers().expect("a heading").clone();
    let places: Vec<usize> =
        wanted.iter().map(|name| heading.iter().position(|column| column == *name).expect("a column")).collect();
    let row = |row: csv::StringRecord| places.iter().map(|place| row[*place].to_owned()).collect();
    reader.records().map(|record| row(record.expect("a row"))).collect()
}

#[test]
fn redemption_rates_of_campaigns_agree_with_pandas() {
    let Some(shared) = public_sets::shared_data() else { return };
    let set = shared.join("complete_journey_sample");
    let starts: BTreeMap<String, String> = columns(&set, "campaign_descriptions.csv", &["campaign_id", "start_date"])
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .collect();
    let mut redeemed: BTreeMap<(String, String), String> = BTreeMap::new();
    for row in columns(&set, "coupon_redemptions.csv", &["household_id", "campaign_id", "redemption_date"]) {
        let first = redeemed.entry((row[0].clone(), row[1].clone())).or_insert_with(|| row[2].clone());
        *first = std::mem::take(first).min(row[2].clone());
    }
    let mut messages = "household,campaign,start,redeemed\n".to_owned();
    for row in columns(&set, "campaigns.csv.gz", &["household_id", "campaign_id"]) {
        let taken = redeemed.get(&(row[0].clone(), row[1].clone())).map_or("", String::as_str);
        let _ = writeln!(messages, "{},{},{},{taken}", row[0], row[1], starts[&row[1]]);
    }
    let project = "[project]\nname = \"journey\"\nas_of = \"2018-01-01\"\n[tables.messages]\nfiles = [\"m.csv\"]\ncolumns = \
                   { customer = \"household\", campaign = \"campaign\", at = \"start\", converted_at = \"redeemed\" }\n";
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("m.csv"), messages).expect("written");
    std::fs::write(folder.path().join("tidewatch.toml"), project).expect("written");
    let table = computed_in(folder.path(), "2016-11-01", &["campaign"]);
    compare(&expected("complete_journey"), &found(&table));
}

/// A row of the committed cells: set, then a key, then the value.
type CellRow = (String, String, String, String, String, i64, f64);

/// measure, cohort, segment, part, age.
type CellKey = (String, String, String, String, i64);

fn cohort_cells(set: &str) -> Option<BTreeMap<CellKey, f64>> {
    let (_folder, project, checked) = public_sets::checked(set)?;
    let as_of = project.project.as_of.expect("frozen data");
    let cohorts = kpi::extras(&project, &checked, as_of, &Progress::silent()).expect("extras").cohorts;
    let text = |name: &str| cohorts.column(name).expect("a column").cast(&DataType::String).expect("texts");
    let [measure, cohort, segment, part] = ["measure", "cohort", "segment", "segment_value"].map(text);
    let ages = cohorts.column("age").expect("a column").i32().expect("whole numbers");
    let values = cohorts.column("value").expect("a column").f64().expect("numbers");
    let at = |column: &polars::prelude::Column, row: usize| {
        column.str().expect("texts").get(row).unwrap_or_default().to_owned()
    };
    let cell = |row: usize| {
        let key = (at(&measure, row), at(&cohort, row), at(&segment, row), at(&part, row));
        let (measure, cohort, segment, part) = key;
        Some(((measure, cohort, segment, part, i64::from(ages.get(row)?)), values.get(row)?))
    };
    Some((0..cohorts.height()).filter_map(cell).collect())
}

fn compare_cells(set: &str) {
    let Some(found) = cohort_cells(set) else { return };
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/expected/kpi/cohorts.csv");
    let mut reader = csv::Reader::from_path(path).expect("committed values");
    let rows = reader.deserialize().map(|row| row.expect("a row"));
    let rows: Vec<CellRow> = rows.filter(|row: &CellRow| row.0 == set).collect();
    assert!(rows.len() > 100);
    for (_, measure, cohort, segment, part, age, value) in rows {
        let key = (measure, cohort, segment, part, age);
        let other = found.get(&key).copied().unwrap_or(f64::NAN);
        assert!((other - value).abs() <= 1e-9 * value.abs().max(1.0), "{key:?}: {value} is {other}");
    }
}

#[test]
fn the_cohort_triangle_of_cdnow_agrees_with_pandas() {
    compare_cells("cdnow");
}

#[test]
fn survival_by_card_agrees_with_pandas() {
    compare_cells("airline_loyalty");
}
