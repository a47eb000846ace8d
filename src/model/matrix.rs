//! The design matrix: dense standardised columns, and groups of indicator columns of which one is 1 in every row.
//!
//! A boosted tree is such a group: its leaves share the rows out among themselves. Kept as one code per row, 200 trees of
//! eight leaves cost 200 two-byte codes a row and not 1,600 numbers, and products touch only what is not zero.

use crate::stats::linear::dot;

/// Rows per block of the blocked products: a block of all columns stays in the cache.
const BLOCK: usize = 512;

/// n rows; columns are numbered dense first, then the groups one after the other.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Dense columns, each of `rows` values.
    pub dense: Vec<Vec<f64>>,
    /// Indicator groups.
    pub groups: Vec<Group>,
}

/// Indicator columns `offset .. offset + width`; in row i column `offset + codes[i]` is 1 and the others are 0.
#[derive(Debug, Clone)]
pub struct Group {
    /// First column.
    pub offset: usize,
    /// Number of columns.
    pub width: usize,
    /// The column of each row, from `offset`.
    pub codes: Vec<u16>,
}

impl Matrix {
    /// A matrix of dense columns only.
    #[must_use]
    pub fn dense(dense: Vec<Vec<f64>>, rows: usize) -> Self {
        Self { rows, dense, groups: Vec::new() }
    }

    /// Number of columns.
    #[must_use]
    pub fn columns(&self) -> usize {
        self.groups.last().map_or(self.dense.len(), |group| group.offset + group.width)
    }

    /// Appends a group of `width` columns.
    pub fn push_group(&mut self, width: usize, codes: Vec<u16>) {
        let offset = self.columns();
        self.groups.push(Group { offset, width, codes });
    }

    /// Every `stride`-th row.
    #[must_use]
    pub fn thinned(&self, stride: usize) -> Self {
        let dense: Vec<Vec<f64>> =
            self.dense.iter().map(|column| column.iter().copied().step_by(stride).collect()).collect();
        let thin = |group: &Group| Group {
            offset: group.offset,
            width: group.width,
            codes: group.codes.iter().copied().step_by(stride).collect(),
        };
        Self { rows: self.rows.div_ceil(stride), dense, groups: self.groups.iter().map(thin).collect() }
    }

    /// X b + intercept for rows `from .. from + out.len()`.
    pub fn multiply(&self, coefficients: &[f64], intercept: f64, from: usize, out: &mut [f64]) {
        out.fill(intercept);
        let to = from + out.len();
        for (column, coefficient) in self.dense.iter().zip(coefficients) {
            for (sum, value) in out.iter_mut().zip(&column[from..to]) {
                *sum += coefficient * value;
            }
        }
        for group in &self.groups {
            let table = &coefficients[group.offset..group.offset + group.width];
            for (sum, code) in out.iter_mut().zip(&group.codes[from..to]) {
                *sum += table[*code as usize];
            }
        }
    }

    /// Adds Xᵀ r over rows `from .. from + residual.len()` to `sums`, Σ r to its last entry.
    pub fn add_transposed(&self, residual: &[f64], from: usize, sums: &mut [f64]) {
        let to = from + residual.len();
        for (column, sum) in self.dense.iter().zip(sums.iter_mut()) {
            *sum += dot(&column[from..to], residual);
        }
        for group in &self.groups {
            let table = &mut sums[group.offset..group.offset + group.width];
            for (code, value) in group.codes[from..to].iter().zip(residual) {
                table[*code as usize] += value;
            }
        }
        sums[self.columns()] += residual.iter().sum::<f64>();
    }

    /// Adds the lower triangle of [X 1]ᵀ diag(w) [X 1] over rows `from .. from + weight.len()` to `sums`
    /// ((p + 1) × (p + 1), row-major, the intercept last).
    pub fn add_weighted_square(&self, weight: &[f64], from: usize, sums: &mut [f64]) {
        for start in (0..weight.len()).step_by(BLOCK) {
            let end = (start + BLOCK).min(weight.len());
            self.add_square_block(&weight[start..end], from + start, sums);
        }
    }

    fn add_square_block(&self, weight: &[f64], from: usize, sums: &mut [f64]) {
        let (to, size, last) = (from + weight.len(), self.columns() + 1, self.columns());
        let mut weighted = vec![0.0; weight.len()];
        for (i, column) in self.dense.iter().enumerate() {
            let column = &column[from..to];
            for ((out, value), w) in weighted.iter_mut().zip(column).zip(weight) {
                *out = value * w;
            }
            for (j, other) in self.dense[..=i].iter().enumerate() {
                sums[i * size + j] += dot(&weighted, &other[from..to]);
            }
            sums[last * size + i] += weighted.iter().sum::<f64>();
            for group in &self.groups {
                for (code, value) in group.codes[from..to].iter().zip(&weighted) {
                    sums[(group.offset + *code as usize) * size + i] += value;
                }
            }
        }
        for (position, group) in self.groups.iter().enumerate() {
            self.add_group_block(position, group, weight, from, sums);
        }
        sums[last * size + last] += weight.iter().sum::<f64>();
    }

    fn add_group_block(&self, position: usize, group: &Group, weight: &[f64], from: usize, sums: &mut [f64]) {
        let (to, size, last) = (from + weight.len(), self.columns() + 1, self.columns());
        let codes = &group.codes[from..to];
        for (code, w) in codes.iter().zip(weight) {
            let column = group.offset + *code as usize;
            sums[column * size + column] += w;
            sums[last * size + column] += w;
        }
        for other in &self.groups[..position] {
            for ((code, across), w) in codes.iter().zip(&other.codes[from..to]).zip(weight) {
                sums[(group.offset + *code as usize) * size + other.offset + *across as usize] += w;
            }
        }
    }
}
