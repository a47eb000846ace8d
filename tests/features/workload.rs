//! The reference workload's 68 features, declared in `benches/workload`, against a plain polars program's values.

use std::collections::BTreeMap;
use std::path::Path;

use tidewatch::ops;
use tidewatch::progress::Progress;

use super::hand_made::day;

type Rows = BTreeMap<(String, String), BTreeMap<String, String>>;

/// Rows of a csv by two key columns.
fn rows(path: &Path, customer: &str, cutoff: &str) -> Rows {
    let mut reader = csv::Reader::from_path(path).expect("a csv file");
    let names = reader.headers().expect("a header").clone();
    let records = reader.records().map(|record| record.expect("a record"));
    let rows = records.map(|record| {
        let mut row: BTreeMap<String, String> =
            names.iter().zip(record.iter()).map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        let mut key = |name: &str| row.remove(name).expect("a key");
        ((key(customer), key(cutoff)), row)
    });
    rows.collect()
}

#[test]
fn the_workload_project_computes_the_reference_values() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let expected = root.join("tests/expected/workload");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = std::fs::read_to_string(root.join("benches/workload/tidewatch.toml")).expect("committed");
    let text = text.replace("\"data/", &format!("\"{}/data/", expected.display()));
    std::fs::write(folder.path().join("tidewatch.toml"), text).expect("written");
    let out = folder.path().join("features.csv");
    let cutoffs = ["2025-03-03", "2025-04-02", "2025-05-02", "2025-06-01"].map(day);
    ops::features(folder.path(), &cutoffs, &out, &Progress::silent()).expect("features");
    let reference = rows(&expected.join("features.csv"), "customer_id", "cutoff");
    let mut ours = rows(&out, "customer", "as_of");
    ours.retain(|_, row| row["eligible_churn"] == "true");
    assert_eq!(ours.keys().collect::<Vec<_>>(), reference.keys().collect::<Vec<_>>());
    for (key, wanted) in &reference {
        let row = &ours[key];
        assert_eq!(row["label_churn"], wanted["label"], "label of {key:?}");
        for (name, value) in wanted.iter().filter(|(name, _)| *name != "label") {
            let number = |text: &str| text.parse::<f64>().expect("a number");
            assert!(
                (number(&row[name]) - number(value)).abs() < 1e-9,
                "{name} of {key:?}: {} is not {value}",
                row[name]
            );
        }
    }
}
