//! The ready project files for public data sets, where the sets are present.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use polars::prelude::ChunkAgg as _;
use tempfile::TempDir;
use tidewatch::contract::{self, Checked};
use tidewatch::progress::Progress;
use tidewatch::project::Project;
use tidewatch::tables::TableName;

/// Where the public sets are: `TIDEWATCH_SHARED_DATA`, or `../shared/data` beside the checkout; `None` prints why.
#[expect(clippy::disallowed_methods, reason = "tests may be told by the environment where the public sets are")]
pub fn shared_data() -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let folder = std::env::var_os("TIDEWATCH_SHARED_DATA").map_or(beside, PathBuf::from);
    if folder.is_dir() {
        return Some(folder);
    }
    let _ = writeln!(std::io::stderr(), "skipped: no public data sets in {}", folder.display());
    None
}

/// A copy of `data/<name>` whose files point to where the sets are.
pub fn project_copy(name: &str) -> Option<TempDir> {
    let shared = shared_data()?;
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("data").join(name).join("tidewatch.toml");
    let text = std::fs::read_to_string(file).expect("the project file is committed");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = text.replace("../../../shared/data", &shared.to_string_lossy());
    std::fs::write(folder.path().join("tidewatch.toml"), text).expect("written");
    Some(folder)
}

/// The project of a public set and its tables, whatever the contract thinks of them.
pub fn checked(name: &str) -> Option<(TempDir, Project, Checked)> {
    let folder = project_copy(name)?;
    let project = Project::load(folder.path()).expect("a valid project file");
    let as_of = project.project.as_of.expect("frozen data");
    let checked = contract::look(&project, as_of, &Progress::silent()).expect("readable");
    Some((folder, project, checked))
}

#[test]
fn cdnow_reads_whole() {
    let Some((_folder, _project, checked)) = checked("cdnow") else { return };
    assert!(checked.findings.is_empty(), "{:?}", checked.findings);
    let orders = checked.table(TableName::Orders).expect("mapped");
    assert_eq!(orders.rows, 69_659);
    let span = orders.span.map(|(first, last)| (first.to_string(), last.to_string()));
    assert_eq!(span, Some(("1997-01-01".to_owned(), "1998-06-30".to_owned())));
    assert_eq!(orders.covered_until.map(|day| day.to_string()).as_deref(), Some("1998-07-01"));
    let frame = orders.frame.clone().collect().expect("collects");
    assert_eq!(frame.height(), 69_659);
    assert_eq!(frame.column("customer").and_then(polars::prelude::Column::n_unique).expect("counts"), 23_570);
    let total = frame.column("amount").expect("there").f64().expect("numbers").sum().expect("not empty");
    assert!((total - 2_500_315.63).abs() < 1e-3, "{total}");
    assert_eq!(frame.get_column_names(), ["customer", "at", "at_day", "amount", "quantity"]);
}

fn rows(checked: &Checked) -> Vec<(TableName, u64)> {
    checked.tables.values().map(|table| (table.name, table.rows)).collect()
}

fn errors(checked: &Checked) -> Vec<&str> {
    let errors = checked.findings.iter().filter(|finding| finding.severity == contract::Severity::Error);
    errors.map(|finding| finding.finding.as_str()).collect()
}

fn column(checked: &Checked, table: TableName, name: &str) -> polars::prelude::Column {
    let frame = checked.table(table).expect("mapped").frame.clone().collect().expect("collects");
    frame.column(name).expect("there").clone()
}

fn sum(checked: &Checked, table: TableName, name: &str) -> f64 {
    column(checked, table, name).f64().expect("numbers").sum().expect("not empty")
}

#[test]
fn airline_builds_dates_from_years_and_months() {
    let Some((_folder, _project, checked)) = checked("airline_loyalty") else { return };
    assert_eq!(errors(&checked), [""; 0]);
    let subscriptions = checked.table(TableName::Subscriptions).expect("mapped");
    assert_eq!(
        (subscriptions.rows, subscriptions.columns.join(" ")),
        (16_737, "customer started_at ended_at plan".into())
    );
    let ended = column(&checked, TableName::Subscriptions, "ended_at");
    assert_eq!(ended.len() - ended.null_count(), 2_067);
    let usable = checked.table(TableName::Customers).expect("mapped").attributes.clone();
    let unusable: Vec<String> = usable.into_iter().filter(|one| !one.usable).map(|one| one.name).collect();
    assert_eq!(unusable, ["Salary", "CLV", "Enrollment Year", "Enrollment Month"]);
}

#[test]
fn ravenstack_usage_finds_its_account_through_the_subscription() {
    let Some((_folder, _project, checked)) = checked("ravenstack_saas") else { return };
    assert_eq!(errors(&checked), [""; 0]);
    let kinds = column(&checked, TableName::Events, "kind");
    let usage = kinds.str().expect("text").iter().filter(|kind| *kind == Some("feature_used")).count();
    assert_eq!(usage, 25_000);
    let rows = rows(&checked);
    for expected in [(TableName::Customers, 500), (TableName::Subscriptions, 5_000), (TableName::Tickets, 2_000)] {
        assert!(rows.contains(&expected), "{rows:?}");
    }
}

#[test]
fn telco_reads_a_blank_as_no_value_and_the_rest_as_numbers() {
    let Some((_folder, _project, checked)) = checked("telco_ibm") else { return };
    assert_eq!(errors(&checked), [""; 0]);
    assert_eq!(rows(&checked), [(TableName::Customers, 7_043)]);
    assert_eq!(column(&checked, TableName::Customers, "TotalCharges").null_count(), 11);
    assert!(column(&checked, TableName::Customers, "TotalCharges").f64().is_ok());
    assert!(column(&checked, TableName::Customers, "Churn").str().is_ok());
}

#[test]
fn bigml_keeps_the_space_in_a_name() {
    let Some((_folder, _project, checked)) = checked("bigml_telecom") else { return };
    assert_eq!(rows(&checked), [(TableName::Customers, 3_333)]);
    let left = column(&checked, TableName::Customers, "churn ");
    assert_eq!(left.str().expect("text").iter().filter(|value| *value == Some("True")).count(), 483);
}

#[test]
fn complete_journey_joins_products_and_campaigns() {
    let Some((_folder, _project, checked)) = checked("complete_journey") else { return };
    assert_eq!(errors(&checked), [""; 0]);
    let orders = checked.table(TableName::Orders).expect("mapped");
    assert_eq!(orders.rows, 75_000);
    assert_eq!(column(&checked, TableName::Orders, "order").n_unique().expect("counts"), 47_243);
    assert!(rows(&checked).contains(&(TableName::Messages, 6_589)));
    assert!(rows(&checked).contains(&(TableName::Events, 2_102)));
}

#[test]
fn marketing_sums_are_exact() {
    let Some((_folder, _project, checked)) = checked("marketing_kpi") else { return };
    let expected = [(TableName::Customers, 5_000), (TableName::Surveys, 5_000), (TableName::Ads, 1_143)];
    assert_eq!(rows(&checked), expected);
    assert!((sum(&checked, TableName::Ads, "impressions") - 213_434_828.0).abs() < 0.5);
    assert!((sum(&checked, TableName::Ads, "spend") - 58_705.23).abs() < 0.01);
    let answers = column(&checked, TableName::Surveys, "score");
    let promoters = answers.f64().expect("numbers").iter().flatten().filter(|score| *score >= 9.0).count();
    assert_eq!(promoters, 2_309);
}
