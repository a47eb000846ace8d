//! Rows of one table from some source files, sorted by customer and day: what a part file holds.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::levels::{self, Union};
use crate::rollup::values::Numbers;

/// Sorted rows. A block is self-contained: it has its own customers and levels, ascending by bytes, and every one of them
/// occurs in a row. So equal rows make equal blocks, however they came together.
#[derive(Debug, Clone, Default)]
pub struct Block {
    /// The customers, ascending, each with at least one row.
    pub ids: Vec<String>,
    /// Where each customer's rows begin; one entry more than there are customers.
    pub offsets: Vec<usize>,
    /// Whether the table has a time.
    pub is_dated: bool,
    /// Local days, ascending within a customer; the earliest possible where there is none.
    pub days: Vec<i32>,
    /// Local days of `known_at`, where that is mapped.
    pub known: Option<Vec<i32>>,
    /// The other columns, in the order that the table's signature says.
    pub columns: Vec<Cells>,
    /// Which source file each row is from.
    pub sources: Sources,
}

/// One column.
#[derive(Debug, Clone)]
pub enum Cells {
    /// Numbers, NaN where missing.
    Number(Numbers),
    /// Texts.
    Text {
        /// Positions in the levels, `u32::MAX` where missing.
        codes: Vec<u32>,
        /// The texts, ascending.
        levels: Vec<String>,
    },
    /// 0, 1, or 2 where missing.
    Flag(Vec<u8>),
    /// Local days, `i32::MAX` where missing.
    Day(Vec<i32>),
}

/// Numbers of the source files of rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sources {
    /// All rows are from one file.
    One(u32),
    /// One number per row.
    Each(Vec<u32>),
}

impl Default for Sources {
    fn default() -> Self {
        Self::Each(Vec::new())
    }
}

/// Consecutive rows of one block that go to one place.
#[derive(Debug, Clone, Copy)]
struct Run {
    block: usize,
    begin: usize,
    end: usize,
}

/// Where the rows of a new block come from: runs by customer.
struct Picked {
    ids: Vec<String>,
    offsets: Vec<usize>,
    runs: Vec<Run>,
}

impl Sources {
    /// The source of a row.
    #[must_use]
    pub fn at(&self, row: usize) -> u32 {
        match self {
            Self::One(number) => *number,
            Self::Each(numbers) => numbers[row],
        }
    }

    fn of(numbers: Vec<u32>) -> Self {
        match numbers.first() {
            Some(&first) if numbers.iter().all(|&number| number == first) => Self::One(first),
            _ => Self::Each(numbers),
        }
    }
}

impl Block {
    /// How many rows there are.
    #[must_use]
    pub fn height(&self) -> usize {
        self.days.len()
    }

    /// The latest day of any row.
    #[must_use]
    pub fn last_day(&self) -> i32 {
        self.days.iter().copied().max().unwrap_or(i32::MIN)
    }

    /// The numbers of the sources with rows, ascending.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        match &self.sources {
            Sources::One(number) => vec![*number],
            Sources::Each(numbers) => numbers.iter().copied().collect::<BTreeSet<u32>>().into_iter().collect(),
        }
    }

    /// What blocks of a table have in common: types of the columns, and which clocks there are.
    #[must_use]
    pub fn shape(&self) -> (bool, bool, Vec<std::mem::Discriminant<Cells>>) {
        let columns = self.columns.iter().map(std::mem::discriminant);
        (self.is_dated, self.known.is_some(), columns.collect())
    }

    /// The rows whose source is in `live`; the block itself if that is all of them.
    #[must_use]
    pub fn only(self, live: &BTreeSet<u32>) -> Self {
        match &self.sources {
            Sources::One(number) if live.contains(number) => return self,
            Sources::One(_) => return Self::default(),
            Sources::Each(numbers) if numbers.iter().all(|number| live.contains(number)) => return self,
            Sources::Each(_) => {}
        }
        let mut picked = Picked { ids: Vec::new(), offsets: vec![0], runs: Vec::new() };
        let mut count = 0;
        for (id, span) in self.ids.iter().zip(self.offsets.windows(2)) {
            let before = count;
            for row in (span[0]..span[1]).filter(|&row| live.contains(&self.sources.at(row))) {
                picked.runs.push(Run { block: 0, begin: row, end: row + 1 });
                count += 1;
            }
            if count > before {
                picked.ids.push(id.clone());
                picked.offsets.push(count);
            }
        }
        gathered(vec![self], picked)
    }

    /// All rows of several blocks of one shape. Rows of a customer and a day lie in the order of the blocks.
    #[must_use]
    pub fn merged(mut blocks: Vec<Self>) -> Self {
        blocks.retain(|block| block.height() > 0);
        if blocks.len() < 2 {
            return blocks.pop().unwrap_or_default();
        }
        let lists: Vec<&[String]> = blocks.iter().map(|block| &block.ids[..]).collect();
        let Union { texts, places } = levels::union(&lists);
        let picked = runs(&blocks, texts, &places);
        gathered(blocks, picked)
    }
}

