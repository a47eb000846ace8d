//! What several kinds share: gaps, levels, open rows.

use std::ops::Range;

use crate::observe::{Parameters, PastView};
use crate::stats::ExactSum;

/// Weights and terms of so many days or gaps are kept instead of being computed row by row.
pub const KEPT_DAYS: i32 = 1500;

/// Numbers below this are counted in an array instead of being sorted.
const SMALL: usize = 128;

/// What is left of 1 after so many days.
pub fn decayed(age_days: i32, half_life: f64) -> f64 {
    (-f64::from(age_days) / half_life).exp2()
}

/// Mean and population standard deviation of the gaps between distinct days, from whole numbers, so exactly.
pub fn gap_moments(past: &PastView<'_>, window: Option<u32>) -> Option<(f64, f64)> {
    let gaps = i64::from(past.distinct_days(window).saturating_sub(1));
    let days = past.days(past.rows(window));
    let span = i64::from(days.last()? - days.first()?);
    if gaps == 0 {
        return None;
    }
    let spread = (gaps * past.squared_gaps(window) - span * span) as f64;
    Some((span as f64 / gaps as f64, spread.max(0.0).sqrt() / gaps as f64))
}

/// Median of the gaps between distinct days; NaN with fewer than two days. Two features of a window need it.
pub fn median_gap(past: &PastView<'_>, rows: Range<usize>) -> f64 {
    past.remembered(&rows, median)
}

fn median(days: &[i32]) -> f64 {
    let pairs = days.windows(2);
    let gaps = pairs.map(|pair| pair[1].abs_diff(pair[0])).filter(|&gap| gap > 0);
    let mut counts = [0u32; SMALL];
    if let Some(number) = count_small(gaps.clone(), &mut counts) {
        return middle_of(number, |nth| {
            let mut before = 0;
            let reached = counts.iter().position(|count| {
                before += count;
                before > nth
            });
            reached.unwrap_or(0) as f64
        });
    }
    let mut gaps: Vec<u32> = gaps.collect();
    gaps.sort_unstable();
    middle_of(u32::try_from(gaps.len()).unwrap_or(u32::MAX), |nth| f64::from(gaps[nth as usize]))
}

/// The median of so many ordered numbers; NaN without any.
fn middle_of(number: u32, nth: impl Fn(u32) -> f64) -> f64 {
    match number {
        0 => f64::NAN,
        odd if odd % 2 == 1 => nth(odd / 2),
        even => nth(even / 2 - 1).midpoint(nth(even / 2)),
    }
}

/// Counts numbers that are small, and says how many there are; `None` if one is not.
fn count_small(numbers: impl Iterator<Item = u32>, counts: &mut [u32; SMALL]) -> Option<u32> {
    let mut all = 0;
    for number in numbers {
        *counts.get_mut(number as usize)? += 1;
        all += 1;
    }
    Some(all)
}

/// Number of distinct levels.
pub fn count_levels(levels: impl Iterator<Item = u32>) -> u32 {
    let (mut few, mut many) = (0u64, Vec::new());
    for level in levels {
        if level < 64 { few |= 1 << level } else { many.push(level) }
    }
    many.sort_unstable();
    many.dedup();
    few.count_ones() + u32::try_from(many.len()).unwrap_or(u32::MAX)
}

/// Sum over the levels that occur, in their order, of a function of the share of rows that each has; NaN without any.
pub fn sum_of_shares(levels: impl Iterator<Item = u32> + Clone, term: impl Fn(f64) -> f64) -> f64 {
    let mut counts = [0u32; SMALL];
    if let Some(total) = count_small(levels.clone(), &mut counts) {
        let shares = counts.iter().filter(|count| **count > 0).map(|&count| f64::from(count) / f64::from(total));
        return if total == 0 { f64::NAN } else { shares.map(term).sum() };
    }
    let mut levels: Vec<u32> = levels.collect();
    levels.sort_unstable();
    levels.chunk_by(|a, b| a == b).map(|same| same.len() as f64 / levels.len() as f64).map(term).sum()
}

/// Entropy in bits of the levels; NaN without any.
pub fn entropy_bits(levels: impl Iterator<Item = u32> + Clone) -> f64 {
    let entropy = sum_of_shares(levels, |share| -share * share.log2());
    if entropy.is_nan() { entropy } else { entropy.max(0.0) }
}

/// Each number's place in the order of those that differ. Small whole numbers are their own places.
pub fn ranks(numbers: impl Iterator<Item = f64> + Clone) -> Vec<u32> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with what it came from")]
    let small = |number: f64| Some(number as u32).filter(|&whole| f64::from(whole) == number);
    if let Some(ranks) = numbers.clone().map(small).collect() {
        return ranks;
    }
    let mut ordered: Vec<f64> = numbers.clone().collect();
    ordered.sort_by(f64::total_cmp);
    ordered.dedup();
    let rank = |number: f64| ordered.partition_point(|&other| other < number);
    numbers.map(|number| u32::try_from(rank(number)).unwrap_or(u32::MAX)).collect()
}

/// Whether the row had not ended by the cutoff. An end that is announced but lies ahead leaves it open.
pub fn is_open(past: &PastView<'_>, at: &Parameters, row: usize) -> bool {
    past.day(at.until, row).is_none_or(|end| end >= past.as_of())
}

/// Sum of a column over the rows open on an earlier day, as known at the cutoff, and how many those are.
pub fn open_sum(past: &PastView<'_>, at: &Parameters, day: i32) -> (f64, usize) {
    let open = |row: &usize| past.day(at.until, *row).is_none_or(|end| end >= day);
    let rows: Vec<usize> = past.between(i32::MIN, day).filter(open).collect();
    (rows.iter().map(|&row| past.number(at.column, row)).sum::<ExactSum>().value(), rows.len())
}

/// How often a column rose and fell from one row to the next begun in the window.
pub fn steps(past: &PastView<'_>, at: &Parameters) -> (u32, u32) {
    let (mut up, mut down) = (0, 0);
    for row in past.rows(at.window).filter(|&row| row > 0) {
        let change = past.number(at.column, row) - past.number(at.column, row - 1);
        up += u32::from(change > 0.0);
        down += u32::from(change < 0.0);
    }
    (up, down)
}
