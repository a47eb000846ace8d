//! Features and labels of CDNOW, where the set is present.

use tidewatch::ops;
use tidewatch::progress::Progress;

use super::hand_made::day;
use crate::source::public_sets::project_copy;

#[test]
fn the_population_of_april_1998_is_as_published() {
    let Some(folder) = project_copy("cdnow") else { return };
    let out = folder.path().join("features.csv");
    ops::features(folder.path(), &[day("1998-04-01")], &out, &Progress::silent()).expect("features");
    let mut reader = csv::Reader::from_path(&out).expect("a csv file");
    let names = reader.headers().expect("a header").clone();
    let position = |name: &str| names.iter().position(|other| other == name).expect("a column");
    let (label, eligible) = (position("label_churn"), position("eligible_churn"));
    let rows: Vec<(bool, bool)> = reader
        .records()
        .map(|record| record.expect("a record"))
        .map(|record| (&record[label] == "1", &record[eligible] == "true"))
        .collect();
    let share = |rows: &[&(bool, bool)]| rows.iter().filter(|row| row.0).count() as f64 / rows.len() as f64;
    let active: Vec<_> = rows.iter().filter(|row| row.1).collect();
    assert_eq!((rows.len(), active.len()), (23_570, 6_055));
    assert!((share(&active) - 0.615).abs() < 1e-3 && (share(&rows.iter().collect::<Vec<_>>()) - 0.860).abs() < 1e-3);
}
