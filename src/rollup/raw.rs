//! A table while it is read: rows in the order of arrival, batch after batch, until they are sorted by customer and day.

use std::cmp::Ordering;
use std::sync::Arc;

use polars::prelude::{Column as FrameColumn, DataFrame, DataType, PolarsResult};
use rayon::prelude::*;

use super::customers::NO_LEVEL;
use super::history::{Column, NEVER, TableHistory, Values};
use super::intern::Interner;
use super::needs::known_with;
use crate::tables::TableName;

/// Rows as they arrive.
pub struct RawTable {
    name: TableName,
    customer: Vec<u32>,
    days: Vec<i32>,
    known: Option<Vec<i32>>,
    columns: Vec<RawColumn>,
    /// Whether the table has a time at all.
    pub dated: bool,
    /// Whether rows of one day must lie in an order of their own, because a feature compares one with the next.
    ordered: bool,
}

struct RawColumn {
    name: String,
    values: RawValues,
}

enum RawValues {
    Number(Vec<f64>),
    Text(Vec<u32>, Interner),
    Flag(Vec<u8>),
    Day(Vec<i32>),
}

impl RawTable {
    /// An empty table.
    pub fn new(name: TableName, ordered: bool) -> Self {
        let (customer, days, columns) = (Vec::new(), Vec::new(), Vec::new());
        Self { name, customer, days, known: None, columns, dated: false, ordered }
    }

    /// Adds a batch of rows.
    ///
    /// # Errors
    /// If the batch does not have the types that were selected.
    pub fn push(&mut self, frame: &DataFrame, customers: &mut Interner) -> PolarsResult<()> {
        customers.number_all(frame.column("@customer")?.str()?, &mut self.customer);
        let before = self.days.len();
        match frame.column("@day") {
            Ok(days) => push_days(days, i32::MIN, &mut self.days)?,
            Err(_) => self.days.resize(self.customer.len(), i32::MIN),
        }
        self.dated |= frame.column("@day").is_ok() || frame.column("signup_at").is_ok();
        if let Ok(known_at) = frame.column("@known") {
            let known = self.known.get_or_insert_default();
            push_days(known_at, NEVER, known)?;
            for (known, day) in known[before..].iter_mut().zip(&self.days[before..]) {
                *known = (*known).max(*day);
            }
        }
        let kept = frame.columns().iter().filter(|column| !column.name().starts_with('@'));
        for (position, column) in kept.enumerate() {
            if self.columns.len() == position {
                self.columns.push(RawColumn::new(column));
            }
            self.columns[position].values.push(column)?;
        }
        Ok(())
    }

    /// Rows by customer, then day, then, where that matters, everything else: the order of arrival leaves no trace.
    pub fn sorted(mut self, position: &[u32]) -> TableHistory {
        let (offsets, mut order) = self.by_customer(position);
        self.customer = Vec::new();
        let columns = self.columns.drain(..).map(RawColumn::finished);
        let mut columns: Vec<Column> = columns.collect();
        link(self.name, &mut columns);
        let mut days = gather(&self.days, &order);
        for span in offsets.windows(2) {
            let span = span[0]..span[1];
            if self.ordered {
                order[span].sort_by(|&a, &b| self.compare(&columns, a as usize, b as usize));
            } else if !days[span.clone()].is_sorted() {
                order[span].sort_by_key(|&row| self.days[row as usize]);
            }
        }
        days = gather_again(days, &self.days, &order);
        self.days = Vec::new();
        let known = self.known.take().map(|known| gather(&known, &order));
        let columns = columns.into_iter().map(|column| column.gathered(&order)).collect();
        TableHistory { offsets, days, known, columns }
    }

    /// Where each customer's rows begin, and the rows of all customers in that order.
    fn by_customer(&self, position: &[u32]) -> (Vec<usize>, Vec<u32>) {
        let mut offsets = vec![0usize; position.len() + 1];
        for &arrival in &self.customer {
            offsets[position[arrival as usize] as usize + 1] += 1;
        }
        for next in 1..offsets.len() {
            offsets[next] += offsets[next - 1];
        }
        let mut free = offsets.clone();
        let mut order = vec![0u32; self.customer.len()];
        for (&arrival, row) in self.customer.iter().zip(0u32..) {
            let slot = &mut free[position[arrival as usize] as usize];
            order[*slot] = row;
            *slot += 1;
        }
        (offsets, order)
    }

