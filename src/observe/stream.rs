//! The rows of one customer that one filter means, with the running sums that make every window at every cutoff cheap.

use std::cell::Cell;
use std::ops::Range;

use super::filter::{Filter, RowFilter, is_known, later_day};
use crate::rollup::{NEVER, NO_LEVEL, TableHistory, Values};
use crate::stats::ExactSum;

/// Which running sums are needed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Wants {
    /// Running count of distinct days, and of squared gaps between them.
    pub days: bool,
    /// Running sums of the columns.
    pub sums: bool,
}

impl Wants {
    /// Neither.
    pub const NOTHING: Self = Self { days: false, sums: false };
    /// Distinct days and gaps.
    pub const DAYS: Self = Self { days: true, sums: false };
    /// Sums of columns.
    pub const SUMS: Self = Self { days: false, sums: true };

    /// Both needs together.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self { days: self.days || other.days, sums: self.sums || other.sums }
    }
}

/// What is prepared once per (table, filter) for all customers.
#[derive(Debug, Clone)]
pub struct StreamPlan {
    filter: RowFilter,
    columns: Vec<usize>,
    wants: Wants,
    grows_up: bool,
}

impl StreamPlan {
    /// Binds a filter and the columns its features read to a table. `None` if a column is not there.
    #[must_use]
    pub fn new(table: &TableHistory, filter: &Filter, columns: &[String], wants: Wants) -> Option<Self> {
        let filter = filter.bind(table);
        let columns: Vec<usize> = columns.iter().map(|name| table.position(name)).collect::<Option<_>>()?;
        let later = |&position: &usize| table.columns[position].known_with.is_some();
        let grows_up = table.known.is_some() || filter.grows_up(table) || columns.iter().any(later);
        Some(Self { filter, columns, wants, grows_up })
    }

    /// The filter.
    #[must_use]
    pub const fn filter(&self) -> &RowFilter {
        &self.filter
    }

    /// Whether the rows look different from different days, so that they must be gathered once per cutoff.
    #[must_use]
    pub const fn grows_up(&self) -> bool {
        self.grows_up
    }
}

/// Value of one column in one row.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Row {
    /// A number; NaN where missing or not yet known. Flags are 0 and 1.
    Number(f64),
    /// Code of a level.
    Level(u32),
    /// A day.
    Day(i32),
}

/// Values of one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cells {
    /// Numbers; NaN where missing or not yet known.
    Numbers(Vec<f64>),
    /// Codes of levels.
    Levels(Vec<u32>),
    /// Days.
    Days(Vec<i32>),
}

/// One customer's rows, ascending by day. The buffers are used again for the next customer.
#[derive(Debug, Clone, Default)]
pub struct Stream {
    /// Local day of each row.
    pub(super) days: Vec<i32>,
    /// Which rows of the table they are.
    rows: Vec<u32>,
    /// How many rows lie before each of the days at which windows begin or end.
    pub(super) marked: Vec<u32>,
    /// Values of each column.
    pub(super) columns: Vec<Cells>,
    /// Distinct days before each mark, and the sum of squared gaps between them.
    pub(super) running: Vec<(u32, i64)>,
    /// Per column, sum and count of the numbers before each mark.
    pub(super) sums: Vec<Vec<(ExactSum, u32)>>,
    /// What was computed last of the days of some rows: two features of one window may need the same.
    pub(super) remembered: Cell<Option<((usize, usize), f64)>>,
}

impl Stream {
    /// Gathers the customer's rows as they were known as of that day: all rows before it.
    pub fn gather(&mut self, plan: &StreamPlan, table: &TableHistory, rows: Range<usize>, as_of: i32, marks: &[i32]) {
        self.begin();
        let end = table.days.first_from(rows.clone(), as_of);
        let visible = |row: usize| table.known.as_ref().is_none_or(|known| known[row] < as_of);
        for row in (rows.start..end).filter(|&row| visible(row)) {
            if plan.filter.holds(table, row, as_of) {
                self.push(row);
            }
        }
        self.finish(plan, table, as_of, marks);
    }

    /// Begins a new customer; then come [`Stream::push`] for each row in order, and [`Stream::finish`].
    pub fn begin(&mut self) {
        self.rows.clear();
        self.marked.clear();
    }

    /// Adds a row.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "tables have fewer than 2^32 rows, which the rollup sees to")]
    pub fn push(&mut self, row: usize) {
        self.rows.push(row as u32);
    }

    /// Adds a mark: so many rows lie before the next of the days that matter.
    #[inline]
    pub fn push_mark(&mut self, rows: u32) {
        self.marked.push(rows);
    }

    /// How many rows lie between two marks.
    #[inline]
    #[must_use]
    pub fn between_marks(&self, start: usize, end: usize) -> u32 {
        self.marked[end] - self.marked[start]
    }

    /// Reads the days and columns and makes the running sums up to each mark, after the last row. Marks ascend.
    pub fn finish(&mut self, plan: &StreamPlan, table: &TableHistory, as_of: i32, marks: &[i32]) {
        self.days.clear();
        self.days.extend(self.rows.iter().map(|&row| table.days.at(row as usize)));
        self.columns.resize_with(plan.columns.len(), || Cells::Numbers(Vec::new()));
        for (cells, &position) in self.columns.iter_mut().zip(&plan.columns) {
            cells.read(table, position, &self.rows, as_of);
        }
        self.run(plan.wants, marks);
    }

