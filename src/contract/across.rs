//! Findings about whole tables and about tables beside each other; cheap enough for every run.

use std::collections::BTreeSet;

use super::{Checked, CheckedTable, Error, Finding, Severity};
use crate::project::{Project, TargetKind};
use crate::tables::TableName;
use crate::time::Day;

/// A table may end so many days before the others without a word.
const APART_DAYS: i32 = 7;

/// All of them.
pub(super) fn findings(project: &Project, checked: &Checked, as_of: Day) -> Result<Vec<Finding>, Error> {
    named_columns(project, checked)?;
    let mut findings = Vec::new();
    findings.extend(checked.tables.values().filter(|table| table.rows == 0).map(empty));
    findings.extend(checked.tables.values().filter(|table| table.quarantined > 0).map(quarantined));
    findings.extend(currencies(checked));
    findings.extend(apart(project, checked));
    findings.extend(age(project, checked, as_of));
    findings.extend(checked.table(TableName::Customers).and_then(|customers| left_out(project, customers)));
    Ok(findings)
}

impl Checked {
    /// The newest local day of any row, before `as_of`. What a table is declared to cover is no row.
    #[must_use]
    pub fn newest(&self, as_of: Day) -> Option<Day> {
        let last = self.tables.values().filter_map(|table| Some(table.newest?.min(as_of.plus(-1))));
        last.max()
    }

    /// Days by which the newest row is older than `[project] max_data_age_days` allows; `None` if it is young enough,
    /// or if nothing is dated. `run` refuses then (exit 5).
    #[must_use]
    pub fn days_too_old(&self, project: &Project, as_of: Day) -> Option<i32> {
        let allowed = i32::try_from(project.project.max_data_age_days).unwrap_or(i32::MAX);
        // Rows of the day before `as_of` are as new as can be: age 1.
        let age = as_of.since(self.newest(as_of)?);
        (age > allowed.max(1)).then(|| age - allowed)
    }
}

/// A finding about a table without column, count or examples.
fn about(table: TableName, severity: Severity, check: &'static str, finding: String) -> Finding {
    Finding {
        severity,
        check,
        table: Some(table),
        column: None,
        count: 0,
        examples: Vec::new(),
        finding,
        expectation: None,
        hint: None,
    }
}

fn empty(table: &CheckedTable) -> Finding {
    let finding = about(table.name, Severity::Warning, "no_rows", format!("table `{}` has no rows", table.name));
    let hint = "a header alone, or a `where` that nothing passes?".to_owned();
    Finding { hint: Some(hint), ..finding }
}

fn quarantined(table: &CheckedTable) -> Finding {
    let CheckedTable { name, quarantined, rows, .. } = table;
    let set_aside = if *quarantined == 1 { "1 row".to_owned() } else { format!("{quarantined} rows") };
    let text = format!("table `{name}`: {set_aside} set aside, {rows} kept");
    let hint = format!("`tidewatch check` writes them to quarantine/{name}.csv with the reason");
    Finding { count: *quarantined, hint: Some(hint), ..about(*name, Severity::Warning, "quarantine", text) }
}

/// Money of several currencies cannot be added.
fn currencies(checked: &Checked) -> Option<Finding> {
    let orders = checked.table(TableName::Orders)?;
    let names: BTreeSet<&str> =
        orders.files.iter().flat_map(|file| &file.check.currencies).map(String::as_str).collect();
    if names.len() < 2 {
        return None;
    }
    let listed = names.iter().copied().collect::<Vec<_>>().join(", ");
    let finding = about(
        TableName::Orders,
        Severity::Error,
        "currencies",
        format!("table `orders` mixes the currencies {listed}"),
    );
    Some(Finding {
        column: Some("currency".to_owned()),
        count: names.len() as u64,
        expectation: Some("one currency".to_owned()),
        hint: Some("convert in the mapping, such as amount = \"amount * rate\", or keep one with `where`".to_owned()),
        ..finding
    })
}

/// Tables that end earlier than the others, where nobody said that they do.
fn apart(project: &Project, checked: &Checked) -> Vec<Finding> {
    let dated = || checked.tables.values().filter(|table| table.name.table().time.is_some());
    let Some(latest) = dated().filter_map(|table| table.covered_until).max() else { return Vec::new() };
    let is_declared = |name| project.sources(name).iter().any(|source| source.covered_until.is_some());
    let early = dated().filter_map(|table| Some((table.name, table.covered_until?)));
    let early = early.filter(|(name, until)| latest.since(*until) > APART_DAYS && !is_declared(*name));
    early
        .map(|(name, until)| {
            let last = until.plus(-1);
            let days = latest.since(until);
            let finding = format!("table `{name}` ends on {last}, {days} days before the latest table");
            let hint = format!(
                "outcomes after that day count as unknown; if the table is complete and only quiet, say \
                 `covered_until = \"{latest}\"` under [tables.{name}]"
            );
            Finding { hint: Some(hint), ..about(name, Severity::Warning, "ends_early", finding) }
        })
        .collect()
}

fn age(project: &Project, checked: &Checked, as_of: Day) -> Option<Finding> {
    checked.days_too_old(project, as_of)?;
    let newest = checked.newest(as_of)?;
    let days = as_of.since(newest);
    Some(Finding {
        severity: Severity::Warning,
        check: "data_age",
        table: None,
        column: None,
        count: 0,
        examples: Vec::new(),
        finding: format!("the newest row is of {newest}, {days} days before {as_of}"),
        expectation: Some(format!(
            "at most {} (`[project] max_data_age_days`)",
            days_of(project.project.max_data_age_days)
        )),
        hint: Some("did last night's export fail? For frozen data say `[project] as_of`".to_owned()),
    })
}

fn days_of(days: u32) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// Attributes that no model may use.
fn left_out(project: &Project, customers: &CheckedTable) -> Option<Finding> {
    let outcomes: Vec<&str> = project.targets.values().filter_map(|target| target.column.as_deref()).collect();
    let unusable = customers.attributes.iter().filter(|one| !one.usable && !outcomes.contains(&one.name.as_str()));
    let names: Vec<String> = unusable.map(|attribute| attribute.name.clone()).collect();
    if names.is_empty() {
        return None;
    }
    let count = names.len() as u64;
    let are = if count == 1 { "1 attribute is".to_owned() } else { format!("{count} attributes are") };
    let finding = format!("{are} left out of modelling, neither static nor dated: {}", names.join(", "));
    let hint =
        "list those that never change under `static`, or map `valid_from`; hide the rest with `ignore`".to_owned();
    Some(Finding { count, hint: Some(hint), ..about(TableName::Customers, Severity::Warning, "undated", finding) })
}

/// Columns that the project file names outside of mappings must be there.
fn named_columns(project: &Project, checked: &Checked) -> Result<(), Error> {
    let Some(customers) = checked.table(TableName::Customers) else { return Ok(()) };
    let present: Vec<String> = customers.attributes.iter().map(|attribute| attribute.name.clone()).collect();
    let segments = project.project.segments.iter().map(|name| ("[project] segments".to_owned(), name));
    let targets = project.targets.iter().filter(|(_, target)| target.kind == TargetKind::Column);
    let targets =
        targets.filter_map(|(name, target)| Some((format!("[target.{name}] column"), target.column.as_ref()?)));
    for (key, name) in segments.chain(targets) {
        if !present.contains(name) && !customers.has(name) {
            return Err(Error::NoAttribute { key, name: name.clone(), present });
        }
    }
    Ok(())
}
