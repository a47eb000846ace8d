//! Cells of combinations of levels, as plain rows of exact sums found by open addressing.

use super::{Cell, Missing, OutcomeSums};
use crate::campaign::OutcomeKind;
use crate::stats::ExactSum;

/// An empty place of the table.
const EMPTY: u32 = u32::MAX;

/// Arm in 12 bits, missing values in 32, then 12 per segment; a missing level is 4095.
#[must_use]
pub fn with_missing(arm: u16, missing: Missing) -> u128 {
    u128::from(arm) | u128::from(missing) << 12
}

/// The key with the level of a segment put in.
#[must_use]
pub fn with_level(key: u128, segment: usize, level: u16) -> u128 {
    key | u128::from(level & 0xfff) << (44 + 12 * segment)
}

/// Arm, missing values and levels of a key.
#[must_use]
#[expect(clippy::cast_possible_truncation, reason = "fields of the key")]
pub fn fields(key: u128, segments: usize) -> (u16, Missing, Vec<u16>) {
    let level = |segment| (key >> (44 + 12 * segment) & 0xfff) as u16;
    ((key & 0xfff) as u16, (key >> 12) as u32, (0..segments).map(level).collect())
}

/// Sums by key: rows, Σx, Σx², then per outcome what its kind needs.
#[derive(Debug)]
pub struct Cells {
    kinds: Vec<OutcomeKind>,
    stride: usize,
    keys: Vec<u128>,
    rows: Vec<u64>,
    sums: Vec<ExactSum>,
    table: Vec<u32>,
}

/// The values of one batch, column by column; NaN is missing.
pub struct Values<'a> {
    /// The covariate that may reduce variance.
    pub x: Option<&'a [f64]>,
    /// Outcomes; of a ratio the numerator.
    pub y: &'a [Vec<f64>],
    /// Denominators, empty where there are none.
    pub d: &'a [Vec<f64>],
}

/// Sums kept of an outcome of this kind.
const fn width(kind: OutcomeKind) -> usize {
    match kind {
        OutcomeKind::Binary => 2,
        OutcomeKind::Money | OutcomeKind::Count => 3,
        OutcomeKind::Ratio => 7,
    }
}

impl Cells {
    /// None yet.
    #[must_use]
    pub fn new(kinds: Vec<OutcomeKind>) -> Self {
        let stride = 2 + kinds.iter().map(|kind| width(*kind)).sum::<usize>();
        Self { kinds, stride, keys: Vec::new(), rows: Vec::new(), sums: Vec::new(), table: vec![EMPTY; 1 << 10] }
    }

    /// Number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Adds row `row` of the values to the cell of that key.
    pub fn add(&mut self, key: u128, values: &Values, row: usize) {
        let place = self.place(key);
        self.rows[place] += 1;
        let sums = &mut self.sums[place * self.stride..(place + 1) * self.stride];
        let x = values.x.map(|x| x[row]).filter(|x| !x.is_nan());
        let exact_x = x.map_or(ExactSum::ZERO, ExactSum::from);
        sums[0] += exact_x;
        if let Some(x) = x {
            sums[1] += x * x;
        }
        let mut own = &mut sums[2..];
        for (at, kind) in self.kinds.iter().enumerate() {
            let (these, rest) = own.split_at_mut(width(*kind));
            own = rest;
            let y = values.y[at][row];
            match kind {
                OutcomeKind::Binary if y == 1.0 => {
                    these[0] += 1.0;
                    these[1] += exact_x;
                }
                OutcomeKind::Money | OutcomeKind::Count if y != 0.0 && !y.is_nan() => {
                    these[0] += y;
                    these[1] += y * y;
                    if let Some(x) = x {
                        these[2] += x * y;
                    }
                }
                OutcomeKind::Ratio => add_ratio(these, y, values.d[at][row], x),
                _ => {}
            }
        }
    }

