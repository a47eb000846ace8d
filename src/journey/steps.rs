//! What a step of a journey means: which rows of which tables take it.

use std::collections::BTreeSet;

use super::Error;
use crate::contract::Checked;
use crate::project::{Project, did_you_mean};
use crate::tables::{ColumnType, TableName};

/// One step, as rows of one table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step {
    /// As written.
    pub name: String,
    /// The table whose rows take it.
    pub table: TableName,
    /// The time column that says when.
    pub time: &'static str,
    /// Only rows of these kinds; all if none.
    pub kinds: Option<Vec<String>>,
}

/// The column that holds the kind of a table's rows.
pub(super) fn kind_column(table: TableName) -> Option<&'static str> {
    match table {
        TableName::Events | TableName::Posts => Some("kind"),
        TableName::Surveys => Some("question"),
        TableName::Programs => Some("program"),
        TableName::Messages => Some("campaign"),
        TableName::Visits => Some("landing_page"),
        TableName::Orders => Some("category"),
        TableName::Tickets => Some("severity"),
        TableName::Subscriptions => Some("plan"),
        TableName::Payments => Some("method"),
        _ => None,
    }
}

/// Resolves a step: a declared role, `table:kind`, `table.time_column`, a mapped table, a kind of event, in this order.
/// `purchase` without such a role means rows of `orders`.
pub(super) fn resolve(
    journey: &str,
    written: &str,
    project: &Project,
    checked: &Checked,
    kinds: &BTreeSet<String>,
) -> Result<Step, Error> {
    let of = |table: TableName, time: &'static str, kinds: Option<Vec<String>>| Step {
        name: written.to_owned(),
        table,
        time,
        kinds,
    };
    let mapped = |name: &str| {
        let customers = |table: TableName| {
            table.table().customer.is_some_and(|column| checked.table(table).is_some_and(|t| t.has(column)))
        };
        TableName::ALL.into_iter().find(|table| table.as_str() == name && customers(*table))
    };
    let role = match written {
        "cart" => &project.roles.cart,
        "purchase" => &project.roles.purchase,
        _ => &Vec::new(),
    };
    if !role.is_empty() && checked.table(TableName::Events).is_some() {
        return Ok(of(TableName::Events, "at", Some(role.clone())));
    }
    if written == "purchase" && !kinds.contains(written) && mapped("orders").is_some() {
        return Ok(of(TableName::Orders, "at", None));
    }
    if let Some((table, kind)) = written.split_once(':')
        && let Some(table) = mapped(table)
        && let (Some(column), Some(time)) = (kind_column(table), table.table().time)
        && checked.table(table).is_some_and(|table| table.has(column))
    {
        return Ok(of(table, time, Some(vec![kind.to_owned()])));
    }
    if let Some((table, time)) = written.split_once('.')
        && let Some(table) = mapped(table)
        && let Some(column) = table.table().column(time).filter(|column| column.kind == ColumnType::Time)
        && checked.table(table).is_some_and(|table| table.has(time))
    {
        return Ok(of(table, column.name, None));
    }
    if let Some(table) = mapped(written)
        && let Some(time) = table.table().time
    {
        return Ok(of(table, time, None));
    }
    if kinds.contains(written) {
        return Ok(of(TableName::Events, "at", Some(vec![written.to_owned()])));
    }
    let tables = checked.tables.keys().map(|table| table.as_str());
    let nearest = did_you_mean(written, kinds.iter().map(String::as_str).chain(tables));
    Err(Error::UnknownStep { journey: journey.to_owned(), step: written.to_owned(), nearest })
}
