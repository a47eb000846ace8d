//! Reading the tables into a [`History`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use polars::prelude::{DataFrame, DataType, Engine, Expr, LazyFrame, PlanCallback, PolarsError, TimeZone, col};
use polars::sql::sql_expr;

use super::Error;
use super::customers::{CustomerIndex, NO_LEVEL};
use super::derived::{derived, expression};
use super::history::{Column, History, NEVER, TableHistory, Values};
use super::intern::Interner;
use super::needs::{Needs, ORDER_HEAD, TableNeeds, known_with};
use super::raw::RawTable;
use crate::contract::{Checked, CheckedTable};
use crate::progress::Progress;
use crate::project::Project;
use crate::tables::TableName;

impl History {
    /// Reads what the project's features, targets and value need of every checked table.
    ///
    /// # Errors
    /// If a table cannot be read, a filter is not valid, or the user cancels.
    pub fn build(project: &Project, checked: &Checked, progress: &Progress) -> Result<Self, Error> {
        let needs = Needs::of(project, checked)?;
        let stage = progress.stage("history", Some(needs.tables.len() as u64))?;
        let mut customers = Interner::default();
        let mut raw = BTreeMap::new();
        for (name, table_needs) in &needs.tables {
            let Some(table) = checked.table(*name) else { continue };
            let zone = project.project.time_zone.name();
            let (rows, known_customers) = read(table, table_needs, zone, customers)?;
            customers = known_customers;
            raw.insert(*name, rows);
            stage.advance(1)?;
        }
        Ok(Self::assemble(customers, raw, &needs))
    }

    fn assemble(customers: Interner, raw: BTreeMap<TableName, RawTable>, needs: &Needs) -> Self {
        let (ids, position) = customers.sorted();
        let mut history = Self {
            first_seen: vec![NEVER; ids.len()],
            signup: vec![NEVER; ids.len()],
            timeless: raw.values().all(|table| !table.dated),
            ..Self::default()
        };
        for (name, table) in raw {
            let mut table = table.sorted(&position);
            if needs.tables.get(&name).is_some_and(|needs| needs.columns.contains(ORDER_HEAD)) {
                table.columns.push(order_heads(&table));
            }
            history.see(name, &table);
            history.tables.insert(name, table);
        }
        history.customers = Arc::new(CustomerIndex { ids });
        history
    }

    /// Notes when customers were first seen and when they signed up.
    fn see(&mut self, name: TableName, table: &TableHistory) {
        let signup = table.column("signup_at").and_then(Column::days);
        let times = if name == TableName::Customers { signup } else { Some(&table.days[..]) };
        let Some(times) = times else { return };
        for customer in 0..self.first_seen.len() {
            for row in table.offsets[customer]..table.offsets[customer + 1] {
                let known = table.known.as_ref().map_or(times[row], |known| known[row].max(times[row]));
                self.first_seen[customer] = self.first_seen[customer].min(known);
                if name == TableName::Customers {
                    self.signup[customer] = self.signup[customer].min(times[row]);
                }
            }
        }
    }
}

/// Reads a table batch by batch, numbering customers on the way.
fn read(
    table: &CheckedTable,
    needs: &TableNeeds,
    zone: &str,
    customers: Interner,
) -> Result<(RawTable, Interner), Error> {
    let scan = select(table, needs, zone)?;
    let wrong = |source| Error::Read { table: table.name, source };
    let rows = RawTable::new(table.name, needs.ordered);
    let shared = Arc::new(Mutex::new((rows, customers)));
    let place = Arc::clone(&shared);
    let take = PlanCallback::new(move |batch: DataFrame| {
        let mut held = place.lock().unwrap_or_else(PoisonError::into_inner);
        let (rows, customers) = &mut *held;
        rows.push(&batch, customers)?;
        Ok(false)
    });
    let sink = scan.sink_batches(take, false, None).map_err(wrong)?;
    sink.collect_with_engine(Engine::Streaming).map_err(wrong)?;
    let mut held = shared.lock().unwrap_or_else(PoisonError::into_inner);
    let empty = (RawTable::new(table.name, false), Interner::default());
    Ok(std::mem::replace(&mut *held, empty))
}

/// Which lines are the first of their orders, in the order in which they became known. Lines of one order with and without
/// a negative amount are an order and its return. Without order numbers every line is an order.
fn order_heads(table: &TableHistory) -> Column {
    let orders = table.column("order").map(|column| &column.values);
    let amounts = table.column("amount").map(|column| &column.values);
    let is_return = |row: usize| matches!(amounts, Some(Values::Number(amounts)) if amounts[row] < 0.0);
    let mut flags = vec![1u8; table.days.len()];
    if let Some(Values::Text { codes, .. }) = orders {
        let known = table.known.as_ref().unwrap_or(&table.days);
        for span in table.offsets.windows(2) {
            let mut rows: Vec<usize> = (span[0]..span[1]).filter(|&row| codes[row] != NO_LEVEL).collect();
            rows.sort_by_key(|&row| (codes[row], is_return(row), known[row], row));
            for pair in rows.windows(2) {
                let same = codes[pair[0]] == codes[pair[1]] && is_return(pair[0]) == is_return(pair[1]);
                flags[pair[1]] = u8::from(!same);
            }
        }
    }
    Column { name: ORDER_HEAD.to_owned(), known_with: None, values: Values::Flag(flags) }
}

/// The scan of one table: customer, day, `known_at`, then what is needed.
fn select(table: &CheckedTable, needs: &TableNeeds, zone: &str) -> Result<LazyFrame, Error> {
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
        chosen.push(filter(table, text)?.alias(text));
    }
    Ok(table.frame.clone().filter(col(customer).is_not_null()).select(chosen))
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
fn filter(table: &CheckedTable, text: &str) -> Result<Expr, Error> {
    let wrong = |source: PolarsError| Error::Expression { table: table.name, expression: text.to_owned(), source };
    let parsed = sql_expr(text).map_err(wrong)?;
    let later = |column: &str| column == "known_at" || known_with(table.name, column).is_some();
    if let Some(column) = parsed.clone().meta().root_names().into_iter().find(|column| later(column)) {
        return Err(Error::Later { table: table.name, expression: text.to_owned(), column: column.to_string() });
    }
    let empty = table.frame.clone().limit(0).select([parsed.clone().alias("@")]);
    empty.collect().map_err(wrong)?;
    Ok(parsed)
}
