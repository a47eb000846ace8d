//! A tall row-major matrix and the sums over its rows, taken in fixed blocks so that threads change no bit.

use rayon::prelude::*;

use crate::stats::linear::dot;

/// Rows per block of a sum.
const BLOCK: usize = 4_096;

/// n × width, row-major.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Matrix {
    /// Columns.
    pub width: usize,
    /// Values, row after row.
    pub values: Vec<f64>,
}

impl Matrix {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len().checked_div(self.width).unwrap_or(0)
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Row `at`.
    #[must_use]
    pub fn row(&self, at: usize) -> &[f64] {
        &self.values[at * self.width..(at + 1) * self.width]
    }

    /// All rows in order.
    pub fn rows(&self) -> impl ExactSizeIterator<Item = &[f64]> {
        self.values.chunks_exact(self.width.max(1))
    }

    /// The rows at these positions.
    #[must_use]
    pub fn pick(&self, positions: &[usize]) -> Self {
        Self { width: self.width, values: positions.iter().flat_map(|at| self.row(*at)).copied().collect() }
    }

    /// Every row times `vector`.
    #[must_use]
    pub fn times(&self, vector: &[f64]) -> Vec<f64> {
        self.values.par_chunks_exact(self.width.max(1)).map(|row| dot(row, vector)).collect()
    }

    /// Σ wᵢ zᵢ zᵢᵀ, width × width.
    #[must_use]
    pub fn gram(&self, weights: &[f64]) -> Vec<f64> {
        let width = self.width;
        self.sum(weights, width * width, |row, weight, sum| {
            for (i, left) in row.iter().enumerate() {
                let factor = weight * left;
                for (total, right) in sum[i * width..=i * width + i].iter_mut().zip(row) {
                    *total += factor * right;
                }
            }
        })
    }

    /// Σ wᵢ zᵢ.
    #[must_use]
    pub fn weighted_sum(&self, weights: &[f64]) -> Vec<f64> {
        self.sum(weights, self.width, |row, weight, sum| {
            for (total, value) in sum.iter_mut().zip(row) {
                *total += weight * value;
            }
        })
    }

    fn sum(&self, weights: &[f64], size: usize, add: impl Fn(&[f64], f64, &mut [f64]) + Sync) -> Vec<f64> {
        let blocks: Vec<Vec<f64>> = self
            .values
            .par_chunks(BLOCK * self.width.max(1))
            .zip(weights.par_chunks(BLOCK))
            .map(|(rows, weights)| {
                let mut sum = vec![0.0; size];
                for (row, weight) in rows.chunks_exact(self.width.max(1)).zip(weights) {
                    add(row, *weight, &mut sum);
                }
                sum
            })
            .collect();
        let mut total = vec![0.0; size];
        for block in blocks {
            for (total, part) in total.iter_mut().zip(block) {
                *total += part;
            }
        }
        total
    }
}
