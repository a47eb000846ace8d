//! `check`:
//! 1. load the project and settle `as_of`,
//! 2. open and audit every table, keeping findings of every severity,
//! 3. look closely: duplicates, rows outside the customer's life, ids, knowledge of the future,
//! 4. say whether there is enough to train,
//! 5. write the rows that were set aside to `<project>/quarantine/`.

use std::path::Path;

use super::{Failure, ingest};
use crate::contract::{self, Checked, Finding, Report, Severity};
use crate::observe;
use crate::progress::Progress;
use crate::project::{Project, Target, TargetKind};
use crate::publish;
use crate::time::Day;

/// Checks the project in `dir`.
///
/// # Errors
/// [`Failure`] of the project file or of a source; what is wrong with the data is in the report.
pub fn check(dir: &Path, as_of: Option<Day>, progress: &Progress) -> Result<Report, Failure> {
    let project = Project::load(dir)?;
    let as_of = ingest::settle(&project, as_of);
    let checked = contract::look(&project, as_of, progress)?;
    let stage = progress.stage("report", None)?;
    let mut report = Report::new(&project, &checked, as_of)?;
    report.findings.extend(enough_to_train(&project, &checked, as_of));
    report.findings.sort_by_key(|finding| finding.severity);
    write_quarantine(&project, &checked)?;
    drop(stage);
    Ok(report)
}

/// A report with errors is a failure: exit 5. They have been printed: only their number is left to say.
///
/// # Errors
/// [`contract::Error::Broken`] with the first of them.
pub fn refuse_broken(report: Report) -> Result<(), Failure> {
    let mut errors = report.findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    let Some(first) = errors.next() else { return Ok(()) };
    Err(contract::Error::Broken(Box::new(first), errors.count()).into())
}

/// Whether the history holds as many mature training cutoffs as the project asks for.
fn enough_to_train(project: &Project, checked: &Checked, as_of: Day) -> Vec<Finding> {
    let dated = project.targets.iter().filter(|(_, target)| target.kind != TargetKind::Column);
    dated.filter_map(|(name, target)| cutoffs_finding(project, checked, as_of, name, target)).collect()
}

fn cutoffs_finding(project: &Project, checked: &Checked, as_of: Day, name: &str, target: &Target) -> Option<Finding> {
    let first = checked.tables.values().filter_map(|table| Some(table.span?.0)).min()?;
    let known_until = observe::known_until(project, name, checked, as_of);
    // A cutoff teaches something only if there is some history before it.
    let history = i32::try_from(target.active_within_days.unwrap_or(0).min(30)).unwrap_or(0).max(1);
    let cutoffs = observe::mature_cutoffs(project, name, known_until);
    let usable = cutoffs.iter().filter(|cutoff| cutoff.since(first) >= history).count();
    let wanted = cutoffs.len();
    if usable == wanted {
        return None;
    }
    let severity = if usable == 0 { Severity::Warning } else { Severity::Recommendation };
    let hint = if usable == 0 {
        "a shorter `horizon_days`, or more history, is needed before a model can be trained"
    } else {
        "fewer `[train] cutoffs` or a shorter `cadence_days` fit the history better"
    };
    Some(Finding {
        severity,
        check: "training_cutoffs",
        table: None,
        column: None,
        count: usable as u64,
        examples: Vec::new(),
        finding: format!(
            "target `{name}`: {usable} of {wanted} training cutoffs have history before them and a known outcome"
        ),
        expectation: Some(format!("outcomes are known until {known_until}, the data begin on {first}")),
        hint: Some(hint.to_owned()),
    })
}

/// Writes the rows that were set aside, one file per table; removes the file of a table that has none.
///
/// # Errors
/// [`Failure`]: a file cannot be read or written.
pub fn write_quarantine(project: &Project, checked: &Checked) -> Result<(), Failure> {
    let folder = project.root.join("quarantine");
    for table in checked.tables.values() {
        let path = folder.join(format!("{}.csv", table.name));
        if table.quarantined == 0 {
            let _ = std::fs::remove_file(&path);
            continue;
        }
        let mut writer = csv::Writer::from_writer(Vec::new());
        let mut write = |fields: [&str; 4]| writer.write_record(fields);
        let written = write(["file", "line", "reason", "row"]).is_ok();
        for row in contract::quarantine(project, table.name)? {
            let _ = write([row.file.as_str(), row.line.to_string().as_str(), row.reason.as_str(), row.row.as_str()]);
        }
        debug_assert!(written, "writing to memory cannot fail");
        let bytes = writer.into_inner().unwrap_or_default();
        publish::write_file(&path, &bytes)?;
    }
    Ok(())
}
