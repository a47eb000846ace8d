//! One walk over a customer's rows that feeds many streams: those that differ only in the levels of one column.
//!
//! An event log has a stream per kind and a few that take several kinds. Instead of asking every stream about every row,
//! each level has a mask that says which streams want it.

use std::ops::Range;

use super::resolve::StreamGroup;
use crate::observe::Stream;
use crate::rollup::{Codes, History, TableHistory, Values};

/// Streams fed by one walk.
pub struct Pass<'a> {
    table: &'a TableHistory,
    codes: Option<&'a Codes>,
    /// Per level, which members want its rows.
    masks: Vec<u64>,
    /// Which members want rows without a level.
    missing: u64,
    /// Positions of the members among the groups, at most 64.
    members: Vec<usize>,
    /// Members that look at rows of any age.
    ageless: u64,
    /// The others look at no rows of days before this one.
    since: i32,
}

/// The passes over a history's tables, and the positions of the groups that must be gathered by themselves.
pub fn passes<'a>(groups: &[StreamGroup], history: &'a History) -> (Vec<Pass<'a>>, Vec<usize>) {
    let (mut passes, mut alone): (Vec<Pass<'a>>, Vec<usize>) = (Vec::new(), Vec::new());
    for (position, group) in groups.iter().enumerate() {
        let simple = group.plan.filter().only_levels().filter(|_| !group.plan.grows_up());
        let (Some((column, admitted, missing)), Some(table)) = (simple, history.table(group.table)) else {
            alone.push(position);
            continue;
        };
        let codes = column.and_then(|column| match &table.columns[column].values {
            Values::Text { codes, .. } => Some(codes),
            _ => None,
        });
        if let Some(pass) = passes.iter_mut().find(|pass| pass.fits(table, codes)) {
            pass.add(position, group.since, codes, &admitted, missing);
        } else {
            let (masks, members) = (Vec::new(), Vec::new());
            let mut pass = Pass { table, codes: None, masks, missing: 0, members, ageless: 0, since: i32::MAX };
            pass.add(position, group.since, codes, &admitted, missing);
            passes.push(pass);
        }
    }
    (passes, alone)
}

impl<'a> Pass<'a> {
    /// Whether a stream over that table and column can be fed along.
    fn fits(&self, table: &TableHistory, codes: Option<&Codes>) -> bool {
        let same_column = match (self.codes, codes) {
            (Some(theirs), Some(ours)) => std::ptr::eq(theirs, ours),
            _ => true,
        };
        same_column && std::ptr::eq(self.table, table) && self.members.len() < 64
    }

    fn add(&mut self, position: usize, since: i32, codes: Option<&'a Codes>, admitted: &[bool], missing: bool) {
        let bit = 1u64 << self.members.len();
        self.members.push(position);
        if since == i32::MIN {
            self.ageless |= bit;
        } else {
            self.since = self.since.min(since);
        }
        if self.masks.len() < admitted.len() {
            // Until now no member asked about levels: those there are want every row.
            self.masks.resize(admitted.len(), self.missing);
        }
        self.codes = self.codes.or(codes);
        for (code, mask) in self.masks.iter_mut().enumerate() {
            let is_wanted = admitted.get(code).copied().unwrap_or(codes.is_none());
            *mask |= if is_wanted { bit } else { 0 };
        }
        self.missing |= if missing { bit } else { 0 };
    }

    /// Feeds a customer's rows before the day to the members' streams.
    pub fn walk(&self, customer: u32, before: i32, groups: &[StreamGroup], streams: &mut [Stream]) {
        for &member in &self.members {
            streams[member].begin();
        }
        let rows: Range<usize> = self.table.rows(customer);
        let days = &self.table.days[rows.clone()];
        let end = rows.start + days.partition_point(|&day| day < before);
        let young = (rows.start + days.partition_point(|&day| day < self.since)).min(end);
        if self.ageless != 0 {
            self.feed(rows.start..young, self.ageless, streams);
        }
        self.feed(young..end, u64::MAX, streams);
        for &member in &self.members {
            streams[member].finish(&groups[member].plan, self.table, before);
        }
    }

    fn feed(&self, rows: Range<usize>, allowed: u64, streams: &mut [Stream]) {
        for row in rows {
            let level = self.codes.and_then(|codes| self.masks.get(codes.at(row) as usize));
            let mut wanted = level.copied().unwrap_or(self.missing) & allowed;
            let day = self.table.days[row];
            while wanted != 0 {
                let member = self.members[wanted.trailing_zeros() as usize];
                wanted &= wanted - 1;
                streams[member].push(day, row);
            }
        }
    }
}
