//! Parquet tables read directly: each row group is decoded once, audited and made into a batch from the same columns.
//!
//! This way is open to tables whose canonical columns are columns of the files, of types that need no reading of texts,
//! and whose rows all keep the contract; a table that turns out to have any row that does not is read the other way, which
//! names it. Both ways give the same history.

use polars::prelude::{Column, DataType, Expr, PolarsError, PolarsResult};
use rayon::prelude::*;

use super::batch::{BatchColumn, RowBatch, days_of, numbers_of};
use super::derived::derived;
use super::history::NEVER;
use super::needs::TableNeeds;
use super::numbers::Numbers;
use crate::contract::{Audit, Shape, Shaped as _};
use crate::project::Project;
use crate::source::{self, Cells, MappedColumn, Opened, Part, RowGroups, Texts};
use crate::tables::{ColumnType, TableName};
use crate::time::{Day, DayClock, Zone};

/// A table whose files can be read directly.
pub struct Direct<'a> {
    opened: &'a Opened,
    /// What the table has, in whichever file.
    shape: &'a Shape,
    needs: &'a TableNeeds,
    zone: &'a Zone,
    as_of: Day,
    files: Vec<RowGroups>,
}

/// What stood in a row group: its audit and its rows; nothing if some row must be looked at closely.
type Piece = Option<(Audit, RowBatch)>;

impl<'a> Direct<'a> {
    /// The table, if all its files allow it.
    #[must_use]
    pub fn new(
        project: &'a Project,
        opened: &'a Opened,
        shape: &'a Shape,
        needs: &'a TableNeeds,
        as_of: Day,
    ) -> Option<Self> {
        let name = opened.name;
        let is_filtered = project.sources(name).iter().any(|source| source.filter.is_some());
        let is_derived = |column: &String| derived(name, column).is_some() && column != "hour";
        let has_small_rows = name == TableName::Customers || needs.columns.iter().any(is_derived);
        if is_filtered || has_small_rows || !needs.expressions.is_empty() || !opened.parts.iter().all(is_plain) {
            return None;
        }
        let files: Vec<RowGroups> =
            opened.parts.iter().map(|part| RowGroups::open(&part.file).ok()).collect::<Option<_>>()?;
        // A table without rows is read the other way, which knows its columns all the same.
        if files.iter().all(RowGroups::is_empty) {
            return None;
        }
        Some(Self { opened, shape, needs, zone: &project.project.time_zone, as_of, files })
    }

    /// Reads all row groups in parallel and hands over their rows with the positions of their file among the files and of
    /// the row group among all; one audit per file. Nothing if some row must be
    /// looked at closely: then what was handed over does not count.
    pub fn read(&self, take: &(dyn Fn(usize, usize, RowBatch) + Sync)) -> Option<Vec<Audit>> {
        let groups =
            self.files.iter().enumerate().flat_map(|(file, groups)| (0..groups.len()).map(move |at| (file, at)));
        let groups: Vec<(usize, usize)> = groups.collect();
        let audits: Option<Vec<(usize, Audit)>> = groups
            .into_par_iter()
            .enumerate()
            .with_max_len(1)
            .map(|(place, (file, group))| {
                let (audit, batch) = self.piece(file, group).ok()??;
                take(file, place, batch);
                Some((file, audit))
            })
            .collect();
        let mut of_files = vec![Audit::default(); self.files.len()];
        for (file, audit) in audits? {
            of_files[file].add(&audit);
        }
        Some(of_files)
    }

