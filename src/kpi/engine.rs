//! One pass over the customers for all KPIs, segments and periods.
//!
//! Customers are visited in the order of their segments, in chunks that run in parallel; within a chunk each run of
//! customers of equal segments is tallied once and then merged into the total and into each of its parts. Tallies are
//! exact sums, so neither chunks nor order nor threads change a bit.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::definition::{Kpi, Need, Sink};
use super::facts::{Facts, Scratch, Store};
use super::period::Calendar;
use super::segment::Grouping;
use super::statistic::Tally;
use crate::tables::TableName;
use crate::time::Day;

/// Customers per parallel chunk.
const CHUNK: usize = 16_384;
/// Chunks whose tallies stand in memory beside the merged ones.
const CHUNKS_AT_ONCE: usize = 8;

/// A segment with its part; `None` is the total.
pub type Part = Option<(usize, u32)>;

/// Tallies of one part: `kpis × periods`, period fastest.
type Block = Vec<Tally>;

/// Tallies of every part.
#[derive(Debug, Default)]
pub struct Tallies {
    parts: BTreeMap<Part, Block>,
    cohorts: BTreeMap<Day, Block>,
}

/// What is computed.
#[derive(Debug, Clone, Copy)]
pub struct Plan<'a> {
    /// The KPIs.
    pub kpis: &'a [&'static Kpi],
    /// The periods.
    pub calendar: &'a Calendar,
    /// The segments.
    pub groupings: &'a [Grouping],
    /// The KPI that is broken down by cohort, if it is among them.
    pub by_cohort: Option<usize>,
}

impl Tallies {
    /// Tallies everything the plan wants.
    #[must_use]
    pub fn compute(plan: Plan<'_>, store: &Store) -> Self {
        let mut order: Vec<usize> = (0..store.subjects.len()).collect();
        let codes = |subject: usize| plan.groupings.iter().map(move |grouping| grouping.codes[subject]);
        order.sort_by(|a, b| codes(*a).cmp(codes(*b)));
        let mut all = Self::default();
        for wave in order.chunks(CHUNK * CHUNKS_AT_ONCE) {
            let chunks: Vec<Self> = wave.par_chunks(CHUNK).map(|chunk| Self::of_chunk(plan, store, chunk)).collect();
            for chunk in chunks {
                all.merge(chunk);
            }
        }
        all
    }

    fn of_chunk(plan: Plan<'_>, store: &Store, chunk: &[usize]) -> Self {
        let mut tallies = Self::default();
        let mut scratch = Scratch::default();
        let codes =
            |subject: usize| plan.groupings.iter().map(|grouping| grouping.codes[subject]).collect::<Vec<u32>>();
        for run in chunk.chunk_by(|a, b| codes(*a) == codes(*b)) {
            let mut block = empty(plan);
            for &subject in run {
                let facts = store.facts(subject, plan.calendar, &mut scratch);
                observe(plan, store.subjects.anonymous(subject), facts, &mut block);
                tallies.observe_cohort(plan, facts);
            }
            tallies.add(plan, run[0], &block);
        }
        tallies
    }

    fn observe_cohort(&mut self, plan: Plan<'_>, facts: &[Facts]) {
        let Some(position) = plan.by_cohort else { return };
        let kpi = plan.kpis[position];
        for (period, facts) in facts.iter().enumerate() {
            let Some(cohort) = facts.cohort else { continue };
            let block = self.cohorts.entry(cohort).or_insert_with(|| vec![Tally::default(); plan.calendar.len()]);
            (kpi.observe)(facts, &mut Sink::new(kpi.statistic, &mut block[period]));
        }
    }

    fn add(&mut self, plan: Plan<'_>, subject: usize, block: &[Tally]) {
        let parts = plan.groupings.iter().enumerate().map(|(segment, grouping)| (segment, grouping.codes[subject]));
        for part in std::iter::once(None).chain(parts.map(Some)) {
            add_block(self.parts.entry(part).or_insert_with(|| empty(plan)), block);
        }
    }

    fn merge(&mut self, other: Self) {
        for (part, block) in other.parts {
            merge_into(&mut self.parts, part, block);
        }
        for (cohort, block) in other.cohorts {
            merge_into(&mut self.cohorts, cohort, block);
        }
    }

    /// The tallies of one KPI in one part, one per period.
    #[must_use]
    pub fn series(&self, part: Part, kpi: usize, periods: usize) -> Option<&[Tally]> {
        self.parts.get(&part).map(|block| &block[kpi * periods..(kpi + 1) * periods])
    }

    /// The tallies of the cohort KPI by cohort, one per period.
    #[must_use]
    pub fn cohorts(&self) -> &BTreeMap<Day, Vec<Tally>> {
        &self.cohorts
    }
}

fn empty(plan: Plan<'_>) -> Block {
    vec![Tally::default(); plan.kpis.len() * plan.calendar.len()]
}

fn observe(plan: Plan<'_>, anonymous: Option<TableName>, facts: &[Facts], block: &mut [Tally]) {
    for (kpi, tallies) in plan.kpis.iter().zip(block.chunks_exact_mut(plan.calendar.len())) {
        if anonymous.is_some_and(|table| !kpi.needs.iter().any(|need| of_table(need, table))) {
            continue;
        }
        for (facts, tally) in facts.iter().zip(tallies) {
            (kpi.observe)(facts, &mut Sink::new(kpi.statistic, tally));
        }
    }
}

/// Anonymous units have no activity and no value; what else a KPI reads of their table they may show.
fn of_table(need: &Need, table: TableName) -> bool {
    !matches!(need, Need::Activity | Need::Value) && need.reads(table)
}

fn add_block(into: &mut [Tally], from: &[Tally]) {
    for (into, from) in into.iter_mut().zip(from) {
        if !from.is_empty() {
            into.merge(from);
        }
    }
}

fn merge_into<K: Ord>(blocks: &mut BTreeMap<K, Block>, key: K, block: Block) {
    match blocks.get_mut(&key) {
        Some(existing) => add_block(existing, &block),
        None => {
            blocks.insert(key, block);
        }
    }
}
