//! Reading the tables into a [`History`].

use std::collections::BTreeMap;
use std::sync::Arc;

use polars::prelude::{
    Column as FrameColumn, DataFrame, DataType, Engine, Expr, LazyFrame, PolarsError, PolarsResult, TimeZone, col,
};
use polars::sql::sql_expr;

use super::Error;
use super::customers::{CustomerIndex, NO_LEVEL};
use super::derived::{derived, expression};
use super::history::{Column, History, NEVER, TableHistory, Values};
use super::intern::Interner;
use super::needs::{Needs, ORDER_HEAD, TableNeeds, known_with};
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
            raw.insert(*name, RawTable::read(table, table_needs, project.project.time_zone.name(), &mut customers)?);
            stage.advance(1)?;
        }
        Ok(Self::assemble(customers, raw))
    }

    fn assemble(customers: Interner, raw: BTreeMap<TableName, RawTable>) -> Self {
        let (ids, position) = customers.sorted();
        let mut history = Self {
            first_seen: vec![NEVER; ids.len()],
            signup: vec![NEVER; ids.len()],
            timeless: raw.values().all(|table| !table.dated),
            ..Self::default()
        };
        for (name, table) in raw {
            let wants_heads = table.wants_heads;
            let mut table = table.sorted(&position);
            if wants_heads {
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

/// A table as it was read, rows in the order of arrival.
struct RawTable {
    customer: Vec<u32>,
    days: Vec<i32>,
    known: Option<Vec<i32>>,
    columns: Vec<Column>,
    dated: bool,
    wants_heads: bool,
}

impl RawTable {
    fn read(table: &CheckedTable, needs: &TableNeeds, zone: &str, customers: &mut Interner) -> Result<Self, Error> {
        let scan = select(table, needs, zone)?;
        let read = |source| Error::Read { table: table.name, source };
        let frame = scan.collect_with_engine(Engine::Streaming).map_err(read)?.unwrap_single();
        let mut raw = Self::from_frame(table.name, &frame, customers).map_err(read)?;
        raw.wants_heads = needs.columns.contains(ORDER_HEAD);
        Ok(raw)
    }

    fn from_frame(name: TableName, frame: &DataFrame, customers: &mut Interner) -> PolarsResult<Self> {
        let customer = customers.numbers(frame.column("@customer")?.str()?);
        let days = frame.column("@day").ok().map(|days| whole_days(days, i32::MIN)).transpose()?;
        let known_at = frame.column("@known").ok().map(|days| whole_days(days, NEVER)).transpose()?;
        let dated = days.is_some() || frame.column("signup_at").is_ok();
        let days = days.unwrap_or_else(|| vec![i32::MIN; customer.len()]);
        let known = known_at.map(|known| known.iter().zip(&days).map(|(known, day)| *known.max(day)).collect());
        let kept = frame.columns().iter().filter(|column| !column.name().starts_with('@'));
        let columns = kept.map(read_column).collect::<PolarsResult<Vec<_>>>()?;
        let mut raw = Self { customer, days, known, columns, dated, wants_heads: false };
        raw.link(name);
        Ok(raw)
    }

    /// Finds for every column the later time it becomes known with.
    fn link(&mut self, name: TableName) {
        let names: Vec<String> = self.columns.iter().map(|column| column.name.clone()).collect();
        for column in &mut self.columns {
            let with = known_with(name, &column.name);
            column.known_with = with.and_then(|with| names.iter().position(|name| name == with));
        }
    }

    /// Rows by customer, then day, then everything else, so that the order of arrival leaves no trace.
    fn sorted(self, position: &[u32]) -> TableHistory {
        let customer: Vec<u32> = self.customer.iter().map(|&arrival| position[arrival as usize]).collect();
        let mut offsets = vec![0usize; position.len() + 1];
        for &number in &customer {
            offsets[number as usize + 1] += 1;
        }
        for next in 1..offsets.len() {
            offsets[next] += offsets[next - 1];
        }
        let mut order = vec![0u32; customer.len()];
        let mut free = offsets.clone();
        for (&number, row) in customer.iter().zip(0u32..) {
            let slot = &mut free[number as usize];
            order[*slot] = row;
            *slot += 1;
        }
        for span in offsets.windows(2) {
            order[span[0]..span[1]].sort_by(|&a, &b| self.compare(a as usize, b as usize));
        }
        TableHistory {
            days: gather(&self.days, &order),
            known: self.known.as_ref().map(|known| gather(known, &order)),
            columns: self.columns.iter().map(|column| column.gathered(&order)).collect(),
            offsets,
        }
    }

    fn compare(&self, a: usize, b: usize) -> std::cmp::Ordering {
        let known = |row: usize| self.known.as_ref().map(|known| known[row]);
        let columns = || {
            let unequal = self.columns.iter().map(|column| column.compare(a, b));
            unequal.into_iter().find(|order| order.is_ne()).unwrap_or(std::cmp::Ordering::Equal)
        };
        self.days[a].cmp(&self.days[b]).then_with(|| known(a).cmp(&known(b))).then_with(columns)
    }
}

impl Column {
    fn gathered(&self, order: &[u32]) -> Self {
        let values = match &self.values {
            Values::Number(numbers) => Values::Number(gather(numbers, order)),
            Values::Text { codes, levels } => Values::Text { codes: gather(codes, order), levels: Arc::clone(levels) },
            Values::Flag(flags) => Values::Flag(gather(flags, order)),
            Values::Day(days) => Values::Day(gather(days, order)),
        };
        Self { name: self.name.clone(), known_with: self.known_with, values }
    }

    fn compare(&self, a: usize, b: usize) -> std::cmp::Ordering {
        match &self.values {
            Values::Number(numbers) => numbers[a].total_cmp(&numbers[b]),
            Values::Text { codes, .. } => codes[a].cmp(&codes[b]),
            Values::Flag(flags) => flags[a].cmp(&flags[b]),
            Values::Day(days) => days[a].cmp(&days[b]),
        }
    }
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

fn gather<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}

fn whole_days(column: &FrameColumn, missing: i32) -> PolarsResult<Vec<i32>> {
    let days = column.cast(&DataType::Int32)?;
    Ok(days.i32()?.iter().map(|day| day.unwrap_or(missing)).collect())
}

fn read_column(column: &FrameColumn) -> PolarsResult<Column> {
    let values = match column.dtype() {
        DataType::String => {
            let mut interner = Interner::default();
            let arrival = interner.numbers(column.str()?);
            let (levels, position) = interner.sorted();
            let sorted = |code: u32| position.get(code as usize).copied().unwrap_or(NO_LEVEL);
            Values::Text { codes: arrival.into_iter().map(sorted).collect(), levels: Arc::new(levels) }
        }
        DataType::Boolean => Values::Flag(column.bool()?.iter().map(|flag| flag.map_or(2, u8::from)).collect()),
        DataType::Date => Values::Day(whole_days(column, NEVER)?),
        _ => {
            let numbers = column.cast(&DataType::Float64)?;
            Values::Number(numbers.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)).collect())
        }
    };
    Ok(Column { name: column.name().to_string(), known_with: None, values })
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
