//! Reading row groups directly gives the same tables and the same history as reading checked frames.

use std::fs::{self, File};
use std::path::Path;

use polars::prelude::{Engine, LazyFrame, ParquetWriter, PlRefPath, ScanArgsParquet};
use tempfile::TempDir;
use tidewatch::contract::{self, Checked};
use tidewatch::feature::audit::differing;
use tidewatch::feature::{FeatureFrame, Plan, compute};
use tidewatch::progress::Progress;
use tidewatch::project::Project;
use tidewatch::rollup::{self, History};
use tidewatch::simulate::{Files, Request, simulate};
use tidewatch::time::Day;

use super::hand_made::day;

/// A simulated world whose parquet files have many small row groups, in a zone whose clocks change.
fn world() -> (TempDir, Project, Day) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let as_of = day("2025-07-01");
    let out = folder.path().to_owned();
    let request =
        Request { customers: 250, months: 9, seed: 5, days_end: as_of, leaks: false, files: Files::Parquet, out };
    simulate(&request, &Progress::silent()).expect("a world");
    for file in parquet_files(folder.path()) {
        let scan =
            LazyFrame::scan_parquet(PlRefPath::try_from_path(&file).expect("a path"), ScanArgsParquet::default());
        let frame = scan.expect("a scan").collect_with_engine(Engine::InMemory).expect("rows");
        let mut frame = frame.unwrap_single();
        let again = File::create(&file).expect("a file");
        ParquetWriter::new(again).with_row_group_size(Some(97)).finish(&mut frame).expect("written");
    }
    let path = folder.path().join("tidewatch.toml");
    let text = fs::read_to_string(&path).expect("a project file");
    let zoned = text.replace("time_zone = \"UTC\"", "time_zone = \"America/Santiago\"");
    assert_ne!(text, zoned, "the simulated project says its zone");
    fs::write(&path, zoned).expect("written");
    let project = Project::load(folder.path()).expect("a project");
    (folder, project, as_of)
}

fn parquet_files(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    let files = entries.flat_map(|path| if path.is_dir() { parquet_files(&path) } else { vec![path] });
    files.filter(|path| path.extension().is_some_and(|extension| extension == "parquet")).collect()
}

fn features(project: &Project, checked: &Checked, history: &History) -> FeatureFrame {
    let plan = Plan::new(project, checked).expect("a plan");
    compute(&plan, history, &[day("2025-03-01"), day("2025-06-01")], &Progress::silent()).expect("features")
}

#[test]
fn both_ways_of_reading_give_one_history() {
    let (_folder, project, as_of) = world();
    let checked = contract::check(&project, as_of, &Progress::silent()).expect("good tables");
    let history = History::build(&project, &checked, &Progress::silent()).expect("a history");
    let (directly_checked, direct) = rollup::ingest(&project, as_of, &Progress::silent()).expect("a history");
    assert_eq!(direct.customers, history.customers);
    assert_eq!((&direct.first_seen, &direct.signup), (&history.first_seen, &history.signup));
    assert_eq!(directly_checked.inputs, checked.inputs);
    for (name, table) in &checked.tables {
        let other = directly_checked.table(*name).expect("the same tables");
        assert_eq!(
            (table.rows, table.span, table.covered_until),
            (other.rows, other.span, other.covered_until),
            "{name}"
        );
        let (one, two) = (history.table(*name), direct.table(*name));
        assert_eq!(one.map(|table| &table.days), two.map(|table| &table.days), "{name}");
    }
    let whole = features(&project, &checked, &history);
    assert!(whole.features.len() > 150, "{} features", whole.features.len());
    assert_eq!(differing(&whole, &features(&project, &directly_checked, &direct)), Vec::<String>::new());
}

#[test]
fn a_row_that_breaks_the_contract_is_named_as_ever() {
    let (folder, project, as_of) = world();
    let file = parquet_files(folder.path()).into_iter().find(|path| path.to_string_lossy().contains("orders"));
    let file = file.expect("orders");
    let scan = LazyFrame::scan_parquet(PlRefPath::try_from_path(&file).expect("a path"), ScanArgsParquet::default());
    let broken = scan.expect("a scan").with_columns([polars::prelude::lit(f64::NAN).alias("amount")]);
    let mut frame = broken.collect_with_engine(Engine::InMemory).expect("rows").unwrap_single();
    ParquetWriter::new(File::create(&file).expect("a file")).finish(&mut frame).expect("written");
    let said = contract::check(&project, as_of, &Progress::silent()).err().map(|error| error.to_string());
    let directly = rollup::ingest(&project, as_of, &Progress::silent()).err().map(|error| error.to_string());
    assert!(said.as_ref().is_some_and(|said| said.contains("NaN")), "{said:?}");
    assert_eq!(said, directly);
}
