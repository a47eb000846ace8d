//! `simulate`: the same bytes for the same request, whatever the threads; the demo project is its output.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// What `data/demo` was made with; the README and the project file's first lines say the same.
const DEMO: [&str; 8] = ["--customers", "1600", "--months", "24", "--seed", "7", "--files", "csv.gz"];

fn simulate(arguments: &[&str], out: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_tidewatch"));
    command.arg("simulate").args(arguments).arg("--out").arg(out).output().expect("the binary runs")
}

fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
    entries
        .filter(|path| path.is_file())
        .map(|path| {
            let bytes = fs::read(&path).expect("a readable file");
            (PathBuf::from(path.file_name().expect("a name")), bytes)
        })
        .collect()
}

fn assert_same(left: &Path, right: &Path) {
    let (left, right) = (files(left), files(right));
    assert_eq!(left.keys().collect::<Vec<_>>(), right.keys().collect::<Vec<_>>());
    let differing: Vec<_> = left.iter().filter(|(name, bytes)| right[*name] != **bytes).map(|(name, _)| name).collect();
    assert!(differing.is_empty(), "files differ: {differing:?}");
}

#[test]
fn the_demo_project_is_what_simulate_makes() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = folder.path().join("demo");
    assert!(simulate(&DEMO, &made).status.success());
    let committed = folder.path().join("committed");
    fs::create_dir(&committed).expect("a folder");
    for name in files(&made).keys() {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo").join(name);
        fs::copy(&from, committed.join(name)).expect("every file simulate makes is committed");
    }
    assert_same(&made, &committed);
    let size: usize = files(&committed).values().map(Vec::len).sum();
    assert!(size <= 3_000_000, "the demo has grown to {size} bytes");
}

#[test]
fn threads_do_not_change_a_world_and_seeds_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let world = |name: &str, seed: &str, threads: &str| {
        let out = folder.path().join(name);
        let size = ["--customers", "600", "--months", "6", "--leaks", "--seed", seed, "--threads", threads];
        assert!(simulate(&size, &out).status.success());
        out
    };
    let (one, four) = (world("one", "3", "1"), world("four", "3", "4"));
    assert_same(&one, &four);
    let other = world("other", "4", "2");
    assert_ne!(files(&one)[Path::new("orders.csv")], files(&other)[Path::new("orders.csv")]);
}

#[test]
fn a_larger_world_begins_with_the_smaller_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let customers = |count: &str| {
        let out = folder.path().join(count);
        assert!(simulate(&["--customers", count, "--months", "4", "--seed", "9"], &out).status.success());
        fs::read_to_string(out.join("customers.csv")).expect("customers")
    };
    let (small, large) = (customers("250"), customers("500"));
    assert!(large.starts_with(&small) && large.len() > small.len());
}

#[test]
fn an_occupied_folder_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("precious"), "mine").expect("written");
    let output = simulate(&["--customers", "1", "--months", "1", "--seed", "1"], folder.path());
    assert_eq!(output.status.code(), Some(9));
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(stderr.contains("not empty") && stderr.contains("hint: "), "{stderr}");
    assert_eq!(files(folder.path()).len(), 1);
}

#[test]
fn a_simulated_world_keeps_the_contract_without_a_warning() {
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/demo");
    let project = tidewatch::project::Project::load(&demo).expect("a project");
    let as_of = project.project.as_of.expect("frozen data");
    let checked = tidewatch::contract::check(&project, as_of, &tidewatch::progress::Progress::silent());
    let checked = checked.map_err(|error| error.to_string()).expect("good tables");
    assert_eq!(checked.tables.len(), 15);
    let warnings: Vec<_> = checked
        .findings
        .iter()
        .filter(|found| found.severity != tidewatch::contract::Severity::Recommendation)
        .collect();
    assert!(warnings.is_empty(), "{warnings:#?}");
}