    /// Takes all cells out, in the order of their first row.
    pub fn drain(&mut self) -> Vec<(u128, Cell)> {
        let (keys, rows) = (std::mem::take(&mut self.keys), std::mem::take(&mut self.rows));
        let sums = std::mem::take(&mut self.sums);
        self.table = vec![EMPTY; 1 << 10];
        let cell = |(n, sums): (u64, &[ExactSum])| self.cell(n, sums);
        keys.into_iter().zip(rows.into_iter().zip(sums.chunks_exact(self.stride)).map(cell)).collect()
    }

    fn cell(&self, n: u64, sums: &[ExactSum]) -> Cell {
        let mut own = &sums[2..];
        let mut outcomes = Vec::with_capacity(self.kinds.len());
        for kind in &self.kinds {
            let (these, rest) = own.split_at(width(*kind));
            own = rest;
            outcomes.push(match *these {
                [y, xy] => OutcomeSums { y, yy: y, xy, ..OutcomeSums::default() },
                [y, yy, xy] => OutcomeSums { y, yy, xy, ..OutcomeSums::default() },
                [y, yy, xy, d, dd, yd, xd] => OutcomeSums { y, yy, xy, d, dd, yd, xd },
                _ => OutcomeSums::default(),
            });
        }
        Cell { n, x: sums[0], xx: sums[1], outcomes }
    }

    fn place(&mut self, key: u128) -> usize {
        let mask = self.table.len() - 1;
        let mut at = slot(key) & mask;
        loop {
            let place = self.table[at];
            if place == EMPTY {
                break;
            }
            if self.keys[place as usize] == key {
                return place as usize;
            }
            at = (at + 1) & mask;
        }
        let place = self.keys.len();
        self.table[at] = u32::try_from(place).unwrap_or(EMPTY);
        self.keys.push(key);
        self.rows.push(0);
        self.sums.resize(self.sums.len() + self.stride, ExactSum::ZERO);
        if self.keys.len() * 4 > self.table.len() {
            self.grow();
        }
        place
    }

    fn grow(&mut self) {
        let mask = self.table.len() * 4 - 1;
        let mut table = vec![EMPTY; mask + 1];
        for (key, place) in self.keys.iter().zip(0u32..) {
            let mut at = slot(*key) & mask;
            while table[at] != EMPTY {
                at = (at + 1) & mask;
            }
            table[at] = place;
        }
        self.table = table;
    }
}

fn add_ratio(sums: &mut [ExactSum], y: f64, d: f64, x: Option<f64>) {
    if y.is_nan() || d.is_nan() {
        return;
    }
    let terms = [y, y * y, x.map_or(0.0, |x| x * y), d, d * d, y * d, x.map_or(0.0, |x| x * d)];
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

#[expect(clippy::cast_possible_truncation, reason = "both halves of the key are mixed")]
fn slot(key: u128) -> usize {
    let mixed = (key as u64 ^ (key >> 64) as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed >> 32) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_keep_their_sums_while_the_table_grows() {
        let mut cells = Cells::new(vec![OutcomeKind::Binary, OutcomeKind::Money, OutcomeKind::Ratio]);
        let y = [vec![1.0, 0.0], vec![2.5, f64::NAN], vec![3.0, 4.0]];
        let d = [Vec::new(), Vec::new(), vec![2.0, f64::NAN]];
        let x = [10.0, f64::NAN];
        let values = Values { x: Some(&x), y: &y, d: &d };
        for level in 0..3000u16 {
            for row in [0, 1, 0] {
                cells.add(with_level(with_missing(level % 3, 0), usize::from(level % 5), level), &values, row);
            }
        }
        let found = cells.drain();
        assert_eq!((found.len(), cells.len()), (3000, 0));
        for (_, cell) in found {
            let [share, money, ratio] = &cell.outcomes[..] else { unreachable!("three outcomes") };
            assert_eq!((cell.n, cell.x.value(), cell.xx.value()), (3, 20.0, 200.0));
            assert_eq!((share.y.value(), share.xy.value()), (2.0, 20.0));
            assert_eq!((money.y.value(), money.yy.value(), money.xy.value()), (5.0, 12.5, 50.0));
            assert_eq!((ratio.y.value(), ratio.d.value(), ratio.yd.value(), ratio.xd.value()), (6.0, 4.0, 12.0, 40.0));
        }
    }
}
