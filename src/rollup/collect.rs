//! Rows of one table while they are read, then sorted file by file: what the store keeps.
//!
//! Batches may come from any number of threads and in any order. Texts are numbered for all files together, so that they
//! are sorted once.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rayon::prelude::*;

use super::batch::{BatchColumn, RowBatch};
use super::gather::renumbered;
use super::intern::Interner;
use super::store::{Block, Cells, Rows, levels};
use super::values::Numbers;

/// Rows of one table, being read.
#[derive(Default)]
pub struct Collecting {
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    ids: Interner,
    /// Levels of each column; unused where it is not text.
    levels: Vec<Interner>,
    /// By positions of the file among the files and of the batch among the batches.
    batches: BTreeMap<(usize, usize), Batch>,
}

/// A batch whose texts are numbered for the whole table.
struct Batch {
    customers: Vec<u32>,
    days: Option<Vec<i32>>,
    known: Option<Vec<i32>>,
    columns: Vec<Numbered>,
}

enum Numbered {
    Number(Numbers),
    Text(Vec<u32>),
    Flag(Vec<u8>),
    Day(Vec<i32>),
}

/// Sorted texts, and for each number of arrival the position among them.
type Sorted = (Vec<String>, Vec<u32>);

impl Collecting {
    /// Adds rows of a file.
    pub fn add(&self, file: usize, place: usize, batch: RowBatch) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.levels.resize_with(batch.columns.len(), Interner::default);
        let ids = held.ids.number_levels(&batch.customers);
        let levels = batch.columns.iter().zip(&mut held.levels).map(|(column, levels)| match column {
            BatchColumn::Text(texts) => levels.number_levels(texts),
            _ => Vec::new(),
        });
        let levels: Vec<Vec<u32>> = levels.collect();
        drop(held);
        let columns = batch.columns.into_iter().zip(&levels).map(|(column, numbers)| match column {
            BatchColumn::Number(numbers) => Numbered::Number(numbers),
            BatchColumn::Flag(flags) => Numbered::Flag(flags),
            BatchColumn::Day(days) => Numbered::Day(days),
            BatchColumn::Text(texts) => Numbered::Text(renumbered(texts, numbers)),
        });
        let columns = columns.collect();
        let customers = renumbered(batch.customers, &ids);
        let batch = Batch { customers, days: batch.days, known: batch.known, columns };
        self.held.lock().unwrap_or_else(PoisonError::into_inner).batches.insert((file, place), batch);
    }

    /// The rows of each file, in the order of files; a file without batches has none.
    #[must_use]
    pub fn finish(&self) -> Vec<(usize, Block)> {
        let held = std::mem::take(&mut *self.held.lock().unwrap_or_else(PoisonError::into_inner));
        let ids = held.ids.sorted();
        let levels: Vec<Sorted> = held.levels.into_iter().map(Interner::sorted).collect();
        let mut files: BTreeMap<usize, Vec<Batch>> = BTreeMap::new();
        for ((file, _), batch) in held.batches {
            files.entry(file).or_default().push(batch);
        }
        let files: Vec<(usize, Vec<Batch>)> = files.into_iter().collect();
        files.into_par_iter().map(|(file, batches)| (file, rows(batches, &ids, &levels).sorted(0))).collect()
    }
}

/// The batches of a file as one, in their order.
fn rows(batches: Vec<Batch>, ids: &Sorted, texts: &[Sorted]) -> Rows {
    let mut rows = Rows {
        is_dated: batches.iter().any(|batch| batch.days.is_some()),
        known: batches.first().and_then(|batch| batch.known.as_ref()).map(|_| Vec::new()),
        ..Rows::default()
    };
    let mut columns: Vec<Vec<Numbered>> = texts.iter().map(|_| Vec::new()).collect();
    for batch in batches {
        let height = batch.customers.len();
        rows.customers.extend(batch.customers.iter().map(|&arrival| ids.1[arrival as usize]));
        match batch.days {
            Some(days) => rows.days.extend(days),
            None => rows.days.resize(rows.days.len() + height, i32::MIN),
        }
        if let (Some(all), Some(known)) = (&mut rows.known, batch.known) {
            all.extend(known);
        }
        columns.iter_mut().zip(batch.columns).for_each(|(column, part)| column.push(part));
    }
    (rows.customers, rows.ids) = levels::picked(std::mem::take(&mut rows.customers), &ids.0);
    rows.columns = columns.into_iter().zip(texts).map(|(parts, texts)| whole(parts, texts)).collect();
    rows
}

fn whole(parts: Vec<Numbered>, texts: &Sorted) -> Cells {
    match parts.first() {
        Some(Numbered::Flag(_)) => Cells::Flag(parts.into_iter().flat_map(flags).collect()),
        Some(Numbered::Day(_)) => Cells::Day(parts.into_iter().flat_map(days).collect()),
        Some(Numbered::Text(_)) => {
            let codes = parts.into_iter().flat_map(codes);
            // A missing level lies beyond all positions and stays what it is.
            let codes = codes.map(|code| texts.1.get(code as usize).copied().unwrap_or(code)).collect();
            let (codes, levels) = levels::picked(codes, &texts.0);
            Cells::Text { codes, levels }
        }
        _ => Cells::Number(numbers(parts)),
    }
}

fn numbers(mut parts: Vec<Numbered>) -> Numbers {
    if parts.len() == 1
        && let Some(Numbered::Number(numbers)) = parts.pop()
    {
        return numbers;
    }
    let parts = parts.iter().filter_map(|part| if let Numbered::Number(numbers) = part { Some(numbers) } else { None });
    parts.flat_map(|numbers| (0..numbers.len()).map(|row| numbers.at(row))).collect()
}

fn flags(part: Numbered) -> Vec<u8> {
    if let Numbered::Flag(flags) = part { flags } else { Vec::new() }
}

fn days(part: Numbered) -> Vec<i32> {
    if let Numbered::Day(days) = part { days } else { Vec::new() }
}

fn codes(part: Numbered) -> Vec<u32> {
    if let Numbered::Text(codes) = part { codes } else { Vec::new() }
}
