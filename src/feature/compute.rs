//! The kernel: one pass over the customers computes every feature at every cutoff.
//!
//! A customer's rows of one stream (table and filter) are gathered once, with running sums; each window at each cutoff is
//! then two look-ups. Only streams whose rows grow up (`known_at`, later times) are gathered once per cutoff. Customers
//! are worked on in pieces of some hundred, in parallel: the bits do not depend on threads. A piece's values are narrowed
//! and added to the columns piece after piece, so that all of them never stand in `f64`.

use std::sync::Arc;
use std::sync::OnceLock;

use rayon::prelude::*;

use super::census::Census;
use super::error::Error;
use super::frame::{FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo};
use super::narrow::Narrow;
use super::pass::{Pass, passes};
use super::plan::Plan;
use super::resolve::{Instance, Member, StreamGroup, instances, streams};
use super::state::State;
use crate::observe::{Counts, PastView, Stream, tenure_days};
use crate::progress::Progress;
use crate::rollup::History;
use crate::time::Day;

/// Customers per piece of parallel work.
const PIECE: u32 = 512;

/// Rows that a column of a piece has room for. Columns that lie a power of two apart would share few lines of the cache.
const ROOM: usize = PIECE as usize + 8;

/// Pieces after which the columns are put together, so that no more than these lie about in parts.
const PIECES_AT_ONCE: usize = 64;

/// Whose features are computed as of which day.
#[derive(Debug, Clone)]
pub struct Population {
    /// The cutoff.
    pub as_of: Day,
    /// Numbers of customers, ascending.
    pub customers: Vec<u32>,
}

/// Features of everybody with any history before each cutoff.
///
/// # Errors
/// If the plan does not fit the history, or the user cancels.
pub fn compute(plan: &Plan, history: &History, cutoffs: &[Day], progress: &Progress) -> Result<FeatureFrame, Error> {
    let everybody = |&as_of: &Day| Population { as_of, customers: history.known_before(as_of.epoch_days()) };
    compute_for(plan, history, cutoffs.iter().map(everybody).collect(), progress)
}

/// Features of the given customers as of the given days.
///
/// # Errors
/// If the plan does not fit the history, or the user cancels.
pub fn compute_for(
    plan: &Plan,
    history: &History,
    populations: Vec<Population>,
    progress: &Progress,
) -> Result<FeatureFrame, Error> {
    let cutoffs: Vec<Day> = populations.iter().map(|population| population.as_of).collect();
    compute_shard(plan, &Census::of_history(plan, history, &cutoffs), history, populations, progress)
}

/// The same of customers of a shard, where the census was taken of all.
///
/// # Errors
/// As [`compute_for`].
pub fn compute_shard(
    plan: &Plan,
    census: &Census,
    history: &History,
    mut populations: Vec<Population>,
    progress: &Progress,
) -> Result<FeatureFrame, Error> {
    populations.sort_by_key(|population| population.as_of);
    populations.dedup_by_key(|population| population.as_of);
    let cutoffs: Vec<i32> = populations.iter().map(|population| population.as_of.epoch_days()).collect();
    let instances = instances(plan, census)?;
    let groups = streams(plan, &instances, history, &cutoffs);
    let stage = progress.stage("features", None)?;
    let kernel = Kernel::new(history, &groups);
    let numbers = kernel.columns(&populations);
    stage.advance(0)?;
    let reading = &kernel.reading;
    let blocks = populations.into_iter().zip(numbers);
    let known = (history, census);
    let blocks = blocks.map(|(population, numbers)| assemble(&instances, known, population, reading, numbers));
    let blocks = blocks.collect();
    let features = instances.iter().filter(|one| !one.hidden).map(|one| one.info.clone()).collect();
    Ok(FeatureFrame { customers: Arc::clone(&history.customers), features, blocks })
}

/// What is told about the features that a plan computes.
///
/// # Errors
/// If the plan does not fit.
pub fn described(plan: &Plan, census: &Census) -> Result<Vec<FeatureInfo>, Error> {
    let shown = instances(plan, census)?.into_iter().filter(|one| !one.hidden);
    Ok(shown.map(|one| one.info).collect())
}

/// One cutoff's part of a piece of work: whose rows, and how many have been written.
struct Part<'a> {
    cutoff: usize,
    as_of: i32,
    customers: &'a [u32],
    written: usize,
}

/// Buffers that are used again for the next piece.
struct Scratch {
    streams: Vec<Stream>,
    /// Values of a piece, column by column, cutoff by cutoff.
    values: Vec<f64>,
}

/// What the pieces share.
struct Kernel<'a> {
    history: &'a History,
    groups: &'a [StreamGroup],
    passes: Vec<Pass<'a>>,
    alone: Vec<usize>,
    /// Positions of the instances that read rows, ascending: each has a column.
    reading: Vec<usize>,
    /// Per group and member, which of these columns is his.
    slots: Vec<Vec<usize>>,
}

impl<'a> Kernel<'a> {
    fn new(history: &'a History, groups: &'a [StreamGroup]) -> Self {
        let (passes, alone) = passes(groups, history);
        let mut reading: Vec<usize> = groups.iter().flat_map(|group| &group.members).map(|one| one.position).collect();
        reading.sort_unstable();
        let slot = |member: &Member| reading.partition_point(|&position| position < member.position);
        let slots = groups.iter().map(|group| group.members.iter().map(slot).collect()).collect();
        Self { history, groups, passes, alone, reading, slots }
    }