    fn compare(&self, columns: &[Column], a: usize, b: usize) -> Ordering {
        let known = |row: usize| self.known.as_ref().map(|known| known[row]);
        let others = || {
            let mut unequal = columns.iter().map(|column| column.compare(a, b)).filter(|order| order.is_ne());
            unequal.next().unwrap_or(Ordering::Equal)
        };
        self.days[a].cmp(&self.days[b]).then_with(|| known(a).cmp(&known(b))).then_with(others)
    }
}

/// Finds for every column the later time it becomes known with.
fn link(table: TableName, columns: &mut [Column]) {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for column in columns {
        let with = known_with(table, &column.name);
        column.known_with = with.and_then(|with| names.iter().position(|name| name == with));
    }
}

impl RawColumn {
    fn new(column: &FrameColumn) -> Self {
        let values = match column.dtype() {
            DataType::String => RawValues::Text(Vec::new(), Interner::default()),
            DataType::Boolean => RawValues::Flag(Vec::new()),
            DataType::Date => RawValues::Day(Vec::new()),
            _ => RawValues::Number(Vec::new()),
        };
        Self { name: column.name().to_string(), values }
    }

    fn finished(self) -> Column {
        let values = match self.values {
            RawValues::Number(numbers) => Values::Number(numbers),
            RawValues::Flag(flags) => Values::Flag(flags),
            RawValues::Day(days) => Values::Day(days),
            RawValues::Text(mut codes, interner) => {
                let (levels, position) = interner.sorted();
                for code in codes.iter_mut().filter(|code| **code != NO_LEVEL) {
                    *code = position[*code as usize];
                }
                Values::Text { codes, levels: Arc::new(levels) }
            }
        };
        Column { name: self.name, known_with: None, values }
    }
}

impl RawValues {
    fn push(&mut self, column: &FrameColumn) -> PolarsResult<()> {
        match self {
            Self::Number(numbers) => {
                let cast = column.cast(&DataType::Float64)?;
                numbers.extend(cast.f64()?.iter().map(|number| number.unwrap_or(f64::NAN)));
            }
            Self::Text(codes, interner) => interner.number_all(column.str()?, codes),
            Self::Flag(flags) => flags.extend(column.bool()?.iter().map(|flag| flag.map_or(2, u8::from))),
            Self::Day(days) => push_days(column, NEVER, days)?,
        }
        Ok(())
    }
}

fn push_days(column: &FrameColumn, missing: i32, days: &mut Vec<i32>) -> PolarsResult<()> {
    let cast = column.cast(&DataType::Int32)?;
    days.extend(cast.i32()?.iter().map(|day| day.unwrap_or(missing)));
    Ok(())
}

impl Column {
    fn gathered(self, order: &[u32]) -> Self {
        let values = match self.values {
            Values::Number(numbers) => Values::Number(gather(&numbers, order)),
            Values::Text { codes, levels } => Values::Text { codes: gather(&codes, order), levels },
            Values::Flag(flags) => Values::Flag(gather(&flags, order)),
            Values::Day(days) => Values::Day(gather(&days, order)),
        };
        Self { values, ..self }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match &self.values {
            Values::Number(numbers) => numbers[a].total_cmp(&numbers[b]),
            Values::Text { codes, .. } => codes[a].cmp(&codes[b]),
            Values::Flag(flags) => flags[a].cmp(&flags[b]),
            Values::Day(days) => days[a].cmp(&days[b]),
        }
    }
}

fn gather<T: Copy + Send + Sync>(values: &[T], order: &[u32]) -> Vec<T> {
    order.par_iter().with_min_len(1 << 14).map(|&row| values[row as usize]).collect()
}

/// Gathers into a buffer that is there already.
fn gather_again<T: Copy + Send + Sync>(mut into: Vec<T>, values: &[T], order: &[u32]) -> Vec<T> {
    into.par_iter_mut().with_min_len(1 << 14).zip(order).for_each(|(slot, &row)| *slot = values[row as usize]);
    into
}
