//! Declared behaviours: who showed them, as was known at a cutoff.
//!
//! A behaviour is measured from rows before the cutoff only (both clocks; later columns of a row as they were known).
//! Three answers per customer: yes, no, and none for a customer who could not show it (`first` without a first row, or
//! with a first row of which the answer is not known yet).

use std::collections::BTreeMap;

use polars::prelude::*;
use polars::sql::sql_expr;

use super::Error;
use crate::contract::{Checked, CheckedTable, collect};
use crate::feature::CustomerIndex;
use crate::project::Behaviour;
use crate::tables::TableName;
use crate::time::{Day, Window};

/// So many counts are made in one pass.
const TOGETHER: usize = 64;

/// A declared behaviour that has been proved against the tables.
pub(super) struct Declared<'a> {
    pub name: &'a str,
    behaviour: &'a Behaviour,
    table: &'a CheckedTable,
    customer: &'static str,
    filter: Option<Expr>,
}

impl<'a> Declared<'a> {
    /// Proves that the behaviour's table and columns are mapped and its filter is an expression.
    pub fn new(name: &'a str, behaviour: &'a Behaviour, checked: &'a Checked) -> Result<Self, Error> {
        let table = behaviour.table;
        let missing = |column: &str| Error::ColumnNotMapped { behaviour: name.into(), table, column: column.into() };
        let not_mapped = || Error::TableNotMapped { behaviour: name.into(), table };
        let checked_table = checked.table(table).ok_or_else(not_mapped)?;
        let customer = table.table().customer.ok_or_else(|| missing("customer"))?;
        let kind = behaviour.kinds.as_ref().map(|_| "kind");
        let time = Some(table.table().time.unwrap_or("signup_at"));
        for column in [Some(customer), kind, behaviour.distinct.as_deref(), time].into_iter().flatten() {
            if !checked_table.has(column) {
                return Err(missing(column));
            }
        }
        if behaviour.first && behaviour.filter.is_none() {
            return Err(Error::FirstOfWhat { behaviour: name.into() });
        }
        let filter = behaviour.filter.as_deref().map(sql_expr).transpose();
        let filter = filter.map_err(|cause| Error::Filter { behaviour: name.into(), cause })?;
        Ok(Self { name, behaviour, table: checked_table, customer, filter })
    }

    /// What these customers do, to follow "customers".
    pub fn words(&self) -> String {
        let words = self.behaviour.description.clone().unwrap_or_else(|| self.definition());
        let complete =
            ["who ", "whose ", "with ", "without ", "that "].iter().any(|opening| words.starts_with(opening));
        if complete { words } else { format!("who {words}") }
    }

    fn definition(&self) -> String {
        let behaviour = self.behaviour;
        let within = behaviour.within_days.map(|days| format!(" in the last {days} days")).unwrap_or_default();
        let filter = behaviour.filter.as_ref().map(|filter| format!(" where {filter}")).unwrap_or_default();
        let (one, many) = self.rows_in_words();
        if behaviour.first {
            return format!("whose first {one}{within} was one{filter}");
        }
        format!("had {}{within}{filter}", amount_in_words(behaviour, &one, &many))
    }

    /// What one row is called, and several: `chat`, `ticket`, `different items of events`.
    fn rows_in_words(&self) -> (String, String) {
        let table = self.table.name.as_str();
        let row = table.strip_suffix('s').unwrap_or(table);
        let kinds = self.behaviour.kinds.as_ref().map(|kinds| kinds.join(" or "));
        match (&self.behaviour.distinct, kinds) {
            (Some(column), None) => (format!("{column} in {table}"), format!("different {column}s in {table}")),
            (Some(column), Some(kinds)) => (format!("{column} of {kinds}"), format!("different {column}s of {kinds}")),
            (None, Some(kinds)) => (format!("{row} `{kinds}`"), format!("{row}s `{kinds}`")),
            (None, None) => (row.to_owned(), format!("{row}s")),
        }
    }

    /// Whether the behaviour is a count of rows, so that many of them can be counted in one pass.
    fn is_plain(&self) -> bool {
        !self.behaviour.first && self.behaviour.distinct.is_none()
    }

