//! Killed at any moment, a run leaves the old state or the new one, entirely, and the next run succeeds.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::fixture::{Project, files, tidewatch};

/// Names of all stages the sources announce; one that a run never reaches simply lets it finish.
fn stages() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = files(&root).into_iter().map(|file| fs::read_to_string(root.join(file)).expect("a source file"));
    let mut stages = BTreeSet::new();
    for source in sources {
        let code = source.split("#[cfg(test)]").next().unwrap_or_default();
        for begin in [".stage(\"", "steps(\""] {
            let named = code.split(begin).skip(1);
            stages.extend(named.filter_map(|rest| rest.split('"').next()).map(str::to_owned));
        }
    }
    stages
}

/// Starts a run and lets it go.
pub fn start(project: &Project, arguments: &[&str]) -> Child {
    let mut command = tidewatch();
    command.arg("run").args(arguments).arg("--project").arg(project.path());
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("the binary starts")
}

/// Waits until the process is idle before its stage (or has ended), then kills it.
pub fn kill_when_paused(child: &mut Child) {
    let mut last = None;
    for _ in 0..300 {
        if child.try_wait().expect("a child").is_some() {
            return;
        }
        let used = processor_ticks(child.id());
        if used.is_some() && used == last {
            break;
        }
        last = used;
        std::thread::sleep(Duration::from_millis(400));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
}

/// Clock ticks a process has used, from `/proc`: a paused one uses none (its sleeps round to nothing).
fn processor_ticks(process: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let fields: Vec<&str> = stat.rsplit(')').next()?.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?)
}

/// Every published run, file by file; folders that begin with a dot are nobody's business.
fn published(project: &Project) -> Vec<(String, Vec<u8>)> {
    let runs = project.path().join("runs");
    let visible = files(&runs).into_iter().filter(|file| !file.starts_with(".") && !hidden(file));
    visible
        .filter(|file| !file.ends_with("timing.json"))
        .map(|file| (file.display().to_string(), fs::read(runs.join(&file)).expect("a readable file")))
        .collect()
}

fn hidden(file: &Path) -> bool {
    file.components().any(|part| part.as_os_str().to_string_lossy().starts_with('.'))
}

fn small() -> Project {
    let project = Project::shop();
    let text = String::from_utf8(project.read("tidewatch.toml")).expect("UTF-8");
    project.write("tidewatch.toml", text + "\n[train]\nterms = \"linear\"\n");
    project
}

#[test]
fn killed_before_any_stage_of_a_first_run() {
    let reference = small();
    reference.succeed(&["run"]);
    let whole = published(&reference);
    assert!(!whole.is_empty() && stages().len() >= 4, "{:?}", stages());
    let project = small();
    for stage in stages() {
        let _ = fs::remove_dir_all(project.path().join("runs"));
        kill_when_paused(&mut start(&project, &["--pause-before", &stage]));
        let left = published(&project);
        assert!(left.is_empty() || left == whole, "killed before `{stage}`: {} of {} files", left.len(), whole.len());
        project.succeed(&["run"]);
        assert_eq!(published(&project), whole, "the run after a kill before `{stage}`");
    }
}

#[test]
fn killed_before_any_stage_of_a_rerun() {
    let project = small();
    project.succeed(&["run"]);
    let old = published(&project);
    // One customer more, and the run is another one.
    let more = String::from_utf8(project.read("orders.csv")).expect("UTF-8") + "zz9,2024-12-30,12.50\n";
    project.write("orders.csv", &more);
    let renewed = small();
    renewed.succeed(&["run"]);
    renewed.write("orders.csv", &more);
    renewed.succeed(&["run"]);
    let new = published(&renewed);
    assert_ne!(old, new);
    for stage in stages() {
        kill_when_paused(&mut start(&project, &["--pause-before", &stage]));
        let left = published(&project);
        assert!(left == old || left == new, "killed before `{stage}`: neither the old run nor the new one");
    }
    project.succeed(&["run"]);
    assert_eq!(published(&project), new);
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the moments are fractions of how long a run lasts here")]
fn killed_at_any_moment() {
    let project = small();
    let began = Instant::now();
    project.succeed(&["run"]);
    let length = began.elapsed();
    let whole = published(&project);
    for moment in 1..=12_u32 {
        let mut child = start(&project, &[]);
        std::thread::sleep(length * moment / 12);
        let _ = child.kill();
        child.wait().expect("ended");
        assert_eq!(published(&project), whole, "killed after {moment}/12 of a run");
    }
    project.succeed(&["run"]);
    assert_eq!(published(&project), whole);
    let runs = project.path().join("runs");
    let left: Vec<_> = files(&runs).into_iter().filter(|file| hidden(file)).collect();
    assert!(left.is_empty(), "a good run sweeps up what the killed ones left: {left:?}");
}