    /// A stream of given rows with given marks, for worked examples.
    #[must_use]
    pub fn of(days: Vec<i32>, columns: Vec<Vec<Row>>, marks: &[i32]) -> Self {
        let columns = columns.into_iter().map(|column| Cells::of(&column)).collect();
        let mut stream = Self { days, columns, ..Self::default() };
        stream.run(Wants { days: true, sums: true }, marks);
        stream
    }

    /// The first row's day; day 0 without rows.
    #[must_use]
    pub fn first_day(&self) -> i32 {
        self.days.first().copied().unwrap_or(0)
    }

    fn run(&mut self, wants: Wants, marks: &[i32]) {
        self.remembered.set(None);
        self.mark(marks);
        if wants.days {
            self.run_days();
        }
        if wants.sums {
            self.sums.resize_with(self.columns.len(), Vec::new);
            for (sums, values) in self.sums.iter_mut().zip(&self.columns) {
                run_sums(sums, values, &self.marked);
            }
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "tables have fewer than 2^32 rows, which the rollup sees to")]
    fn mark(&mut self, marks: &[i32]) {
        let mut before = 0;
        self.marked.clear();
        self.marked.extend(marks.iter().map(|&mark| {
            // Rows and marks are few: step by step is faster than by halves.
            before += self.days[before..].iter().take_while(|day| **day < mark).count();
            before as u32
        }));
    }

    fn run_days(&mut self) {
        let (mut distinct, mut squares, mut from) = (0, 0, 0);
        let mut last = self.days.first().map_or(0, |day| day.saturating_sub(1));
        self.running.clear();
        for &until in &self.marked {
            for &day in &self.days[from..until as usize] {
                let gap = if distinct == 0 { 0 } else { i64::from(day - last) };
                distinct += u32::from(day != last);
                squares += gap * gap;
                last = day;
            }
            from = until as usize;
            self.running.push((distinct, squares));
        }
    }
}

/// A number that is whole and small: any number of rows of such has a sum of 64 bits.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "compared with what it came from")]
fn small_whole(number: f64) -> Option<i64> {
    let whole = number as i32;
    (f64::from(whole) == number).then(|| whole.into())
}

fn run_sums(sums: &mut Vec<(ExactSum, u32)>, values: &Cells, marked: &[u32]) {
    let (mut sum, mut count, mut from) = (ExactSum::ZERO, 0, 0);
    sums.clear();
    let Cells::Numbers(numbers) = values else {
        sums.resize(marked.len(), (sum, count));
        return;
    };
    let mut wholes = 0;
    for &until in marked {
        for &number in &numbers[from..until as usize] {
            // Most numbers are whole and small: their sum is as exact, and faster.
            if let Some(whole) = small_whole(number) {
                wholes += whole;
                count += 1;
            } else if !number.is_nan() {
                sum += number;
                count += 1;
            }
        }
        from = until as usize;
        sums.push((sum + ExactSum::of_whole(wholes), count));
    }
}

impl Cells {
    fn of(rows: &[Row]) -> Self {
        let number = |row: &Row| if let Row::Number(number) = row { *number } else { f64::NAN };
        let level = |row: &Row| if let Row::Level(level) = row { *level } else { NO_LEVEL };
        let day = |row: &Row| if let Row::Day(day) = row { *day } else { NEVER };
        match rows.first() {
            Some(Row::Level(_)) => Self::Levels(rows.iter().map(level).collect()),
            Some(Row::Day(_)) => Self::Days(rows.iter().map(day).collect()),
            _ => Self::Numbers(rows.iter().map(number).collect()),
        }
    }

    /// Takes a column's values in some rows, as they were known as of that day.
    fn read(&mut self, table: &TableHistory, position: usize, rows: &[u32], as_of: i32) {
        let column = &table.columns[position];
        let is_constant = column.known_with.is_none();
        let known = |row: usize| is_constant || is_known(table, position, row, as_of);
        let all = || rows.iter().map(|&row| row as usize);
        match &column.values {
            Values::Number(numbers) if is_constant => numbers.extend(rows, self.numbers()),
            Values::Number(numbers) => {
                self.numbers().extend(all().map(|row| if known(row) { numbers.at(row) } else { f64::NAN }));
            }
            Values::Flag(flags) => {
                let flag = |row: usize| if known(row) && flags[row] < 2 { f64::from(flags[row]) } else { f64::NAN };
                self.numbers().extend(all().map(flag));
            }
            Values::Text { codes, .. } => {
                let code = |row: usize| if known(row) { codes.at(row) } else { NO_LEVEL };
                self.levels().extend(all().map(code));
            }
            Values::Day(_) => {
                let day = |row: usize| if known(row) { later_day(table, position, row, as_of) } else { NEVER };
                self.days().extend(all().map(day));
            }
        }
    }

    fn numbers(&mut self) -> &mut Vec<f64> {
        if !matches!(self, Self::Numbers(_)) {
            *self = Self::Numbers(Vec::new());
        }
        let Self::Numbers(numbers) = self else { unreachable!("it has just been made of numbers") };
        numbers.clear();
        numbers
    }

    fn levels(&mut self) -> &mut Vec<u32> {
        if !matches!(self, Self::Levels(_)) {
            *self = Self::Levels(Vec::new());
        }
        let Self::Levels(levels) = self else { unreachable!("it has just been made of levels") };
        levels.clear();
        levels
    }

    fn days(&mut self) -> &mut Vec<i32> {
        if !matches!(self, Self::Days(_)) {
            *self = Self::Days(Vec::new());
        }
        let Self::Days(days) = self else { unreachable!("it has just been made of days") };
        days.clear();
        days
    }
}
