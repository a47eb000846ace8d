//! The kernel: one pass over the customers computes every feature at every cutoff.
//!
//! A customer's rows of one stream (table and filter) are gathered once, with running sums; each window at each cutoff is
//! then two look-ups. Only streams whose rows grow up (`known_at`, later times) are gathered once per cutoff. Customers
//! are worked on in parallel, each alone, and written to their own places: the bits do not depend on threads.

use std::sync::Arc;

use rayon::prelude::*;

use super::error::Error;
use super::frame::{FeatureBlock, FeatureColumn, FeatureFrame};
use super::pass::{Pass, passes};
use super::plan::Plan;
use super::resolve::{Instance, StreamGroup, instances, streams};
use super::state::State;
use crate::observe::{PastView, Stream};
use crate::progress::Progress;
use crate::rollup::History;
use crate::time::Day;

/// Customers per piece of parallel work.
const PIECE: usize = 512;

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
    mut populations: Vec<Population>,
    progress: &Progress,
) -> Result<FeatureFrame, Error> {
    populations.sort_by_key(|population| population.as_of);
    populations.dedup_by_key(|population| population.as_of);
    let earliest = populations.first().map_or(0, |population| population.as_of.epoch_days());
    let instances = instances(plan, history, earliest)?;
    let groups = streams(plan, &instances, history, earliest);
    let stage = progress.stage("features", None)?;
    let mut numbers: Vec<Vec<Vec<f64>>> = populations
        .iter()
        .map(|population| {
            let rows = population.customers.len();
            let reads_rows =
                |position| groups.iter().any(|group| group.members.iter().any(|one| one.position == position));
            (0..instances.len()).map(|position| vec![f64::NAN; if reads_rows(position) { rows } else { 0 }]).collect()
        })
        .collect();
    let pieces = split(&populations, &mut numbers, history.first_seen.len());
    let kernel = Kernel::new(history, &groups);
    let buffers = || vec![Stream::default(); groups.len()];
    pieces.into_par_iter().for_each_init(buffers, |streams, piece| kernel.fill(piece, streams));
    stage.advance(0)?;
    let blocks = populations.into_iter().zip(numbers);
    let blocks = blocks.map(|(population, numbers)| assemble(&instances, history, population, numbers)).collect();
    let features = instances.iter().filter(|one| !one.hidden).map(|one| one.info.clone()).collect();
    Ok(FeatureFrame { customers: Arc::clone(&history.customers), features, blocks })
}

/// One cutoff's part of a piece of work: whose rows, and where their values go.
struct Part<'a> {
    as_of: i32,
    customers: &'a [u32],
    columns: Vec<&'a mut [f64]>,
}

/// A span of customers with their places in all columns of all cutoffs.
struct Piece<'a> {
    parts: Vec<Part<'a>>,
}

fn split<'a>(populations: &'a [Population], numbers: &'a mut [Vec<Vec<f64>>], customers: usize) -> Vec<Piece<'a>> {
    let mut pieces: Vec<Piece<'a>> = (0..customers.div_ceil(PIECE)).map(|_| Piece { parts: Vec::new() }).collect();
    for (population, columns) in populations.iter().zip(numbers) {
        let mut rest: Vec<&mut [f64]> = columns.iter_mut().map(Vec::as_mut_slice).collect();
        let mut customers = &population.customers[..];
        for (piece, end) in pieces.iter_mut().zip((PIECE..).step_by(PIECE)) {
            let rows = customers.partition_point(|&customer| (customer as usize) < end);
            let (inside, after) = customers.split_at(rows);
            customers = after;
            let places = rest.iter_mut().map(|column| {
                let whole = std::mem::take(column);
                let (place, after) = whole.split_at_mut(rows.min(whole.len()));
                *column = after;
                place
            });
            piece.parts.push(Part {
                as_of: population.as_of.epoch_days(),
                customers: inside,
                columns: places.collect(),
            });
        }
    }
    pieces
}

/// What the pieces share.
struct Kernel<'a> {
    history: &'a History,
    groups: &'a [StreamGroup],
    passes: Vec<Pass<'a>>,
    alone: Vec<usize>,
}

impl<'a> Kernel<'a> {
    fn new(history: &'a History, groups: &'a [StreamGroup]) -> Self {
        let (passes, alone) = passes(groups, history);
        Self { history, groups, passes, alone }
    }

    fn fill(&self, mut piece: Piece<'_>, streams: &mut [Stream]) {
        let latest = piece.parts.iter().map(|part| part.as_of).max().unwrap_or(0);
        let mut customers: Vec<u32> = piece.parts.iter().flat_map(|part| part.customers).copied().collect();
        customers.sort_unstable();
        customers.dedup();
        let mut next = vec![0; piece.parts.len()];
        for customer in customers {
            self.gather(customer, latest, streams);
            for (part, row) in piece.parts.iter_mut().zip(&mut next) {
                if part.customers.get(*row) == Some(&customer) {
                    self.write(part, streams, customer, *row);
                    *row += 1;
                }
            }
        }
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
                streams[position].gather(&group.plan, table, table.rows(customer), latest);
            }
        }
    }

    /// Writes one customer's features as of one cutoff.
    fn write(&self, part: &mut Part<'_>, streams: &mut [Stream], customer: u32, row: usize) {
        let since = self.history.first_seen[customer as usize];
        for (group, stream) in self.groups.iter().zip(streams) {
            let table = self.history.table(group.table).filter(|_| group.plan.grows_up());
            if let Some(table) = table {
                stream.gather(&group.plan, table, table.rows(customer), part.as_of);
            }
            let mut past = PastView::new(stream, part.as_of, since);
            for member in &group.members {
                past = past.looking_at(member.parameters.window);
                let value = member.kind.value(&past, &member.parameters);
                part.columns[member.position][row] = if value.is_nan() { member.empty } else { value };
            }
        }
    }
}

/// The block of one cutoff: rows' features, then what stands on attributes, the signup and other features.
fn assemble(instances: &[Instance], history: &History, population: Population, numbers: Vec<Vec<f64>>) -> FeatureBlock {
    let as_of = population.as_of.epoch_days();
    let mut columns: Vec<FeatureColumn> = Vec::with_capacity(instances.len());
    for (instance, numbers) in instances.iter().zip(numbers) {
        let state = State { instances, before: &columns, history, customers: &population.customers, as_of };
        let made = state.column(instance);
        columns.push(made.unwrap_or(FeatureColumn::Number(numbers)));
    }
    let kept = columns.into_iter().zip(instances).filter(|(_, instance)| !instance.hidden);
    let columns = kept.map(|(column, _)| column).collect();
    FeatureBlock { as_of: population.as_of, customer: population.customers, columns }
}
