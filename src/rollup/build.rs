//! Reading the tables into a [`History`]: directly where files allow it, else as the contract hands them over.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use polars::prelude::{
    DataFrame, DataType, Engine, Expr, LazyFrame, PlanCallback, PolarsError, PolarsResult, TimeZone, col,
};
use polars::sql::sql_expr;

use super::Error;
use super::batch::RowBatch;
use super::derived::{derived, expression};
use super::direct::Direct;
use super::gather::Gathering;
use super::history::History;
use super::needs::{Needs, ORDER_HEAD, TableNeeds, known_with};
use crate::contract::{self, Checked, CheckedTable, Remembers, Unknown};
use crate::progress::Progress;
use crate::project::Project;
use crate::source::Opened;
use crate::tables::TableName;
use crate::time::Day;

impl History {
    /// Reads what the project's features, targets and value need of every checked table.
    ///
    /// # Errors
    /// If a table cannot be read, a filter is not valid, or the user cancels.
    pub fn build(project: &Project, checked: &Checked, progress: &Progress) -> Result<Self, Error> {
        let needs = Needs::of(project, checked)?;
        let gathering = Arc::new(Gathering::new(needs.tables.keys().copied()));
        read_tables(project, checked, &needs, &[], &gathering, progress)?;
        Ok(gathering.finish(&needs))
    }
}

/// Checks the tables and rolls them up, reading each file once where that is possible.
///
/// # Errors
/// If the data break the contract, a table cannot be read, a filter is not valid, or the user cancels.
pub fn ingest(project: &Project, as_of: Day, progress: &Progress) -> Result<(Checked, History), Error> {
    let gathering = Arc::new(Gathering::new(TableName::ALL));
    let (checked, read) = check_reading(project, as_of, progress, &Unknown, &gathering, &mut |_| Vec::new())?;
    let needs = Needs::of(project, &checked)?;
    read_tables(project, &checked, &needs, &read, &gathering, progress)?;
    Ok((checked, gathering.finish(&needs)))
}

/// Checks the tables, reading directly what is not remembered; names the tables that were read. `numbers` says under which
/// numbers the store knows the files of a table, where it is to know them.
pub(super) fn check_reading(
    project: &Project,
    as_of: Day,
    progress: &Progress,
    memory: &dyn Remembers,
    gathering: &Gathering,
    numbers: &mut dyn FnMut(&Opened) -> Vec<u32>,
) -> Result<(Checked, Vec<TableName>), Error> {
    let wanted = Needs::wanted(project)?;
    let mut read = Vec::new();
    let checked = contract::check_with(project, as_of, progress, memory, &mut |opened, shape| {
        let own = numbers(opened);
        let needs = wanted.available(shape)?;
        let direct = Direct::new(project, opened, shape, &needs, as_of)?;
        let add = |file: usize, place, batch| gathering.add(opened.name, place, own.get(file).copied(), batch);
        let audits = direct.read(&add);
        if audits.is_some() {
            read.push(opened.name);
        } else {
            gathering.forget(opened.name);
        }
        audits
    })?;
    Ok((checked, read))
}

/// Reads the tables that have not been read yet.
fn read_tables(
    project: &Project,
    checked: &Checked,
    needs: &Needs,
    read: &[TableName],
    gathering: &Arc<Gathering>,
    progress: &Progress,
) -> Result<(), Error> {
    let stage = progress.stage("history", Some(needs.tables.len() as u64))?;
    let zone = project.project.time_zone.name();
    for (name, table_needs) in &needs.tables {
        let Some(table) = checked.table(*name).filter(|_| !read.contains(name)) else { continue };
        let scan = select(table, &table.frame, table_needs, zone)?;
        let (gathering, name) = (Arc::clone(gathering), *name);
        stream(scan, move |place, batch| gathering.add(name, place, None, batch))
            .map_err(|source| Error::Read { table: name, source })?;
        stage.advance(1)?;
    }
    Ok(())
}

/// Hands over a scan batch by batch, each with its place in the order of arrival, and says how many there were; a table
/// without rows still has its columns.
pub(super) fn stream(scan: LazyFrame, take: impl Fn(usize, RowBatch) + Send + Sync + 'static) -> PolarsResult<usize> {
    let heading = scan.clone().limit(0);
    let batches = Arc::new(AtomicUsize::new(0));
    let take = Arc::new(take);
    let (taker, places) = (Arc::clone(&take), Arc::clone(&batches));
    let each = PlanCallback::new(move |batch: DataFrame| {
        taker(places.fetch_add(1, Ordering::Relaxed), RowBatch::of_frame(&batch)?);
        Ok(false)
    });
    scan.sink_batches(each, false, None)?.collect_with_engine(Engine::Streaming)?;
    let batches = batches.load(Ordering::Relaxed);
    if batches == 0 {
        take(0, RowBatch::of_frame(&heading.collect()?)?);
    }
    Ok(batches.max(1))
}

/// The scan of rows of one table: customer, day, `known_at`, then what is needed.
pub(super) fn select(
    table: &CheckedTable,
    rows: &LazyFrame,
    needs: &TableNeeds,
    zone: &str,
) -> Result<LazyFrame, Error> {
    let definition = table.name.table();
    let customer = definition.customer.unwrap_or("customer");
    let mut chosen = vec![col(customer).cast(DataType::String).alias("@customer")];
    let time = if table.name == TableName::Customers { "valid_from" } else { definition.time.unwrap_or("at") };
    if table.has(time) {
        chosen.push(day_of(time).alias("@day"));
    }
    if table.has("known_at") {
        chosen.push(day_of("known_at").alias("@known"));
    }
    let zone = TimeZone::opt_try_new(Some(zone)).ok().flatten().unwrap_or(TimeZone::UTC);
    for column in needs.columns.iter().filter(|column| *column != ORDER_HEAD) {
        chosen.push(needed(table, column, &zone));
    }
    for text in &needs.expressions {
        chosen.push(filter(table, rows, text)?.alias(text));
    }
    Ok(rows.clone().filter(col(customer).is_not_null()).select(chosen))
}

fn needed(table: &CheckedTable, column: &str, zone: &TimeZone) -> Expr {
    if derived(table.name, column).is_some() && !table.has(column) {
        return expression(column, zone).alias(column);
    }
    let is_time = table.name.table().column(column).is_some_and(|known| known.kind == crate::tables::ColumnType::Time);
    if is_time { day_of(column).alias(column) } else { col(column) }
}

fn day_of(time: &str) -> Expr {
    col(format!("{time}_day"))
}

/// A row filter; it may not read what becomes known only after the row.
fn filter(table: &CheckedTable, rows: &LazyFrame, text: &str) -> Result<Expr, Error> {
    let wrong = |source: PolarsError| Error::Expression { table: table.name, expression: text.to_owned(), source };
    let parsed = sql_expr(text).map_err(wrong)?;
    let later = |column: &str| column == "known_at" || known_with(table.name, column).is_some();
    if let Some(column) = parsed.clone().meta().root_names().into_iter().find(|column| later(column)) {
        return Err(Error::Later { table: table.name, expression: text.to_owned(), column: column.to_string() });
    }
    let empty = rows.clone().limit(0).select([parsed.clone().alias("@")]);
    empty.collect().map_err(wrong)?;
    Ok(parsed)
}