    /// Per cutoff the columns of the features that read rows.
    fn columns(&self, populations: &[Population]) -> Vec<Vec<Narrow>> {
        if self.reading.is_empty() {
            return vec![Vec::new(); populations.len()];
        }
        let rows = populations.iter().map(|population| population.customers.len());
        let each = rows.flat_map(|rows| std::iter::repeat_n(rows, self.reading.len()));
        let mut columns: Vec<Narrow> = each.map(Narrow::with_capacity).collect();
        let customers = u32::try_from(self.history.first_seen.len()).unwrap_or(u32::MAX);
        let begins: Vec<u32> = (0..customers).step_by(PIECE as usize).collect();
        let scratch = || Scratch { streams: vec![Stream::default(); self.groups.len()], values: Vec::new() };
        for begins in begins.chunks(PIECES_AT_ONCE) {
            let piece = |scratch: &mut Scratch, &begin: &u32| self.piece(begin, populations, scratch);
            let pieces: Vec<Vec<Narrow>> = begins.par_iter().map_init(scratch, piece).collect();
            let all = columns.par_iter_mut().enumerate();
            all.for_each(|(place, column)| pieces.iter().for_each(|spans| column.append(&spans[place])));
        }
        let mut columns = columns.into_iter();
        populations.iter().map(|_| columns.by_ref().take(self.reading.len()).collect()).collect()
    }

    /// The values of a span of customers, cutoff by cutoff, column by column.
    fn piece(&self, begin: u32, populations: &[Population], scratch: &mut Scratch) -> Vec<Narrow> {
        let end = begin.saturating_add(PIECE);
        let mut parts: Vec<Part<'_>> = populations
            .iter()
            .enumerate()
            .map(|(cutoff, population)| {
                let from = population.customers.partition_point(|&customer| customer < begin);
                let until = population.customers.partition_point(|&customer| customer < end);
                let customers = &population.customers[from..until];
                Part { cutoff, as_of: population.as_of.epoch_days(), customers, written: 0 }
            })
            .collect();
        let Some(latest) = parts.iter().map(|part| part.as_of).max() else { return Vec::new() };
        scratch.values.resize(parts.len() * self.reading.len() * ROOM, f64::NAN);
        for customer in begin..end {
            let is_asked = |part: &Part<'_>| part.customers.get(part.written) == Some(&customer);
            if !parts.iter().any(is_asked) {
                continue;
            }
            self.gather(customer, latest, &mut scratch.streams);
            let blocks = scratch.values.chunks_exact_mut(ROOM * self.reading.len());
            for (part, block) in parts.iter_mut().zip(blocks).filter(|(part, _)| is_asked(part)) {
                self.write(part, &mut scratch.streams, customer, block);
                part.written += 1;
            }
        }
        let columns = scratch.values.chunks_exact(ROOM);
        let rows = parts.iter().flat_map(|part| std::iter::repeat_n(part.written, self.reading.len()));
        columns.zip(rows).map(|(column, rows)| Narrow::from(&column[..rows])).collect()
    }

    /// Gathers the streams whose rows look the same from every cutoff.
    fn gather(&self, customer: u32, latest: i32, streams: &mut [Stream]) {
        for pass in &self.passes {
            pass.walk(customer, latest, self.groups, streams);
        }
        for &position in &self.alone {
            let group = &self.groups[position];
            let table = self.history.table(group.table).filter(|_| !group.plan.grows_up());
            if let Some(table) = table {
                streams[position].gather(&group.plan, table, table.rows(customer), latest, &group.marks);
            }
        }
    }

    /// Writes one customer's features as of one cutoff.
    fn write(&self, part: &Part<'_>, streams: &mut [Stream], customer: u32, block: &mut [f64]) {
        let since = self.history.first_seen[customer as usize];
        let tenure_days = tenure_days(since, part.as_of);
        for ((group, slots), stream) in self.groups.iter().zip(&self.slots).zip(streams) {
            if group.plan.grows_up()
                && let Some(table) = self.history.table(group.table)
            {
                stream.gather(&group.plan, table, table.rows(customer), part.as_of, &group.marks);
            }
            for (member, slot) in group.members.iter().zip(slots) {
                let (at, places) = (&member.parameters, member.places[part.cutoff]);
                let value = if let Some(of_counts) = member.of_counts {
                    let now = stream.between_marks(places.start, places.end);
                    let before = places.before.map_or(0, |before| stream.between_marks(before, places.start));
                    of_counts(Counts { now, before, tenure_days }, at)
                } else {
                    member.kind.value(&PastView::new(stream, part.as_of, since, at.window, places), at)
                };
                block[slot * ROOM + part.written] = if value.is_nan() { member.empty } else { value };
            }
        }
    }
}

/// The block of one cutoff: rows' features, then what stands on attributes, the signup and other features.
fn assemble(
    instances: &[Instance],
    (history, census): (&History, &Census),
    population: Population,
    reading: &[usize],
    numbers: Vec<Narrow>,
) -> FeatureBlock {
    let as_of = population.as_of.epoch_days();
    let mut columns: Vec<FeatureColumn> = Vec::with_capacity(instances.len());
    let mut numbers = reading.iter().zip(numbers).peekable();
    let valid = OnceLock::new();
    for (position, instance) in instances.iter().enumerate() {
        let read = numbers.next_if(|(reads, _)| **reads == position).map(|(_, numbers)| FeatureColumn::Number(numbers));
        let customers = &population.customers[..];
        let state = State { instances, before: &columns, history, census, customers, as_of, valid: &valid };
        let column = state.column(instance).or(read).unwrap_or_else(|| state.unknown());
        columns.push(column);
    }
    let kept = columns.into_iter().zip(instances).filter(|(_, instance)| !instance.hidden);
    let columns = kept.map(|(column, _)| column).collect();
    FeatureBlock { as_of: population.as_of, customer: population.customers, columns }
}
