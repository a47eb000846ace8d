//! Equal inputs, equal bytes: thread counts, the order of rows and files, and runs one after the other change nothing.

use std::fs;
use std::path::Path;

use crate::fixture::{Project, files};

/// Three hundred simulated customers with all tables and targets, and models small enough for a test.
fn small() -> Project {
    let project = Project::simulated(300, 10, 5);
    let text = String::from_utf8(project.read("tidewatch.toml")).expect("UTF-8");
    project.write("tidewatch.toml", text + "\n[train]\nterms = \"linear\"\ncutoffs = 3\n");
    project
}

/// Runs the nightly job and returns all files it left, but the one that holds clock times.
fn run(project: &Project, arguments: &[&str]) -> Vec<(String, Vec<u8>)> {
    project.succeed(&[&["run"], arguments].concat());
    results(project)
}

fn results(project: &Project) -> Vec<(String, Vec<u8>)> {
    let runs = project.path().join("runs");
    let kept = files(&runs).into_iter().filter(|file| !file.ends_with("timing.json"));
    kept.map(|file| (file.display().to_string(), fs::read(runs.join(&file)).expect("a readable file"))).collect()
}

fn assert_same(left: &[(String, Vec<u8>)], right: &[(String, Vec<u8>)], but: &[&str]) {
    let names = |files: &[(String, Vec<u8>)]| files.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(names(left), names(right));
    assert!(left.len() >= 5, "too few files to prove anything: {:?}", names(left));
    let differ = left.iter().zip(right).filter(|(left, right)| left.1 != right.1).map(|(left, _)| &left.0);
    let differ: Vec<_> = differ.filter(|name| !but.iter().any(|but| name.ends_with(but))).collect();
    assert!(differ.is_empty(), "these files differ: {differ:?}");
}

#[test]
fn threads_do_not_change_a_run() {
    let (one, four) = (small(), small());
    let left = run(&one, &["--threads", "1"]);
    let right = run(&four, &["--threads", "4"]);
    assert_same(&left, &right, &[]);
}

#[test]
fn a_second_run_leaves_the_same_bytes() {
    let project = small();
    let first = run(&project, &[]);
    let second = run(&project, &[]);
    assert_same(&first, &second, &[]);
}

#[test]
fn the_order_of_rows_and_files_does_not_change_a_run() {
    let (straight, shuffled) = (small(), small());
    for table in ["customers", "events", "orders", "subscriptions", "tickets", "surveys", "messages", "payments"] {
        shuffle(shuffled.path(), table);
    }
    let left = run(&straight, &[]);
    let right = run(&shuffled, &[]);
    // The manifest names the input files and the project file's hash, which are others here.
    assert_same(&left, &right, &["run.json"]);
}

/// Splits a table in two files, the later rows first, each backwards.
fn shuffle(folder: &Path, table: &str) {
    let path = folder.join(format!("{table}.csv"));
    let text = fs::read_to_string(&path).expect("a table");
    let (header, rows) = text.split_once('\n').expect("a header");
    let mut rows: Vec<&str> = rows.lines().collect();
    rows.reverse();
    let half = rows.len() / 3;
    for (part, rows) in [("a", &rows[..half]), ("b", &rows[half..])] {
        fs::write(folder.join(format!("{table}-{part}.csv")), format!("{header}\n{}\n", rows.join("\n")))
            .expect("written");
    }
    fs::remove_file(&path).expect("removed");
    let project = folder.join("tidewatch.toml");
    let text = fs::read_to_string(&project).expect("a project file");
    fs::write(&project, text.replace(&format!("{table}.csv"), &format!("{table}-*.csv"))).expect("written");
}
