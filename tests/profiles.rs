//! Profiles against an independent computation on the complete-journey sample.

use std::fs;

use polars::prelude::*;
use tidewatch::contract;
use tidewatch::profile;
use tidewatch::progress::Progress;
use tidewatch::project::Project;

use crate::source::public_sets::shared_data;

#[test]
fn profiles_agree_with_pandas() {
    let Some(data) = shared_data().map(|folder| folder.join("complete_journey_sample")) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let text = format!(
        r#"
[project]
name = "complete journey"
time_zone = "America/New_York"
as_of = "2017-10-01"
[tables.orders]
files = ["{data}/transactions_sample.csv.gz"]
at_format = "%Y-%m-%d %H:%M:%S"
columns = {{ customer = "household_id", at = "transaction_timestamp", amount = "sales_value", order = "basket_id", item = "product_id", category = "store_id", discount = "retail_disc" }}
"#,
        data = data.display()
    );
    fs::write(folder.path().join("tidewatch.toml"), text).expect("a file");
    let project = Project::load(folder.path()).expect("a project");
    let as_of = project.project.as_of.expect("a date");
    let checked = contract::check(&project, as_of, &Progress::silent()).expect("good tables");
    let profiles = profile::compute(&project, &checked, as_of, &Progress::silent()).expect("profiles");
    let frame = profiles.frame().expect("a frame");
    let ids = frame.column("customer").expect("ids").str().expect("texts").clone();
    let expected = include_str!("expected/profiles/complete_journey.csv");
    let heading: Vec<&str> = expected.lines().next().expect("a heading").split(',').collect();
    assert_eq!(expected.lines().count(), 41);
    for line in expected.lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let row = ids.iter().position(|id| id == Some(fields[0])).expect("the customer");
        for (name, value) in heading.iter().zip(&fields).skip(1) {
            let found = frame.column(name).expect(name).get(row).expect("a row");
            let alike = match &found {
                AnyValue::Float64(number) => (number - value.parse::<f64>().unwrap_or(f64::NAN)).abs() < 1e-9,
                AnyValue::Null => value.is_empty(),
                other => other.str_value() == *value,
            };
            assert!(alike, "{name} of {}: {found:?}, not {value}", fields[0]);
        }
    }
}
