//! The house: which module may use which. One direction, `cli → ops → stages → foundations`, and among the stages only
//! the edges below. A forbidden edge is named with file and line.

use std::fs;
use std::path::{Path, PathBuf};

/// Used by everyone; they use nobody but each other.
const FOUNDATIONS: [&str; 6] = ["error", "money", "progress", "stats", "tables", "time"];

/// Stage → the other stages it may use.
const STAGES: &[(&str, &[&str])] = &[
    ("project", &[]),
    ("source", &["project"]),
    ("contract", &["project", "source"]),
    ("rollup", &["project", "source", "contract", "publish"]),
    ("observe", &["project", "contract", "rollup", "clv"]),
    ("feature", &["project", "contract", "rollup", "observe", "clv"]),
    ("label", &["project", "contract", "rollup", "observe", "feature"]),
    ("evaluate", &["project", "feature", "label"]),
    ("model", &["project", "feature", "label", "evaluate"]),
    ("registry", &["model", "evaluate", "publish", "report"]),
    ("clv", &[]),
    ("score", &["project", "feature", "label", "model", "registry", "report"]),
    ("kpi", &["project", "contract", "clv", "report", "sentiment", "forecast"]),
    ("insight", &["project", "contract", "rollup", "observe", "feature", "label", "report"]),
    ("journey", &["project", "contract", "report"]),
    ("profile", &["project", "contract"]),
    ("outlook", &["project", "kpi", "forecast", "report"]),
    ("sentiment", &[]),
    ("forecast", &[]),
    ("campaign", &["project", "contract", "kpi", "label", "publish", "report"]),
    ("publish", &[]),
    ("report", &[]),
    ("simulate", &["project"]),
];

#[test]
fn every_module_uses_only_what_it_may_know() {
    let forbidden: Vec<String> = rust_files(&source_root()).iter().flat_map(|file| forbidden_edges(file)).collect();
    assert!(forbidden.is_empty(), "forbidden edges between modules:\n{}", forbidden.join("\n"));
}

#[test]
fn a_forbidden_edge_would_be_seen() {
    assert_eq!(edges("use crate::model::Model;\nlet x = crate::kpi::compute();"), [(1, "model"), (2, "kpi")]);
    assert!(!may_use("feature", "model") && !may_use("time", "project") && !may_use("publish", "cli"));
    assert!(may_use("cli", "ops") && may_use("ops", "score") && may_use("label", "time"));
}

#[test]
fn every_source_file_opens_with_its_documentation() {
    let silent: Vec<PathBuf> = rust_files(&source_root())
        .into_iter()
        .filter(|file| !read(file).lines().take(5).any(|line| line.starts_with("//!")))
        .collect();
    assert!(silent.is_empty(), "files without module documentation: {silent:?}");
}

fn source_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).expect("a folder of the sources").map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> = entries
        .flat_map(|path| if path.is_dir() { rust_files(&path) } else { vec![path] })
        .filter(|path| path.extension().is_some_and(|extension| extension == "rs"))
        .collect();
    files.sort();
    files
}

fn forbidden_edges(file: &Path) -> Vec<String> {
    let relative = file.strip_prefix(source_root()).expect("below the sources");
    let first = relative.components().next().expect("a name").as_os_str().to_string_lossy();
    let user = first.trim_end_matches(".rs");
    if matches!(user, "lib" | "main") {
        return Vec::new();
    }
    let text = read(file);
    edges(&text)
        .into_iter()
        .filter(|(_, used)| !may_use(user, used))
        .map(|(line, used)| format!("src/{}:{line}: {user} → {used}", relative.display()))
        .collect()
}

/// Line numbers and module names of all `crate::module` paths outside comments and unit tests.
fn edges(text: &str) -> Vec<(usize, &str)> {
    let code = text.lines().enumerate().take_while(|(_, line)| !line.starts_with("#[cfg(test)]"));
    code.filter(|(_, line)| !line.trim_start().starts_with("//"))
        .flat_map(|(number, line)| line.split("crate::").skip(1).map(move |rest| (number + 1, module_name(rest))))
        .filter(|(_, name)| !name.is_empty())
        .collect()
}

fn module_name(path: &str) -> &str {
    let end = path.find(|c: char| !(c.is_ascii_lowercase() || c == '_')).unwrap_or(path.len());
    &path[..end]
}

fn may_use(user: &str, used: &str) -> bool {
    if user == used || FOUNDATIONS.contains(&used) {
        return true;
    }
    match user {
        "cli" => true,
        "ops" => used != "cli",
        _ => STAGES.iter().any(|(stage, uses)| *stage == user && uses.contains(&used)),
    }
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).expect("a readable source file")
}
