//! Which blocks become one part file: small ones of months and years that are over.
//!
//! The newest month keeps the files of each night apart, until there are [`MANY`]; the months of a year before the present
//! one, and the nights of a month before it, are put together as long as the result has no more than [`FULL_ROWS`] rows.
//! A late or corrected file stays beside the large part of its month until all such files make up an eighth of it, or there
//! are too many: no night rewrites much for little.

use std::collections::BTreeMap;

use crate::time::Day;

/// A part with so many rows is put together with no other.
pub const FULL_ROWS: usize = 1 << 20;
/// So many parts of the newest month are left as they are.
const MANY: usize = 32;
/// So many parts of a month or year that is over are left as they are, if one of them is much larger than the others.
const SEVERAL: usize = 8;

/// What decides about a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// The latest day of its rows.
    pub last_day: i32,
    /// Its rows.
    pub rows: usize,
}

/// Positions of blocks that are to become one, each at most once; blocks not named stay as they are.
#[must_use]
pub fn merges(blocks: &[Size]) -> Vec<Vec<usize>> {
    let Some(newest) = blocks.iter().map(|block| block.last_day).max() else { return Vec::new() };
    let mut periods: BTreeMap<(i16, i8), Vec<usize>> = BTreeMap::new();
    for (at, block) in blocks.iter().enumerate().filter(|(_, block)| block.rows < FULL_ROWS) {
        periods.entry(period(block.last_day, newest)).or_default().push(at);
    }
    let open = period(newest, newest);
    let mut merges = Vec::new();
    for (period, mut members) in periods {
        members.sort_by_key(|&at| (blocks[at].last_day, at));
        for chunk in chunks(&members, blocks) {
            let worthwhile = if period == open { chunk.len() > MANY } else { is_worthwhile(&chunk, blocks) };
            if worthwhile {
                merges.push(chunk);
            }
        }
    }
    merges
}

/// The year, and the month where the year is the present one.
fn period(day: i32, newest: i32) -> (i16, i8) {
    let (date, present) = (Day::from_epoch_days(day).date(), Day::from_epoch_days(newest).date());
    (date.year(), if date.year() == present.year() { date.month() } else { 0 })
}

/// Neighbours in time that together are not too large.
fn chunks(members: &[usize], blocks: &[Size]) -> Vec<Vec<usize>> {
    let mut chunks: Vec<Vec<usize>> = Vec::new();
    let mut rows = 0;
    for &at in members {
        match chunks.last_mut() {
            Some(chunk) if rows + blocks[at].rows <= FULL_ROWS => chunk.push(at),
            _ => {
                rows = 0;
                chunks.push(vec![at]);
            }
        }
        rows += blocks[at].rows;
    }
    chunks
}

fn is_worthwhile(chunk: &[usize], blocks: &[Size]) -> bool {
    let rows: Vec<usize> = chunk.iter().map(|&at| blocks[at].rows).collect();
    let largest = rows.iter().copied().max().unwrap_or(0);
    let others = rows.iter().sum::<usize>() - largest;
    chunk.len() > 1 && (chunk.len() > SEVERAL || others * 8 >= largest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> i32 {
        text.parse::<Day>().expect("a day").epoch_days()
    }

    fn size(text: &str, rows: usize) -> Size {
        Size { last_day: day(text), rows }
    }

    #[test]
    fn nights_of_the_newest_month_stay_apart_and_of_a_month_that_is_over_become_one() {
        let nights = [size("2025-01-30", 10), size("2025-01-31", 10), size("2025-02-01", 10), size("2025-02-02", 10)];
        assert_eq!(merges(&nights), [[0, 1]]);
        assert_eq!(merges(&nights[..2]), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn months_of_a_year_that_is_over_become_one() {
        let months = [size("2024-11-30", 10), size("2024-12-31", 10), size("2025-01-01", 10)];
        assert_eq!(merges(&months), [[0, 1]]);
    }

    #[test]
    fn what_is_large_is_not_written_again_for_little() {
        let late = [size("2024-11-30", 1000), size("2024-11-10", 10), size("2025-01-01", 10)];
        assert_eq!(merges(&late), Vec::<Vec<usize>>::new());
        let much = [size("2024-11-30", 1000), size("2024-11-10", 125), size("2025-01-01", 10)];
        assert_eq!(merges(&much), [[1, 0]]);
        let full = [size("2024-11-30", FULL_ROWS), size("2024-11-10", FULL_ROWS / 2), size("2025-01-01", 10)];
        assert_eq!(merges(&full), Vec::<Vec<usize>>::new());
    }

    #[test]
    fn undated_rows_are_a_period_of_their_own() {
        assert_eq!(merges(&[size("2024-11-30", 1), Size { last_day: i32::MIN, rows: 1 }]), Vec::<Vec<usize>>::new());
        assert_eq!(merges(&[]), Vec::<Vec<usize>>::new());
    }
}