    /// Whether a row of the table, known as of the cutoff, counts.
    fn counts(&self, as_of: Day) -> Expr {
        let kinds = self.behaviour.kinds.as_ref().map(|kinds| one_of("kind", kinds));
        let conditions = [self.in_window(as_of), kinds, self.filter.clone()].into_iter().flatten();
        // A literal would be summed once, not once a row: without conditions rows are counted.
        match conditions.reduce(Expr::and) {
            Some(condition) => condition.fill_null(lit(false)).cast(DataType::UInt32).sum(),
            None => len().cast(DataType::UInt32),
        }
    }

    /// Who showed the behaviour as of a cutoff, by customer number.
    fn shown(&self, as_of: Day, customers: &CustomerIndex) -> Result<Vec<Option<bool>>, Error> {
        let rows = self.rows(as_of);
        let shown = if self.behaviour.first { self.of_first(rows, customers) } else { self.of_count(rows, customers) };
        shown.map_err(|cause| Error::Filter { behaviour: self.name.into(), cause })
    }

    fn time(&self) -> &'static str {
        self.table.name.table().time.unwrap_or("signup_at")
    }

    fn day(&self) -> Expr {
        col(format!("{}_day", self.time())).cast(DataType::Int32)
    }

    /// Rows of known customers before the cutoff; customers by their signup.
    fn visible(&self, as_of: Day) -> LazyFrame {
        let rows = self.table.past(as_of).filter(col(self.customer).is_not_null());
        if self.table.name == TableName::Customers { rows.filter(self.day().lt(lit(as_of.epoch_days()))) } else { rows }
    }

    fn in_window(&self, as_of: Day) -> Option<Expr> {
        let start = |days: u32| Window::before(as_of, days).start.epoch_days();
        self.behaviour.within_days.map(|days| self.day().gt_eq(lit(start(days))))
    }

    fn rows(&self, as_of: Day) -> LazyFrame {
        let mut rows = self.visible(as_of);
        if let Some(window) = self.in_window(as_of) {
            rows = rows.filter(window);
        }
        match &self.behaviour.kinds {
            Some(kinds) => rows.filter(one_of("kind", kinds)),
            None => rows,
        }
    }

    fn of_count(&self, rows: LazyFrame, customers: &CustomerIndex) -> PolarsResult<Vec<Option<bool>>> {
        let rows = match &self.filter {
            Some(filter) => rows.filter(filter.clone()),
            None => rows,
        };
        // Distinct values without the null that `n_unique` would count.
        let (rows, counted) = match &self.behaviour.distinct {
            Some(column) => (rows.filter(col(column.as_str()).is_not_null()), col(column.as_str()).n_unique()),
            None => (rows, len()),
        };
        let grouped = rows.group_by([col(self.customer)]).agg([counted.cast(DataType::UInt32).alias("count")]);
        let counts = collect(grouped)?;
        let mut shown = vec![Some(self.behaviour.is_shown_by(0)); customers.ids.len()];
        let ids = counts.column(self.customer)?.cast(&DataType::String)?;
        for (id, count) in ids.str()?.iter().zip(counts.column("count")?.u32()?.iter()) {
            if let Some(number) = id.and_then(|id| customers.number(id)) {
                shown[number as usize] = Some(self.behaviour.is_shown_by(count.unwrap_or(0)));
            }
        }
        Ok(shown)
    }

    fn of_first(&self, rows: LazyFrame, customers: &CustomerIndex) -> PolarsResult<Vec<Option<bool>>> {
        let holds = self.filter.clone().unwrap_or(lit(true)).cast(DataType::Boolean);
        let time = col(self.time()).cast(DataType::Int64).alias("time");
        let rows = collect(rows.select([col(self.customer).cast(DataType::String), time, holds.alias("holds")]))?;
        // Of several first rows at the same instant any that satisfies the filter decides, so that row order does not.
        let mut first: Vec<Option<(i64, Option<bool>)>> = vec![None; customers.ids.len()];
        let columns = rows.column(self.customer)?.str()?.iter().zip(rows.column("time")?.i64()?.iter());
        for ((id, time), holds) in columns.zip(rows.column("holds")?.bool()?.iter()) {
            let (Some(number), Some(time)) = (id.and_then(|id| customers.number(id)), time) else { continue };
            let slot = &mut first[number as usize];
            *slot = match *slot {
                Some((earlier, known)) if earlier < time => Some((earlier, known)),
                Some((same, known)) if same == time => Some((same, known.max(holds))),
                _ => Some((time, holds)),
            };
        }
        Ok(first.into_iter().map(|row| row.and_then(|(_, holds)| holds)).collect())
    }
}

