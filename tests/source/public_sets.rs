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

fn checked(name: &str) -> Option<(TempDir, Project, Checked)> {
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
