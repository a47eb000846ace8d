//! Which column or expression of a file each canonical column is.

use std::collections::BTreeSet;
use std::sync::Arc;

use polars::prelude::{DataType, Expr, LazyFrame, PlSmallStr, Schema, SchemaExt as _, col};

use super::expression::{columns_of, expression};
use super::instant::TimeParser;
use super::parquet::first_line;
use super::typed;
use super::{Error, LINE};
use crate::project::TableSource;
use crate::tables::{Column, ColumnType, TableName};

/// A canonical column as one file gives it.
#[derive(Debug, Clone)]
pub struct MappedColumn {
    /// The canonical column.
    pub column: &'static Column,
    /// The column of the file or the expression, as the project file writes it.
    pub from: String,
    /// What the file says.
    pub raw: Expr,
    /// The type in which the file says it.
    pub found: DataType,
    /// The canonical value; null where none can be made of it.
    pub typed: Expr,
    /// Times only: whether the row names its zone; or the answer for all rows.
    pub zoned: Option<Result<Expr, bool>>,
}

/// Prefix of the copies of text columns that expressions read as numbers.
pub(super) const NUMERIC: &str = "__number_";

/// The file a mapping is made for.
pub(super) struct MappedFile<'a> {
    pub(super) path: &'a str,
    pub(super) table: TableName,
    pub(super) source: &'a TableSource,
    pub(super) columns: &'a [String],
}

/// What the project file and the file's own names say: canonical column and column or expression, in canonical order.
fn wanted(file: &MappedFile<'_>) -> Vec<(&'static Column, String)> {
    let columns = file.table.table().columns.iter();
    let from = |column: &Column| match file.source.columns.get(column.name) {
        Some(from) => Some(from.clone()),
        None => file.columns.iter().find(|name| *name == column.name && !file.source.ignores(name)).cloned(),
    };
    columns.filter_map(|column| Some((column, from(column)?))).collect()
}

/// The expressions of all canonical columns the file gives, before types are known.
pub(super) fn raw_expressions(file: &MappedFile<'_>) -> Result<Vec<(&'static Column, String, Expr)>, Error> {
    let wanted = wanted(file);
    for column in file.table.table().required() {
        if !wanted.iter().any(|(known, _)| known.name == column.name) {
            let (path, present) = (file.path.to_owned(), file.columns.to_vec());
            return Err(Error::Unmapped { path, table: file.table, column: column.name, present });
        }
    }
    wanted.into_iter().map(|(column, from)| Ok((column, from.clone(), raw_expression(file, column, &from)?))).collect()
}

fn raw_expression(file: &MappedFile<'_>, column: &Column, from: &str) -> Result<Expr, Error> {
    if file.columns.iter().any(|name| name == from) {
        return Ok(col(PlSmallStr::from_str(from)));
    }
    let missing = |missing: &str| Error::MissingColumn {
        path: file.path.to_owned(),
        table: file.table,
        column: column.name.to_owned(),
        missing: missing.to_owned(),
        present: file.columns.to_vec(),
    };
    let read = expression(from, file.columns).map_err(|reason| {
        // A mapping of plain words that is no expression was meant as a column name.
        if crate::project::sql::is_plain_name(from) {
            missing(from)
        } else {
            let (path, table, column, sql) =
                (file.path.to_owned(), file.table, column.name.to_owned(), from.to_owned());
            Error::Expression { path, table, column, sql, reason }
        }
    })?;
    match columns_of(&read).iter().find(|name| !file.columns.contains(name)) {
        Some(name) => Err(missing(name)),
        None => Ok(read),
    }
}

/// Columns that expressions (not plain names) read: those that text files must offer as numbers too.
pub(super) fn computed_from(raw: &[(&'static Column, String, Expr)]) -> BTreeSet<String> {
    let computed = raw.iter().filter(|(_, _, expression)| !matches!(expression, Expr::Column(_)));
    computed.flat_map(|(_, _, expression)| columns_of(expression)).collect()
}

/// The expression with the columns in `numeric` read as numbers.
pub(super) fn reading_numbers(expression: Expr, numeric: &BTreeSet<String>) -> Expr {
    if matches!(expression, Expr::Column(_)) {
        return expression;
    }
    expression.map_expr(|part| match part {
        Expr::Column(name) if numeric.contains(name.as_str()) => {
            Expr::Column(PlSmallStr::from_string(format!("{NUMERIC}{name}")))
        }
        other => other,
    })
}

/// Gives every raw expression its canonical type.
pub(super) fn typed_columns(
    file: &MappedFile<'_>,
    frame: &LazyFrame,
    raw: Vec<(&'static Column, String, Expr)>,
    times: &Arc<TimeParser>,
) -> Result<Vec<MappedColumn>, Error> {
    let mut columns = Vec::with_capacity(raw.len());
    for (column, from, raw) in raw {
        let found = type_of(file, frame, column, &from, &raw)?;
        let typed =
            typed::typed(raw.clone(), &found, column.kind, times).ok_or_else(|| wrong_type(file, column, &found))?;
        let zoned = (column.kind == ColumnType::Time).then(|| typed::zoned(raw.clone(), &found, times));
        columns.push(MappedColumn { column, from, raw, found, typed, zoned });
    }
    Ok(columns)
}

fn type_of(
    file: &MappedFile<'_>,
    frame: &LazyFrame,
    column: &Column,
    from: &str,
    raw: &Expr,
) -> Result<DataType, Error> {
    let schema: Result<Arc<Schema>, _> = frame.clone().select([raw.clone().alias(column.name)]).collect_schema();
    let schema = schema.map_err(|error| Error::Expression {
        path: file.path.to_owned(),
        table: file.table,
        column: column.name.to_owned(),
        sql: from.to_owned(),
        reason: first_line(&error.to_string()),
    })?;
    Ok(schema.iter_fields().next().map_or(DataType::Null, |field| field.dtype().clone()))
}

fn wrong_type(file: &MappedFile<'_>, column: &Column, found: &DataType) -> Error {
    let wanted = match column.kind {
        ColumnType::Text => "text, or something with one spelling as text",
        ColumnType::Number => "numbers",
        ColumnType::Time => "a date, a date-time, or `at_format` = a unix count or a pattern",
        ColumnType::Flag => "true and false, yes and no, or 1 and 0",
    };
    let (path, column, found) = (file.path.to_owned(), column.name.to_owned(), found.to_string());
    Error::WrongType { path, table: file.table, column, found, wanted }
}

/// Columns of the file that are no canonical column as they stand.
pub(super) fn unmapped(file: &MappedFile<'_>, raw: &[(&'static Column, String, Expr)]) -> Vec<String> {
    file.columns.iter().filter(|name| !raw.iter().any(|(_, from, _)| from == *name)).cloned().collect()
}

/// Attributes of customers: every column of the file that is no canonical column and not ignored.
pub(super) fn attributes(file: &MappedFile<'_>, raw: &[(&'static Column, String, Expr)]) -> Vec<String> {
    if file.table != TableName::Customers {
        return Vec::new();
    }
    let taken = |name: &String| raw.iter().any(|(_, from, _)| from == name);
    let free = |name: &&String| !taken(name) && !file.source.ignores(name) && *name != LINE;
    file.columns.iter().filter(free).cloned().collect()
}