    fn piece(&self, file: usize, group: usize) -> PolarsResult<Piece> {
        let part = &self.opened.parts[file];
        let rows = self.files[file].rows(group);
        let mut reading = Reading {
            table: self,
            part,
            clock: DayClock::new(self.zone),
            audit: Audit { read: rows as u64, rows: rows as u64, ..Audit::default() },
            times: Vec::new(),
            hours: None,
        };
        let mut others: Vec<(&str, BatchColumn)> = Vec::new();
        let mut customers = None;
        for column in &part.columns {
            let name = column.column.name;
            if !self.is_read(column) {
                continue;
            }
            let cells = self.files[file].read(group, &column.from)?;
            match column.column.kind {
                ColumnType::Time => {
                    if !reading.time(column, &cells)? {
                        return Ok(None);
                    }
                }
                ColumnType::Number => match numbers(column, &cells)? {
                    Some(numbers) => others.push((name, BatchColumn::Number(numbers))),
                    None => return Ok(None),
                },
                ColumnType::Flag => others.push((name, BatchColumn::of_frame(values(&cells)?)?)),
                ColumnType::Text => {
                    let texts = texts(cells)?;
                    if column.column.required && texts.missing > 0 {
                        return Ok(None);
                    }
                    if Some(name) == self.customer() {
                        customers = Some(texts);
                    } else {
                        others.push((name, BatchColumn::Text(texts)));
                    }
                }
            }
        }
        let Some(customers) = customers.filter(|customers| customers.missing == 0) else { return Ok(None) };
        Ok(reading.finish(customers, others, rows))
    }

    fn customer(&self) -> Option<&'static str> {
        self.opened.name.table().customer
    }

    /// Whether a column must be decoded: somebody needs it, or it can break the contract.
    fn is_read(&self, column: &MappedColumn) -> bool {
        let name = column.column.name;
        let may_break = column.column.required
            || column.column.kind == ColumnType::Time
            || (column.column.kind == ColumnType::Number && column.found.is_float());
        may_break || Some(name) == self.customer() || self.needs.columns.contains(name)
    }
}

/// One row group under way.
struct Reading<'a, 'b> {
    table: &'b Direct<'a>,
    part: &'b Part,
    clock: DayClock<'a>,
    audit: Audit,
    /// Local days of every time column, [`NEVER`] where missing.
    times: Vec<(&'static str, Vec<i32>)>,
    hours: Option<Numbers>,
}

impl Reading<'_, '_> {
    /// Takes the days of a time column; false if one is missing where it must not.
    fn time(&mut self, column: &MappedColumn, cells: &Cells) -> PolarsResult<bool> {
        let name = column.column.name;
        let cells = values(cells)?;
        if column.column.required && cells.null_count() > 0 {
            return Ok(false);
        }
        let present = (cells.len() - cells.null_count()) as u64;
        match column.zoned {
            Some(Err(true)) => self.audit.zoned += present,
            _ => self.audit.naive += present,
        }
        let wants_hour = name == "at" && self.table.needs.columns.contains("hour");
        let is_date = *cells.dtype() == DataType::Date && self.table.zone.is_utc() && !wants_hour;
        let days = if is_date { days_of(cells, NEVER)? } else { self.days(cells, wants_hour)? };
        if Some(name) == self.table.opened.name.table().time {
            let first = days.iter().copied().min().filter(|&day| day != NEVER);
            let last = days.iter().map(|&day| if day == NEVER { i32::MIN } else { day }).max();
            self.audit.span = first.zip(last).map(|(a, b)| (Day::from_epoch_days(a), Day::from_epoch_days(b)));
        } else if column.column.known_with.is_some() {
            let as_of = self.table.as_of.epoch_days();
            let last = days.iter().copied().filter(|day| *day < as_of).max().map(Day::from_epoch_days);
            self.audit.last_later = self.audit.last_later.max(last);
            let latest = days.iter().copied().filter(|day| *day != NEVER).max().map(Day::from_epoch_days);
            self.audit.latest = self.audit.latest.max(latest);
        }
        self.times.push((name, days));
        Ok(true)
    }

    fn days(&mut self, column: &Column, wants_hour: bool) -> PolarsResult<Vec<i32>> {
        let micros = source::micros(column, self.table.zone)?;
        if wants_hour {
            let hours = micros.iter().map(|at| at.map_or(f64::NAN, |at| f64::from(self.clock.hour(at))));
            self.hours = Some(hours.collect());
        }
        let mut days = Vec::with_capacity(micros.len());
        for array in micros.downcast_iter() {
            match array.validity().filter(|valid| valid.unset_bits() > 0) {
                None => days.extend(array.values().iter().map(|&at| self.clock.day(at))),
                Some(_) => days.extend(array.iter().map(|at| at.map_or(NEVER, |&at| self.clock.day(at)))),
            }
        }
        Ok(days)
    }

