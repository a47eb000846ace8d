//! What features need to know of everybody, whoever they are computed for: which levels a column has, and how customers
//! who buy keep or leave. It is taken of all shards of a history before the features of any.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::plan::Plan;
use crate::clv::{self, Dropout, OrderModel};
use crate::observe::purchases;
use crate::rollup::{self, History, Shards, Values};
use crate::tables::TableName;
use crate::time::Day;

/// A column whose levels get features of their own.
type LevelColumn = (TableName, String);

/// What is known of everybody before the cutoffs of some populations.
#[derive(Debug, Clone, Default)]
pub struct Census {
    /// The levels of rows seen before the first cutoff, the most frequent first.
    levels: BTreeMap<LevelColumn, Vec<String>>,
    /// By cutoff, the model of purchases fitted on what everybody had bought before it; none where too few came back.
    models: BTreeMap<Day, Option<OrderModel>>,
}

/// A census being taken.
struct Counting {
    first: Day,
    levels: BTreeMap<LevelColumn, BTreeMap<String, usize>>,
    pasts: BTreeMap<Day, Vec<clv::History>>,
}

impl Census {
    /// Takes the census that a plan needs of the features at some cutoffs.
    ///
    /// # Errors
    /// If a shard cannot be read.
    pub fn of(plan: &Plan, shards: &Shards, cutoffs: &[Day]) -> Result<Self, rollup::Error> {
        let mut counting = Counting::new(plan, cutoffs);
        if !counting.is_empty() {
            shards.each(|history| {
                counting.add(history);
                Ok::<(), rollup::Error>(())
            })?;
        }
        Ok(counting.finished())
    }

    /// The same of a whole history.
    #[must_use]
    pub fn of_history(plan: &Plan, history: &History, cutoffs: &[Day]) -> Self {
        let mut counting = Counting::new(plan, cutoffs);
        counting.add(history);
        counting.finished()
    }

    /// The levels of a column, the most frequent first.
    #[must_use]
    pub fn levels(&self, table: TableName, column: &str) -> &[String] {
        self.levels.get(&(table, column.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The model of purchases as of a cutoff; nothing if too few came back to fit one.
    #[must_use]
    pub fn model(&self, as_of: Day) -> Option<&OrderModel> {
        self.models.get(&as_of)?.as_ref()
    }
}

impl Counting {
    fn new(plan: &Plan, cutoffs: &[Day]) -> Self {
        let columns = plan.level_columns().map(|column| (column, BTreeMap::new()));
        let dated = cutoffs.iter().filter(|_| plan.has_lifetimes());
        Self {
            first: cutoffs.iter().copied().min().unwrap_or(Day::from_epoch_days(0)),
            levels: columns.collect(),
            pasts: dated.map(|&as_of| (as_of, Vec::new())).collect(),
        }
    }

    /// Whether nothing needs to be known.
    fn is_empty(&self) -> bool {
        self.levels.is_empty() && self.pasts.is_empty()
    }

    fn add(&mut self, history: &History) {
        for ((table, column), counts) in &mut self.levels {
            count_levels(history, *table, column, self.first.epoch_days(), counts);
        }
        for (&as_of, pasts) in &mut self.pasts {
            let day = as_of.epoch_days();
            let past = |customer: u32| clv::past(&purchases(history, customer, as_of), day);
            pasts.par_extend(history.known_before(day).into_par_iter().filter_map(past).map(|(past, _)| past));
        }
    }

    fn finished(self) -> Census {
        let by_frequency = |counts: BTreeMap<String, usize>| {
            let mut frequent: Vec<(String, usize)> = counts.into_iter().collect();
            // Equally frequent ones stay in the order of their bytes.
            frequent.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
            frequent.into_iter().map(|(level, _)| level).collect()
        };
        let fitted = |pasts: Vec<clv::History>| OrderModel::fit(&pasts, Dropout::FromTheStart).ok();
        Census {
            levels: self.levels.into_iter().map(|(column, counts)| (column, by_frequency(counts))).collect(),
            models: self.pasts.into_iter().map(|(as_of, pasts)| (as_of, fitted(pasts))).collect(),
        }
    }
}

/// Counts the levels of rows seen before the day.
fn count_levels(history: &History, table: TableName, column: &str, before: i32, all: &mut BTreeMap<String, usize>) {
    let Some(table) = history.table(table) else { return };
    let Some(Values::Text { codes, levels }) = table.column(column).map(|column| &column.values) else { return };
    let mut counts = vec![0usize; levels.len()];
    for row in (0..table.days.len()).filter(|&row| table.known_day(row) < before) {
        if let Some(count) = counts.get_mut(codes.at(row) as usize) {
            *count += 1;
        }
    }
    for (level, count) in levels.iter().zip(counts).filter(|(_, count)| *count > 0) {
        *all.entry(level.clone()).or_default() += count;
    }
}
