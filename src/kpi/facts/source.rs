//! One table of facts: how its rows are read, ordered, and turned into facts per period.

use polars::prelude::{
    BooleanChunked, DataFrame, Float64Chunked, Int32Chunked, Int64Chunked, PolarsResult, StringChunked,
};

use super::Facts;
use super::rows::{Gathered, Rows, Subjects};
use crate::contract::CheckedTable;
use crate::kpi::period::Calendar;
use crate::kpi::visible;
use crate::project::Project;
use crate::sentiment::Analyzer;
use crate::tables::TableName;
use crate::time::Day;

/// What every table needs to know beside its rows.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// The periods.
    pub calendar: &'a Calendar,
    /// Nothing from this day on is seen.
    pub as_of: Day,
    /// Whether any KPI looks at sessions of events.
    pub wants_sessions: bool,
    /// A session of events ends after so much silence.
    pub session_gap_microseconds: i64,
    /// A subscription renewed within so many days was not lost.
    pub grace_days: i32,
}

/// How one table is read, batch by batch, and what it shows. The source itself holds what must outlast a batch: codes of
/// texts, and what was found out about the whole table before.
pub trait Source: Default {
    /// One compact row.
    type Row: Copy + Send + Sync + 'static;
    /// The table.
    const TABLE: TableName;
    /// The columns it reads; those that are not mapped read null.
    const COLUMNS: &'static [&'static str];

    /// Finds out what a single row does not tell, before the first batch.
    ///
    /// # Errors
    /// If the files cannot be read any more.
    fn prepare(&mut self, _table: &CheckedTable, _as_of: Day, _project: &Project) -> PolarsResult<()> {
        Ok(())
    }

    /// Reads a batch: its rows by position, without those that are none of the KPIs' business.
    ///
    /// # Errors
    /// If a column has another type than the contract says.
    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Self::Row)>>;

    /// A complete key of a row: equal keys, equal rows. Its first part is the row's local day.
    fn key(row: &Self::Row) -> [i64; 6];

    /// Fills the facts of one subject from its rows, which are never empty.
    fn fill(rows: &[Self::Row], frame: Frame<'_>, facts: &mut [Facts]);

    /// Adds the days on which the rows show the customer active.
    fn active_days(_rows: &[Self::Row], _days: &mut Vec<i32>) {}

    /// Whose each row is.
    ///
    /// # Errors
    /// If a column has another type than the contract says.
    fn owners<'a>(&'a self, reader: &Reader<'a>) -> PolarsResult<Vec<Owner<'a>>> {
        Ok((0..reader.height()).map(|row| reader.owner(row)).collect())
    }
}

