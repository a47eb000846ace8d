//! `list features`: every feature, what it needs and why it is there.
//! 1. Load the project if there is one in the folder,
//! 2. list its features, or without a project all shipped ones.

use std::path::Path;

use super::Failure;
use crate::feature;
use crate::project::{FeatureSettings, PROJECT_FILE, Project, Span};
use crate::report::{Align, Cell, Table};
use crate::tables::TableName;

/// Every feature with family, unit, window, table and reason; `yes` where the project maps what it needs.
///
/// # Errors
/// [`Failure`] of the project file.
pub fn list_features(dir: &Path) -> Result<Table, Failure> {
    let project = if dir.join(PROJECT_FILE).exists() { Some(Project::load(dir)?) } else { None };
    let settings = project.as_ref().map_or_else(FeatureSettings::default, |project| project.features.clone());
    let columns = [("feature", Align::Left), ("family", Align::Left), ("kind", Align::Left), ("needs", Align::Left)];
    let more = [("days", Align::Right), ("unit", Align::Left), ("computed", Align::Left), ("why", Align::Left)];
    let mut table = Table::new(&columns.into_iter().chain(more).collect::<Vec<_>>());
    for (name, declared) in settings.declarations().map_err(feature::Error::Shipped)? {
        let maps = |table: TableName| project.as_ref().is_none_or(|project| !project.sources(table).is_empty());
        let column = declared.column.as_ref().map_or_else(String::new, |column| format!(".{column}"));
        let needs = declared.table.map_or_else(String::new, |table| format!("{table}{column}"));
        let is_computed = declared.table.is_none_or(maps) && (declared.each.is_some() || settings.keeps(&name));
        let spans: Vec<Span> = declared.windows.iter().chain(&declared.window).copied().collect();
        let days = spans.iter().map(|span| span.days().map_or_else(|| "all".to_owned(), |days| days.to_string()));
        let days = days.collect::<Vec<_>>().join(" ");
        let texts = [name, declared.family, declared.kind, needs, days, declared.unit];
        let yes = if is_computed { "yes" } else { "no" };
        let texts = texts.into_iter().chain([yes.to_owned(), declared.why]);
        table.row(texts.map(|text| Cell::new(text.clone(), text)));
    }
    Ok(table)
}