/// The runs of every customer, in the order of days.
fn runs(blocks: &[Block], ids: Vec<String>, places: &[Vec<u32>]) -> Picked {
    let mut first = vec![0usize; ids.len() + 1];
    for place in places.iter().flatten() {
        first[*place as usize + 1] += 1;
    }
    for next in 1..first.len() {
        first[next] += first[next - 1];
    }
    let mut free = first.clone();
    let mut of_customers = vec![Run { block: 0, begin: 0, end: 0 }; first[ids.len()]];
    for (block, place) in places.iter().enumerate() {
        for (span, customer) in blocks[block].offsets.windows(2).zip(place) {
            let slot = &mut free[*customer as usize];
            of_customers[*slot] = Run { block, begin: span[0], end: span[1] };
            *slot += 1;
        }
    }
    let mut picked = Picked { ids, offsets: vec![0], runs: Vec::with_capacity(of_customers.len()) };
    let mut count = 0;
    for span in first.windows(2) {
        let of_customer = &of_customers[span[0]..span[1]];
        count += of_customer.iter().map(|run| run.end - run.begin).sum::<usize>();
        picked.offsets.push(count);
        push_in_time(blocks, of_customer, &mut picked.runs);
    }
    picked
}

/// Adds one customer's runs: whole where they follow each other in time, row by row where they overlap.
fn push_in_time(blocks: &[Block], of_customer: &[Run], runs: &mut Vec<Run>) {
    let day = |run: &Run, row: usize| blocks[run.block].days[row];
    if of_customer.windows(2).all(|pair| day(&pair[0], pair[0].end - 1) <= day(&pair[1], pair[1].begin)) {
        runs.extend_from_slice(of_customer);
        return;
    }
    let single = |run: &Run| {
        let block = run.block;
        (run.begin..run.end).map(move |row| Run { block, begin: row, end: row + 1 })
    };
    let mut rows: Vec<Run> = of_customer.iter().flat_map(single).collect();
    rows.sort_by_key(|run| (day(run, run.begin), run.block, run.begin));
    runs.extend(rows);
}

fn gathered(blocks: Vec<Block>, picked: Picked) -> Block {
    let Picked { ids, offsets, runs } = picked;
    let height = offsets.last().copied().unwrap_or(0);
    let days = gather(&blocks.iter().map(|block| &block.days[..]).collect::<Vec<_>>(), &runs, height);
    let sources = sources(&blocks, &runs, height);
    let known: Option<Vec<&[i32]>> = blocks.iter().map(|block| block.known.as_deref()).collect();
    let known = known.map(|known| gather(&known, &runs, height));
    let is_dated = blocks.iter().any(|block| block.is_dated);
    let mut columns: Vec<Vec<Cells>> = Vec::new();
    for block in blocks {
        columns.resize_with(block.columns.len(), Vec::new);
        block.columns.into_iter().zip(&mut columns).for_each(|(column, same)| same.push(column));
    }
    let columns = columns.into_par_iter().map(|same| column(&same, &runs, height)).collect();
    Block { ids, offsets, is_dated, days, known, columns, sources }
}

fn sources(blocks: &[Block], runs: &[Run], height: usize) -> Sources {
    let mut numbers = Vec::with_capacity(height);
    for run in runs {
        match &blocks[run.block].sources {
            Sources::One(number) => numbers.extend(std::iter::repeat_n(*number, run.end - run.begin)),
            Sources::Each(each) => numbers.extend_from_slice(&each[run.begin..run.end]),
        }
    }
    Sources::of(numbers)
}

fn gather<T: Copy>(parts: &[&[T]], runs: &[Run], height: usize) -> Vec<T> {
    let mut all = Vec::with_capacity(height);
    for run in runs {
        all.extend_from_slice(&parts[run.block][run.begin..run.end]);
    }
    all
}

/// One column of all blocks, which have it with one type.
fn column(parts: &[Cells], runs: &[Run], height: usize) -> Cells {
    match &parts[0] {
        Cells::Number(_) => Cells::Number(numbers(parts, runs)),
        Cells::Flag(_) => Cells::Flag(plain(parts, flags, runs, height)),
        Cells::Day(_) => Cells::Day(plain(parts, days, runs, height)),
        Cells::Text { .. } => text(parts, runs, height),
    }
}

fn plain<T: Copy>(parts: &[Cells], pick: fn(&Cells) -> &[T], runs: &[Run], height: usize) -> Vec<T> {
    let slices: Vec<&[T]> = parts.iter().map(pick).collect();
    gather(&slices, runs, height)
}

fn numbers(parts: &[Cells], runs: &[Run]) -> Numbers {
    let rows = runs.iter().flat_map(|run| (run.begin..run.end).map(|row| (run.block, row)));
    let number = |(block, row): (usize, usize)| match &parts[block] {
        Cells::Number(numbers) => numbers.at(row),
        _ => f64::NAN,
    };
    rows.map(number).collect()
}

fn flags(cells: &Cells) -> &[u8] {
    if let Cells::Flag(flags) = cells { flags } else { &[] }
}

fn days(cells: &Cells) -> &[i32] {
    if let Cells::Day(days) = cells { days } else { &[] }
}

fn codes(cells: &Cells) -> (&[u32], &[String]) {
    if let Cells::Text { codes, levels } = cells { (codes, levels) } else { (&[], &[]) }
}

fn text(parts: &[Cells], runs: &[Run], height: usize) -> Cells {
    let (codes, levels): (Vec<&[u32]>, Vec<&[String]>) = parts.iter().map(codes).unzip();
    let Union { texts, places } = levels::union(&levels);
    let mut all = Vec::with_capacity(height);
    for run in runs {
        let place = &places[run.block];
        // A missing level lies beyond all places and stays what it is.
        let own = codes[run.block][run.begin..run.end].iter();
        all.extend(own.map(|&code| place.get(code as usize).copied().unwrap_or(code)));
    }
    let (codes, levels) = levels::pruned(all, texts);
    Cells::Text { codes, levels }
}