/// Whose a row is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner<'a> {
    /// A customer's.
    Customer(&'a str),
    /// A visitor's, of whom no customer is known.
    Visitor(&'a str),
    /// Nobody's: a unit of its own.
    Nobody,
}

/// A table in memory.
pub trait Loaded: Send + Sync + std::fmt::Debug {
    /// Fills the facts of one subject.
    fn fill(&self, subject: usize, frame: Frame<'_>, facts: &mut [Facts]);
    /// Adds the days on which the subject was active.
    fn active_days(&self, subject: usize, days: &mut Vec<i32>);
}

/// Rows of one source, grouped by subject.
pub struct Grouped<S: Source>(Rows<S::Row>);

/// A frame's columns with the subject of each row.
#[derive(Debug)]
pub struct Reader<'a> {
    frame: &'a DataFrame,
    customers: Option<&'a StringChunked>,
    split: Option<&'a StringChunked>,
}

impl<'a> Reader<'a> {
    /// Looks up the columns that name a row's subject.
    ///
    /// # Errors
    /// If they are no texts.
    pub fn new(frame: &'a DataFrame, table: TableName, subjects: &Subjects) -> PolarsResult<Self> {
        let customer = table.table().customer;
        let customers = customer.map(|name| text_column(frame, name)).transpose()?.flatten();
        let split = subjects.split_column(table).map(|name| text_column(frame, name)).transpose()?.flatten();
        Ok(Self { frame, customers, split })
    }

    /// Number of rows.
    pub fn height(&self) -> usize {
        self.frame.height()
    }

    /// The customer of a row.
    pub fn customer(&self, row: usize) -> Option<&'a str> {
        self.customers?.get(row)
    }

    /// Whose a row is: its customer's, or nobody's.
    pub fn owner(&self, row: usize) -> Owner<'a> {
        self.customer(row).map_or(Owner::Nobody, Owner::Customer)
    }

    /// The number of each row's subject.
    pub fn subjects(&self, table: TableName, owners: &[Owner<'a>], subjects: &mut Subjects) -> Vec<u32> {
        owners.iter().enumerate().map(|(row, owner)| subjects.number(table, *owner, self.split(row))).collect()
    }

    /// The value by which customers are split.
    pub fn split(&self, row: usize) -> Option<&'a str> {
        self.split?.get(row)
    }

    /// A column of texts.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn texts(&self, name: &str) -> PolarsResult<Texts<'a>> {
        text_column(self.frame, name).map(Texts)
    }

    /// A column of numbers.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn numbers(&self, name: &str) -> PolarsResult<Numbers<'a>> {
        self.frame.column(name).ok().map(|column| column.f64()).transpose().map(Numbers)
    }

    /// A column of flags.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn flags(&self, name: &str) -> PolarsResult<Flags<'a>> {
        self.frame.column(name).ok().map(|column| column.bool()).transpose().map(Flags)
    }

    /// A column of local days.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn days(&self, name: &str) -> PolarsResult<Days<'a>> {
        self.frame.column(name).ok().map(|column| column.i32()).transpose().map(Days)
    }

    /// A column of instants in microseconds.
    ///
    /// # Errors
    /// If it is of another type.
    pub fn instants(&self, name: &str) -> PolarsResult<Instants<'a>> {
        self.frame.column(name).ok().map(|column| column.i64()).transpose().map(Instants)
    }
}

fn text_column<'a>(frame: &'a DataFrame, name: &str) -> PolarsResult<Option<&'a StringChunked>> {
    frame.column(name).ok().map(|column| column.str()).transpose()
}

/// Texts, or nothing where the column is not mapped.
#[derive(Debug, Clone, Copy)]
pub struct Texts<'a>(Option<&'a StringChunked>);

/// Numbers, or nothing where the column is not mapped.
#[derive(Debug, Clone, Copy)]
pub struct Numbers<'a>(Option<&'a Float64Chunked>);

/// Flags, or nothing where the column is not mapped.
#[derive(Debug, Clone, Copy)]
pub struct Flags<'a>(Option<&'a BooleanChunked>);

/// Local days, or nothing where the column is not mapped.
#[derive(Debug, Clone, Copy)]
pub struct Days<'a>(Option<&'a Int32Chunked>);

/// Instants, or nothing where the column is not mapped.
#[derive(Debug, Clone, Copy)]
pub struct Instants<'a>(Option<&'a Int64Chunked>);

impl<'a> Texts<'a> {
    /// The text of a row.
    pub fn get(self, row: usize) -> Option<&'a str> {
        self.0?.get(row)
    }
}

impl Numbers<'_> {
    /// The number of a row.
    pub fn get(self, row: usize) -> Option<f64> {
        self.0?.get(row)
    }

    /// The number of a row, 0 where there is none.
    pub fn or_zero(self, row: usize) -> f64 {
        self.get(row).unwrap_or(0.0)
    }
}

impl Flags<'_> {
    /// The flag of a row.
    pub fn get(self, row: usize) -> Option<bool> {
        self.0?.get(row)
    }
}

impl Days<'_> {
    /// Whether the column is mapped.
    pub const fn is_mapped(self) -> bool {
        self.0.is_some()
    }

    /// The day of a row.
    pub fn get(self, row: usize) -> Option<i32> {
        self.0?.get(row)
    }

    /// The day of a row, beyond all days where there is none.
    pub fn or_never(self, row: usize) -> i32 {
        self.get(row).unwrap_or(i32::MAX)
    }
}

