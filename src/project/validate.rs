//! What a single section cannot know: whether the sections of a project fit each other and the canonical tables.

use super::error::Error;
use super::load::{did_you_mean, listed};
use super::spans::{Spans, Step};
use super::{Project, Target, TargetKind};
use crate::tables::TableName;

/// Checks the project as a whole.
pub(super) fn validate(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    tables(project, spans)?;
    for (name, target) in &project.targets {
        target_of(project, spans, name, target)?;
    }
    Ok(())
}

/// Every mapped column must be canonical.
fn tables(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    for (name, sources) in &project.tables {
        for (index, source) in sources.as_slice().iter().enumerate() {
            let here = [Step::Key("tables"), Step::Key(name.as_str()), Step::Item(index)];
            for column in source.columns.keys() {
                if name.table().column(column).is_none() {
                    let known: Vec<String> = name.table().columns.iter().map(|column| column.name.to_owned()).collect();
                    let steps = [&here[..], &[Step::Key("columns"), Step::Key(column)]].concat();
                    let wrong = spans.wrong(&steps, format!("table `{name}` has no column `{column}`"));
                    let hint = did_you_mean(column, &known);
                    return Err(wrong.expected(listed(&known)).hinting(hint).into());
                }
            }
        }
    }
    Ok(())
}

fn target_of(project: &Project, spans: &Spans<'_>, name: &str, target: &Target) -> Result<(), Error> {
    let here = [Step::Key("target"), Step::Key(name)];
    let Some(table) = table_of(target) else {
        let wrong = spans.wrong(&here, format!("target `{name}` does not say which table shows its outcome"));
        return Err(wrong.expected("`table = \"...\"`, a mapped table").into());
    };
    if project.sources(table).is_empty() {
        let steps = [&here[..], &[Step::Key("table")]].concat();
        let wrong = spans.wrong(&steps, format!("target `{name}` needs the table `{table}`, which is not mapped"));
        return Err(wrong.hinting(Some(format!("add `[tables.{table}]` with its files and columns"))).into());
    }
    Ok(())
}

/// The table that shows the outcome.
fn table_of(target: &Target) -> Option<TableName> {
    match target.kind {
        TargetKind::SubscriptionEnd => Some(TableName::Subscriptions),
        TargetKind::Column => Some(TableName::Customers),
        TargetKind::Inactivity => target.table,
        TargetKind::Event => Some(target.table.unwrap_or(TableName::Events)),
        TargetKind::Advocacy => Some(target.table.unwrap_or(TableName::Referrals)),
    }
}
