//! Columns that look like something they should not be used as: ids among attributes, ids that repeat, outcomes
//! written down later.

use polars::prelude::{PolarsResult, col, len};

use super::super::audit::{collect, number_at};
use super::super::{Checked, Error, Finding, Severity};
use super::counted;
use crate::project::Project;
use crate::source::{self, Part};
use crate::tables::TableName;

/// Words in the name of a column that holds an outcome.
const OUTCOME_WORDS: [&str; 7] = ["churn", "cancel", "attrit", "lapsed", "is_lost", "left_", "exited"];

pub(super) fn findings(project: &Project, checked: &Checked) -> Result<Vec<Finding>, Error> {
    let mut findings = outcomes(project, checked);
    findings.extend(id_attributes(project, checked)?);
    let mut seen: Vec<(String, String)> = Vec::new();
    for name in checked.tables.keys() {
        for part in source::open(project, *name)?.parts {
            let names: Vec<String> = part.unmapped.iter().filter(|name| is_id(name)).cloned().collect();
            for column in names {
                let key = (part.path.clone(), column.clone());
                if !seen.contains(&key) {
                    seen.push(key);
                    let repeated = repeated(&part, &column).map_err(|error| Error::unreadable(*name, &error))?;
                    findings.extend(repeated.map(|count| repeated_id(*name, &part, &column, count)));
                }
            }
        }
    }
    Ok(findings)
}

fn is_id(column: &str) -> bool {
    let column = column.to_lowercase();
    column == "id" || column.ends_with("_id") || column.ends_with(" id")
}

/// How many rows repeat the id, if nearly all of them differ.
fn repeated(part: &Part, column: &str) -> PolarsResult<Option<u64>> {
    let counts = [len().alias("rows"), col(column).n_unique().alias("distinct")];
    let sums = collect(part.raw.clone().select(counts))?;
    let number = |name: &str| number_at(&sums, name).and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    let (rows, distinct) = (number("rows"), number("distinct"));
    let looks_like_an_id = distinct < rows && distinct as f64 >= 0.95 * rows as f64;
    Ok(looks_like_an_id.then(|| rows - distinct))
}

fn repeated_id(table: TableName, part: &Part, column: &str, count: u64) -> Finding {
    let repeat = if count == 1 { "1 row repeats".to_owned() } else { format!("{count} rows repeat") };
    let text = format!("table `{table}`: `{column}` of `{}` looks like an id, and {repeat} one", part.path);
    let hint = "rows written twice? Nothing is removed: remove them at the source".to_owned();
    Finding { hint: Some(hint), ..counted(table, Severity::Warning, "repeated_id", count, text) }
}

/// Attributes whose name says that they tell the end of the story.
fn outcomes(project: &Project, checked: &Checked) -> Vec<Finding> {
    let Some(customers) = checked.table(TableName::Customers) else { return Vec::new() };
    let targets: Vec<&str> = project.targets.values().filter_map(|target| target.column.as_deref()).collect();
    let tells = |name: &str| OUTCOME_WORDS.iter().any(|word| name.to_lowercase().contains(word));
    let told = customers.attributes.iter().filter(|one| tells(&one.name) && !targets.contains(&one.name.as_str()));
    told.map(|attribute| {
        let name = &attribute.name;
        let text =
            format!("table `customers`: `{name}` reads like an outcome that was written down later: future knowledge");
        let hint = format!("hide it with `ignore = [\"{name}\"]`, or make it the target with `kind = \"column\"`");
        let finding = counted(TableName::Customers, Severity::Warning, "future_knowledge", customers.rows, text);
        Finding { column: Some(name.clone()), hint: Some(hint), ..finding }
    })
    .collect()
}

/// Usable text attributes that differ for every customer.
fn id_attributes(project: &Project, checked: &Checked) -> Result<Vec<Finding>, Error> {
    let Some(customers) = checked.table(TableName::Customers).filter(|customers| customers.rows > 1) else {
        return Ok(Vec::new());
    };
    let targets: Vec<&str> = project.targets.values().filter_map(|target| target.column.as_deref()).collect();
    let texts =
        customers.attributes.iter().filter(|one| one.usable && !one.numeric && !targets.contains(&one.name.as_str()));
    let names: Vec<&str> = texts.map(|attribute| attribute.name.as_str()).collect();
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let counts: Vec<_> = names.iter().map(|name| col(*name).n_unique().alias(*name)).collect();
    let unreadable = |error| Error::unreadable(TableName::Customers, &error);
    let sums = collect(customers.frame.clone().select(counts)).map_err(unreadable)?;
    let distinct = |name: &str| number_at(&sums, name).and_then(|number| u64::try_from(number).ok()).unwrap_or(0);
    let ids = names.into_iter().filter(|name| distinct(name) == customers.rows);
    Ok(ids
        .map(|name| {
            let text = format!("table `customers`: `{name}` differs for every customer: an id, useless as a feature");
            let hint = format!("hide it with `ignore = [\"{name}\"]`");
            let finding = counted(TableName::Customers, Severity::Warning, "id_attribute", customers.rows, text);
            Finding { column: Some(name.to_owned()), hint: Some(hint), ..finding }
        })
        .collect())
}