impl Instants<'_> {
    /// Whether the column is mapped.
    pub const fn is_mapped(self) -> bool {
        self.0.is_some()
    }

    /// The instant of a row.
    pub fn get(self, row: usize) -> Option<i64> {
        self.0?.get(row)
    }

    /// Seconds from this column's instant to another's.
    pub fn seconds_until(self, later: Instants<'_>, row: usize) -> Option<f64> {
        Some((later.get(row)? - self.get(row)?) as f64 / 1e6)
    }
}

impl<S: Source> Grouped<S> {
    /// Reads and groups the rows that are visible as of a day, in one pass over the needed columns, batch by batch.
    ///
    /// # Errors
    /// If the files cannot be read any more, or a column has another type than the contract says.
    pub fn read(table: &CheckedTable, as_of: Day, project: &Project, subjects: &mut Subjects) -> PolarsResult<Self> {
        let mut wanted = S::COLUMNS.to_vec();
        let split = subjects.split_column(S::TABLE).map(str::to_owned);
        wanted.extend(split.as_deref().filter(|column| !S::COLUMNS.contains(column)));
        let mut source = S::default();
        source.prepare(table, as_of, project)?;
        let mut gathered = Gathered::default();
        visible::for_each_batch(table, as_of, &wanted, |batch| {
            let reader = Reader::new(batch, S::TABLE, subjects)?;
            let numbers = reader.subjects(S::TABLE, &source.owners(&reader)?, subjects);
            gathered.extend(source.read(&reader)?.into_iter().map(|(row, value)| (numbers[row], value)));
            Ok(())
        })?;
        Ok(Self(gathered.group(S::key)))
    }

    /// The rows of one subject.
    pub fn of(&self, subject: usize) -> &[S::Row] {
        self.0.of(subject)
    }
}

impl<S: Source> Default for Grouped<S> {
    fn default() -> Self {
        Self(Rows::default())
    }
}

impl<S: Source> Loaded for Grouped<S> {
    fn fill(&self, subject: usize, frame: Frame<'_>, facts: &mut [Facts]) {
        let rows = self.0.of(subject);
        if !rows.is_empty() {
            S::fill(rows, frame, facts);
        }
    }

    fn active_days(&self, subject: usize, days: &mut Vec<i32>) {
        S::active_days(self.0.of(subject), days);
    }
}

impl<S: Source> std::fmt::Debug for Grouped<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Grouped").field(&S::TABLE).finish()
    }
}

/// The rows of a period, from rows in the order of their days.
pub fn within<T>(rows: &[T], day_of: impl Fn(&T) -> i32, start: Day, end: Day) -> &[T] {
    let first = rows.partition_point(|row| day_of(row) < start.epoch_days());
    let last = rows.partition_point(|row| day_of(row) < end.epoch_days());
    &rows[first.min(last)..last]
}

/// The sentiment of each row: as mapped, or else of its English text.
///
/// # Errors
/// If a column has another type than the contract says.
pub fn sentiments(reader: &Reader<'_>) -> PolarsResult<Vec<Option<f64>>> {
    let mapped = reader.numbers("sentiment")?;
    if mapped.0.is_some() {
        return Ok((0..reader.height()).map(|row| mapped.get(row)).collect());
    }
    let texts = reader.texts("text")?;
    if texts.0.is_none() {
        return Ok(vec![None; reader.height()]);
    }
    let texts: Vec<Option<&str>> = (0..reader.height()).map(|row| texts.get(row)).collect();
    Ok(Analyzer::new().scores(&texts))
}

/// How many, as facts count.
pub fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// An optional number in a key: missing comes first.
pub fn optional_key(value: Option<f64>) -> i64 {
    value.map_or(i64::MIN, super::rows::float_key)
}

/// Runs `show` on the rows of every period that has any.
pub fn by_period<T>(
    rows: &[T],
    day_of: impl Fn(&T) -> i32 + Copy,
    frame: Frame<'_>,
    facts: &mut [Facts],
    mut show: impl FnMut(&[T], &mut Facts),
) {
    for (period, facts) in frame.calendar.periods.iter().zip(facts) {
        let of_period = within(rows, day_of, period.start, period.end);
        if !of_period.is_empty() {
            show(of_period, facts);
        }
    }
}
