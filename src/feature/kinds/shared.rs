//! What several kinds share: gaps, levels, open rows.

use std::ops::Range;

use crate::observe::{Parameters, PastView};
use crate::stats::ExactSum;

/// Mean and population standard deviation of the gaps between distinct days, from whole numbers, so exactly.
pub fn gap_moments(past: &PastView<'_>, rows: Range<usize>) -> Option<(f64, f64)> {
    let gaps = i64::from(past.distinct_days(rows.clone()).saturating_sub(1));
    let days = past.days(rows.clone());
    let span = i64::from(days.last()? - days.first()?);
    if gaps == 0 {
        return None;
    }
    let spread = (gaps * past.squared_gaps(rows) - span * span) as f64;
    Some((span as f64 / gaps as f64, spread.max(0.0).sqrt() / gaps as f64))
}

/// Median of the gaps between distinct days; NaN with fewer than two days.
pub fn median_gap(past: &PastView<'_>, rows: Range<usize>) -> f64 {
    let pairs = past.days(rows).windows(2);
    let mut gaps: Vec<i32> = pairs.map(|pair| pair[1] - pair[0]).filter(|&gap| gap > 0).collect();
    gaps.sort_unstable();
    let middle = gaps.len() / 2;
    match gaps.len() {
        0 => f64::NAN,
        odd if odd % 2 == 1 => f64::from(gaps[middle]),
        _ => f64::from(gaps[middle - 1] + gaps[middle]) / 2.0,
    }
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

/// How many times each level that occurs does, in the order of levels.
pub fn level_counts(levels: impl Iterator<Item = u32>) -> Vec<f64> {
    let mut levels: Vec<u32> = levels.collect();
    levels.sort_unstable();
    levels.chunk_by(|a, b| a == b).map(|same| same.len() as f64).collect()
}

/// Entropy in bits of counts; NaN without any.
pub fn entropy_bits(counts: &[f64]) -> f64 {
    let total: f64 = counts.iter().sum();
    if total == 0.0 {
        return f64::NAN;
    }
    counts.iter().map(|count| count / total).map(|share| -share * share.log2()).sum::<f64>().max(0.0)
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
