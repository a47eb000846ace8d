//! Some rows of a design matrix with their dense columns written out: both products that a step of a fit needs of them are
//! made while they lie in the cache.

use super::matrix::Group;
use crate::stats::linear::dot;

/// Consecutive rows.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// Values of the dense columns.
    pub(super) columns: Vec<&'a [f64]>,
    /// The matrix' indicator groups, of all rows.
    pub(super) groups: &'a [Group],
    /// The first row.
    pub(super) from: usize,
}

impl Block<'_> {
    /// X b + intercept.
    pub fn multiply(&self, coefficients: &[f64], intercept: f64, out: &mut [f64]) {
        out.fill(intercept);
        let (fours, rest) = self.columns.as_chunks::<4>();
        for ([a, b, c, d], coefficients) in fours.iter().zip(coefficients.chunks(4)) {
            for ((((sum, a), b), c), d) in out.iter_mut().zip(*a).zip(*b).zip(*c).zip(*d) {
                *sum += (coefficients[0] * a + coefficients[1] * b) + (coefficients[2] * c + coefficients[3] * d);
            }
        }
        for (column, coefficient) in rest.iter().zip(&coefficients[4 * fours.len()..]) {
            for (sum, value) in out.iter_mut().zip(*column) {
                *sum += coefficient * value;
            }
        }
        for group in self.groups {
            let table = &coefficients[group.offset..group.offset + group.width];
            for (sum, code) in out.iter_mut().zip(&group.codes[self.from..]) {
                *sum += table[*code as usize];
            }
        }
    }

    /// Adds Xᵀ r to `sums`, Σ r to its last entry.
    pub fn add_transposed(&self, residual: &[f64], sums: &mut [f64]) {
        let (fours, rest) = self.columns.as_chunks::<4>();
        for (columns, sums) in fours.iter().zip(sums.chunks_mut(4)) {
            let found = four_dots(*columns, residual);
            sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
        }
        for (column, sum) in rest.iter().zip(&mut sums[4 * fours.len()..]) {
            *sum += dot(column, residual);
        }
        for group in self.groups {
            let table = &mut sums[group.offset..group.offset + group.width];
            for (code, value) in group.codes[self.from..].iter().zip(residual) {
                table[*code as usize] += value;
            }
        }
        if let Some(last) = sums.last_mut() {
            *last += residual.iter().sum::<f64>();
        }
    }
}

/// Four dot products with one vector, each in four interleaved partial sums.
fn four_dots(columns: [&[f64]; 4], with: &[f64]) -> [f64; 4] {
    let (heads, tail) = with.as_chunks::<4>();
    let mut lanes = [[0.0f64; 4]; 4];
    let [a, b, c, d] = columns.map(|column| column.as_chunks::<4>().0);
    for ((((with, a), b), c), d) in heads.iter().zip(a).zip(b).zip(c).zip(d) {
        for lane in 0..4 {
            lanes[0][lane] += a[lane] * with[lane];
            lanes[1][lane] += b[lane] * with[lane];
            lanes[2][lane] += c[lane] * with[lane];
            lanes[3][lane] += d[lane] * with[lane];
        }
    }
    let done = 4 * heads.len();
    let rest = columns.map(|column| column[done..].iter().zip(tail).map(|(x, y)| x * y).sum::<f64>());
    let mut sums = lanes.map(|lane| (lane[0] + lane[1]) + (lane[2] + lane[3]));
    sums.iter_mut().zip(rest).for_each(|(sum, rest)| *sum += rest);
    sums
}