/// `at least one ticket`, `no ticket`, `2 to 4 tickets`.
fn amount_in_words(behaviour: &Behaviour, one: &str, many: &str) -> String {
    match (behaviour.at_least.unwrap_or(u32::from(behaviour.at_most.is_none())), behaviour.at_most) {
        (_, Some(0)) => format!("no {one}"),
        (0, Some(1)) => format!("at most one {one}"),
        (0, Some(most)) => format!("at most {most} {many}"),
        (least, Some(most)) if least == most => format!("exactly {least} {many}"),
        (least, Some(most)) => format!("{least} to {most} {many}"),
        (1, None) => format!("at least one {one}"),
        (least, None) => format!("at least {least} {many}"),
    }
}

/// Who showed each behaviour as of a cutoff: one vector per behaviour, by customer number. Plain counts over one table
/// are made together, in one pass for every [`TOGETHER`] of them.
pub(super) fn shown_by_all(
    declared: &[Declared<'_>],
    as_of: Day,
    customers: &CustomerIndex,
) -> Result<Vec<Vec<Option<bool>>>, Error> {
    let mut shown: Vec<Vec<Option<bool>>> = vec![Vec::new(); declared.len()];
    let mut plain: BTreeMap<TableName, Vec<usize>> = BTreeMap::new();
    for (position, behaviour) in declared.iter().enumerate().filter(|(_, behaviour)| behaviour.is_plain()) {
        plain.entry(behaviour.table.name).or_default().push(position);
    }
    for together in plain.values().flat_map(|positions| positions.chunks(TOGETHER)) {
        let batch: Vec<&Declared<'_>> = together.iter().map(|position| &declared[*position]).collect();
        // Where one of them cannot be evaluated, each is asked alone below, and says which.
        if let Ok(answers) = count_together(&batch, as_of, customers) {
            for (position, answer) in together.iter().zip(answers) {
                shown[*position] = answer;
            }
        }
    }
    for (answer, behaviour) in shown.iter_mut().zip(declared).filter(|(answer, _)| answer.is_empty()) {
        *answer = behaviour.shown(as_of, customers)?;
    }
    Ok(shown)
}

fn count_together(
    batch: &[&Declared<'_>],
    as_of: Day,
    customers: &CustomerIndex,
) -> PolarsResult<Vec<Vec<Option<bool>>>> {
    let Some(first) = batch.first() else { return Ok(Vec::new()) };
    let counts: Vec<Expr> =
        batch.iter().enumerate().map(|(place, behaviour)| behaviour.counts(as_of).alias(format!("{place}"))).collect();
    let grouped = first.visible(as_of).group_by([col(first.customer).cast(DataType::String).alias("id")]).agg(counts);
    let found = collect(grouped)?;
    let numbers: Vec<Option<u32>> =
        found.column("id")?.str()?.iter().map(|id| id.and_then(|id| customers.number(id))).collect();
    let answer = |(place, behaviour): (usize, &&Declared<'_>)| {
        let behaviour = behaviour.behaviour;
        let mut shown = vec![Some(behaviour.is_shown_by(0)); customers.ids.len()];
        for (number, count) in numbers.iter().zip(found.column(&place.to_string())?.u32()?.iter()) {
            if let Some(number) = number {
                shown[*number as usize] = Some(behaviour.is_shown_by(count.unwrap_or(0)));
            }
        }
        Ok(shown)
    };
    batch.iter().enumerate().map(answer).collect()
}

/// Whether a text column holds one of the values.
pub(super) fn one_of(column: &str, values: &[String]) -> Expr {
    let any = |either: Expr, value: &String| either.or(col(column).eq(lit(value.as_str())));
    values.iter().fold(lit(false), any)
}