    /// The batch: columns as they are needed, those the file has not empty.
    fn finish(mut self, customers: Texts, mut others: Vec<(&str, BatchColumn)>, rows: usize) -> Piece {
        let definition = self.table.opened.name.table();
        let is_mapped = |name: &str| self.table.shape.has(name);
        let day = |name: &str, missing: i32| {
            let days = self.times.iter().find(|(known, _)| *known == name).map(|(_, days)| days.clone());
            is_mapped(name).then(|| days.unwrap_or_else(|| vec![NEVER; rows])).map(|mut days| {
                days.iter_mut().filter(|day| **day == NEVER).for_each(|day| *day = missing);
                days
            })
        };
        let days = day(definition.time.unwrap_or("at"), i32::MIN);
        let known = day("known_at", NEVER);
        if days.is_some() && definition.time.is_some_and(|time| !has(self.part, time)) {
            return None;
        }
        let columns = self.table.needs.names().map(|name| {
            if name == "hour" && !has(self.part, name) {
                return BatchColumn::Number(self.hours.take().unwrap_or_else(|| vec![f64::NAN; rows].into()));
            }
            if let Some(at) = others.iter().position(|(known, _)| known == name) {
                return others.swap_remove(at).1;
            }
            let kind = definition.column(name).map_or(ColumnType::Number, |column| column.kind);
            if kind == ColumnType::Time {
                return BatchColumn::Day(day(name, NEVER).unwrap_or_else(|| vec![NEVER; rows]));
            }
            empty(kind, rows)
        });
        let columns = columns.collect();
        Some((self.audit, RowBatch { customers, days, known, columns }))
    }
}

/// The numbers of a column; nothing if one is not finite, or missing where it must not.
fn numbers(column: &MappedColumn, cells: &Cells) -> PolarsResult<Option<Numbers>> {
    let cells = values(cells)?;
    if column.column.required && cells.null_count() > 0 {
        return Ok(None);
    }
    if cells.dtype().is_float() {
        let wide = cells.cast(&DataType::Float64)?;
        let is_broken = |number: Option<f64>| number.is_some_and(|number| !number.is_finite());
        let numbers = wide.f64()?;
        // What lies beneath a missing number may be anything, but hardly ever is.
        let is_suspect = numbers.downcast_iter().any(|array| !array.values().iter().all(|number| number.is_finite()));
        if is_suspect && numbers.iter().any(is_broken) {
            return Ok(None);
        }
    }
    numbers_of(cells).map(Some)
}

fn has(part: &Part, name: &str) -> bool {
    part.columns.iter().any(|column| column.column.name == name)
}

/// A column that a file does not have.
fn empty(kind: ColumnType, rows: usize) -> BatchColumn {
    match kind {
        ColumnType::Number => BatchColumn::Number(vec![f64::NAN; rows].into()),
        ColumnType::Flag => BatchColumn::Flag(vec![2; rows]),
        ColumnType::Time => BatchColumn::Day(vec![NEVER; rows]),
        ColumnType::Text => BatchColumn::Text(Texts {
            codes: vec![source::NO_TEXT; rows],
            levels: polars::prelude::StringChunked::default(),
            missing: rows,
        }),
    }
}

/// Whether a file's columns are read as they stand.
fn is_plain(part: &Part) -> bool {
    let has_own_rows = !part.is_text && part.joined.is_empty() && part.faults.is_empty();
    has_own_rows && part.columns.iter().all(|column| matches!(column.raw, Expr::Column(_)) && is_direct(column))
}

fn is_direct(column: &MappedColumn) -> bool {
    match (column.column.kind, &column.found) {
        (ColumnType::Text, found) => *found == DataType::String || found.is_integer(),
        (ColumnType::Number, found) => found.is_integer() || found.is_float(),
        (ColumnType::Flag, found) => found.is_bool(),
        (ColumnType::Time, found) => matches!(found, DataType::Datetime(_, _) | DataType::Date),
    }
}

fn values(cells: &Cells) -> PolarsResult<&Column> {
    match cells {
        Cells::Values(column) => Ok(column),
        Cells::Texts(_) => Err(PolarsError::SchemaMismatch("texts where there were none".into())),
    }
}

fn texts(cells: Cells) -> PolarsResult<Texts> {
    match cells {
        Cells::Texts(texts) => Ok(texts),
        Cells::Values(column) => Ok(Texts::each(column.cast(&DataType::String)?.str()?.clone())),
    }
}
