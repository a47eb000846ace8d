//! One walk over a customer's rows that feeds many streams: those that differ only in the levels of one column.
//!
//! An event log has a stream per kind and a few that take several kinds. Instead of asking every stream about every row,
//! each level has a mask that says which streams want it. Streams of which only counts matter are not given any rows: one
//! tally of the levels, read at the days on which windows begin and end, is enough for all of them.

use std::ops::Range;

use super::resolve::StreamGroup;
use crate::observe::Stream;
use crate::rollup::{Codes, History, TableHistory, Values};

/// Levels that a tally has room for; the last place is for rows without a level.
const TALLIED: usize = 256;

/// The streams that one walk may feed.
const MOST_MEMBERS: usize = 64;

/// Streams fed by one walk.
pub struct Pass<'a> {
    table: &'a TableHistory,
    codes: Option<&'a Codes>,
    /// Which members want the rows of each level; at the end, which want rows without one.
    masks: Vec<u64>,
    /// Positions of the members among the groups that are given rows, at most 64.
    members: Vec<usize>,
    /// Members that look at rows of any age.
    ageless: u64,
    /// The others look at no rows of days before this one.
    since: i32,
    /// Streams that are told counts only.
    tallied: Vec<Tallied>,
    /// The days at which they are told, ascending, and which of them.
    marks: Vec<(i32, Vec<usize>)>,
}

/// A stream of which only counts matter.
struct Tallied {
    /// Its position among the groups.
    position: usize,
    /// The places of the tally that it counts.
    places: Vec<u8>,
}

/// A group that one walk may feed, and the rows it wants.
struct Wanting {
    position: usize,
    /// Per level; a group that does not ask about levels has none, and wants all rows.
    admitted: Vec<bool>,
    /// Whether rows without a level.
    missing: bool,
    asks: bool,
}

/// The passes over a history's tables, and the positions of the groups that must be gathered by themselves.
pub fn passes<'a>(groups: &[StreamGroup], history: &'a History) -> (Vec<Pass<'a>>, Vec<usize>) {
    type Walk<'a> = (&'a TableHistory, Option<&'a Codes>, Vec<Wanting>);
    let (mut walks, mut alone): (Vec<Walk<'a>>, Vec<usize>) = (Vec::new(), Vec::new());
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
        let wanting = Wanting { position, admitted, missing, asks: codes.is_some() };
        let fits = |walk: &&mut Walk<'a>| {
            let same_column = walk.1.zip(codes).is_none_or(|(theirs, ours)| std::ptr::eq(theirs, ours));
            same_column && std::ptr::eq(walk.0, table) && walk.2.len() < MOST_MEMBERS
        };
        if let Some(walk) = walks.iter_mut().find(fits) {
            walk.1 = walk.1.or(codes);
            walk.2.push(wanting);
        } else {
            walks.push((table, codes, vec![wanting]));
        }
    }
    (walks.into_iter().map(|(table, codes, members)| Pass::new(table, codes, members, groups)).collect(), alone)
}

impl<'a> Pass<'a> {
    fn new(table: &'a TableHistory, codes: Option<&'a Codes>, wanting: Vec<Wanting>, groups: &[StreamGroup]) -> Self {
        let levels = wanting.iter().map(|one| one.admitted.len()).max().unwrap_or(0);
        let mut pass = Self {
            table,
            codes,
            masks: vec![0; levels + 1],
            members: Vec::new(),
            ageless: 0,
            since: i32::MAX,
            tallied: Vec::new(),
            marks: Vec::new(),
        };
        for one in wanting {
            let wanted = |level: usize| one.admitted.get(level).copied().unwrap_or(!one.asks);
            let wanted: Vec<bool> = (0..levels).map(wanted).chain([one.missing]).collect();
            let group = &groups[one.position];
            if group.is_counted() && !matches!(codes, Some(Codes::Many(_))) && levels < TALLIED {
                pass.tally(one.position, &group.marks, &wanted);
            } else {
                pass.gather(one.position, group.since, &wanted);
            }
        }
        pass
    }

    /// Adds a stream that is given rows.
    fn gather(&mut self, position: usize, since: i32, wanted: &[bool]) {
        let bit = 1u64 << self.members.len();
        self.members.push(position);
        if since == i32::MIN {
            self.ageless |= bit;
        } else {
            self.since = self.since.min(since);
        }
        for (mask, _) in self.masks.iter_mut().zip(wanted).filter(|(_, wanted)| **wanted) {
            *mask |= bit;
        }
    }

    /// Adds a stream that is told counts.
    fn tally(&mut self, position: usize, marks: &[i32], wanted: &[bool]) {
        let (missing, levels) = wanted.split_last().map_or((false, wanted), |(missing, levels)| (*missing, levels));
        let named = (0..=u8::MAX).zip(levels).filter(|(_, wanted)| **wanted).map(|(place, _)| place);
        let places = named.chain(missing.then_some(u8::MAX)).collect();
        let number = self.tallied.len();
        self.tallied.push(Tallied { position, places });
        for &mark in marks {
            match self.marks.binary_search_by_key(&mark, |(day, _)| *day) {
                Ok(known) => self.marks[known].1.push(number),
                Err(new) => self.marks.insert(new, (mark, vec![number])),
            }
        }
    }

    /// Feeds a customer's rows before the day to the streams.
    pub fn walk(&self, customer: u32, before: i32, groups: &[StreamGroup], streams: &mut [Stream]) {
        let rows = self.table.rows(customer);
        self.count(rows.clone(), streams);
        if self.members.is_empty() {
            return;
        }
        for &member in &self.members {
            streams[member].begin();
        }
        let end = self.table.days.first_from(rows.clone(), before);
        let young = self.table.days.first_from(rows.clone(), self.since).min(end);
        if self.ageless != 0 {
            self.feed(rows.start..young, self.ageless, streams);
        }
        self.feed(young..end, u64::MAX, streams);
        for &member in &self.members {
            let group = &groups[member];
            streams[member].finish(&group.plan, self.table, before, &group.marks);
        }
    }

    fn feed(&self, rows: Range<usize>, allowed: u64, streams: &mut [Stream]) {
        let missing = self.masks.last().copied().unwrap_or(0);
        for row in rows {
            let level = self.codes.and_then(|codes| self.masks[..self.masks.len() - 1].get(codes.at(row) as usize));
            let mut wanted = level.copied().unwrap_or(missing) & allowed;
            while wanted != 0 {
                let member = self.members[wanted.trailing_zeros() as usize];
                wanted &= wanted - 1;
                streams[member].push(row);
            }
        }
    }

    /// Tells the counts at each mark to those who asked for it.
    fn count(&self, rows: Range<usize>, streams: &mut [Stream]) {
        let Some(&(first, _)) = self.marks.first() else { return };
        for tallied in &self.tallied {
            streams[tallied.position].begin();
        }
        let days = &self.table.days;
        let mut tally = [0u32; TALLIED];
        let mut from = days.first_from(rows.clone(), first);
        for (mark, told) in &self.marks {
            // Rows between two marks are few: step by step is faster than by halves.
            let until = days.next_from(from..rows.end, *mark);
            match self.codes {
                Some(Codes::Few(codes)) => codes[from..until].iter().for_each(|&code| tally[usize::from(code)] += 1),
                _ => tally[TALLIED - 1] += u32::try_from(until - from).unwrap_or(u32::MAX),
            }
            for tallied in told.iter().map(|&number| &self.tallied[number]) {
                let count = tallied.places.iter().map(|&place| tally[usize::from(place)]).sum();
                streams[tallied.position].push_mark(count);
            }
            from = until;
        }
    }
}
