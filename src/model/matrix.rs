//! The design matrix: dense standardised columns, and groups of indicator columns of which one is 1 in every row.
//!
//! A boosted tree is such a group: its leaves share the rows out among themselves. Kept as one code per row, 200 trees of
//! eight leaves cost 200 two-byte codes a row and not 1,600 numbers, and products touch only what is not zero.
//!
//! Dense columns are shared, not copied, when a matrix is cloned or two matrices have columns in common. Those of counts are
//! kept as codes (see [`Column`]) and written out a few columns and rows at a time.

use std::ops::Range;

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};
use rayon::prelude::*;

use super::Column;
use super::block::Block;
use crate::stats::linear::dot;

/// Rows per block of the blocked products: a block of all columns stays in the cache.
pub(super) const BLOCK: usize = 512;
/// Rows whose codes are fetched at once.
const STAGE: usize = 4 * BLOCK;
/// Rows that are taken or left together when a matrix is thinned.
const RUN: usize = 16;
/// Columns of the square that are made by one product of matrices.
const PANEL: usize = 24;

/// n rows; columns are numbered dense first, then the groups one after the other.
#[derive(Debug, Clone, Default)]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Dense columns, each of `rows` values.
    pub dense: Vec<Column>,
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
        Self::of_columns(dense.into_iter().map(Column::from).collect(), rows)
    }

    /// A matrix of such columns.
    #[must_use]
    pub fn of_columns(dense: Vec<Column>, rows: usize) -> Self {
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

    /// `every` `stride`-th run of the first `rows` rows.
    #[must_use]
    pub fn thinned(&self, rows: usize, stride: usize) -> Self {
        let mut dense: Vec<Column> = Vec::with_capacity(self.dense.len());
        for (at, column) in self.dense.iter().enumerate() {
            let before = at.checked_sub(1).and_then(|before| Some((&self.dense[before], dense.get(before)?)));
            dense.push(column.every(rows, stride, before));
        }
        let thin = |group: &Group| Group {
            offset: group.offset,
            width: group.width,
            codes: every(&group.codes[..rows], stride),
        };
        Self { rows: every(&vec![(); rows], stride).len(), dense, groups: self.groups.iter().map(thin).collect() }
    }

    /// X b + intercept for rows `from .. from + out.len()`.
    pub fn multiply(&self, coefficients: &[f64], intercept: f64, from: usize, out: &mut [f64]) {
        let mut room = self.room(out.len());
        for (from, out) in (from..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.block(from, out.len(), &mut room).multiply(coefficients, intercept, out);
        }
    }

    /// Where this matrix' blocks of at most so many rows are written out.
    #[must_use]
    pub fn room(&self, rows: usize) -> Room {
        Room {
            values: vec![0.0; self.dense.len() * BLOCK.min(rows)],
            codes: vec![0; self.dense.len() * STAGE],
            staged: 0..0,
        }
    }

    /// Rows `from .. from + rows`, no more than a block holds, written out once for several products.
    #[must_use]
    pub fn block<'a>(&'a self, from: usize, rows: usize, room: &'a mut Room) -> Block<'a> {
        self.stage(from, rows, room);
        let behind = from - room.staged.start;
        let places = room.codes.chunks_exact(STAGE).zip(room.values.chunks_exact_mut(rows.max(1)));
        let view = |(column, (codes, room)): (&'a Column, (&'a [u8], &'a mut [f64]))| {
            column.staged_view(from, &codes[behind..behind + rows], room)
        };
        Block { columns: self.dense.iter().zip(places).map(view).collect(), groups: &self.groups, from }
    }

    /// Sees to it that the codes of those rows lie side by side: a few of every column in turn come slowly from far away.
    fn stage(&self, from: usize, rows: usize, room: &mut Room) {
        if room.staged.start <= from && from + rows <= room.staged.end {
            return;
        }
        room.staged = from..(from + STAGE).min(self.rows);
        let places = room.codes.chunks_exact_mut(STAGE);
        self.dense.iter().zip(places).for_each(|(column, codes)| column.stage(from, &mut codes[..room.staged.len()]));
    }

    /// Xᵀ r and Σ r apart for every group of rows: `groups` × (p + 1), row-major, the sums of r last. `group_of[i]` is the
    /// group of row i.
    #[must_use]
    pub fn transposed_by_group(&self, residual: &[f64], group_of: &[u8], groups: usize) -> Vec<Vec<f64>> {
        let dense = self.dense.par_chunks(4).map(|columns| four_by_group(columns, residual, group_of, groups));
        let mut sums: Vec<Vec<f64>> = dense.flatten_iter().collect();
        sums.resize(self.columns() + 1, vec![0.0; groups]);
        for codes in &self.groups {
            for ((code, r), group) in codes.codes.iter().zip(residual).zip(group_of) {
                sums[codes.offset + usize::from(*code)][usize::from(*group)] += r;
            }
        }
        if let Some(last) = sums.last_mut() {
            residual.iter().zip(group_of).for_each(|(r, group)| last[usize::from(*group)] += r);
        }
        (0..groups).map(|group| sums.iter().map(|sums| sums[group]).collect()).collect()
    }

    /// Adds the lower triangle of [X 1]ᵀ diag(w) [X 1] over some rows to `sums` ((p + 1) × (p + 1), row-major, the intercept
    /// last); `weigh` gives w of a block. What it adds above the diagonal means nothing.
    pub fn add_weighted_square(&self, rows: Range<usize>, weigh: impl Fn(&Block<'_>, &mut [f64]), sums: &mut [f64]) {
        let mut packed =
            Packed { plain: self.room(rows.len()), weighted: vec![0.0; self.dense.len() * BLOCK.min(rows.len())] };
        let mut weight = [0.0; BLOCK];
        for from in rows.clone().step_by(BLOCK) {
            let weight = &mut weight[..BLOCK.min(rows.end - from)];
            self.add_square_block(&weigh, weight, from, sums, &mut packed);
        }
    }

    fn add_square_block(
        &self,
        weigh: impl Fn(&Block<'_>, &mut [f64]),
        weight: &mut [f64],
        from: usize,
        sums: &mut [f64],
        packed: &mut Packed,
    ) {
        let (length, size, last) = (weight.len(), self.columns() + 1, self.columns());
        self.stage(from, length, &mut packed.plain);
        let behind = from - packed.plain.staged.start;
        let places = packed.plain.codes.chunks_exact(STAGE).zip(packed.plain.values.chunks_exact_mut(length));
        for (column, (codes, place)) in self.dense.iter().zip(places) {
            column.staged_write(from, &codes[behind..behind + length], place);
        }
        let columns = packed.plain.values.chunks_exact(length).take(self.dense.len()).collect();
        let block = Block { columns, groups: &self.groups, from };
        weigh(&block, weight);
        let places = packed.weighted.chunks_exact_mut(length);
        for (i, (plain, weighted)) in block.columns.iter().zip(places).enumerate() {
            for ((out, value), w) in weighted.iter_mut().zip(plain.iter()).zip(weight.iter()) {
                *out = value * w;
            }
            sums[last * size + i] += dot(plain, weight);
        }
        packed.add_square(self.dense.len(), length, sums, size);
        if !self.groups.is_empty() {
            packed.add_across(self, from, length, sums);
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
        let mut pairs =
            vec![0.0; group.width * self.groups[..position].iter().map(|other| other.width).max().unwrap_or(0)];
        for other in &self.groups[..position] {
            let pairs = &mut pairs[..group.width * other.width];
            pairs.fill(0.0);
            for ((code, across), w) in codes.iter().zip(&other.codes[from..to]).zip(weight) {
                pairs[usize::from(*code) * other.width + usize::from(*across)] += w;
            }
            for (code, pairs) in pairs.chunks_exact(other.width).enumerate() {
                let place = (group.offset + code) * size + other.offset;
                sums[place..place + other.width].iter_mut().zip(pairs).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}

/// Every `stride`-th run of values: runs, because a column read in larger steps costs as much as all of it.
pub(super) fn every<T: Copy>(values: &[T], stride: usize) -> Vec<T> {
    values.chunks(RUN).step_by(stride).flatten().copied().collect()
}

/// Where blocks of a matrix are written out.
#[derive(Debug, Clone)]
pub struct Room {
    /// The dense columns of a block.
    values: Vec<f64>,
    /// Codes of one byte of [`STAGE`] rows, column by column.
    codes: Vec<u8>,
    /// The rows whose codes these are.
    staged: Range<usize>,
}

/// A block of the dense columns side by side, as they are and weighted.
struct Packed {
    plain: Room,
    weighted: Vec<f64>,
}

impl Packed {
    /// Adds the products of all columns with those before them, a panel of columns at a time.
    fn add_square(&self, columns: usize, rows: usize, sums: &mut [f64], size: usize) {
        let view = |values| ArrayView2::from_shape((columns, rows), values);
        let filled = columns * rows;
        let views = (view(&self.plain.values[..filled]), view(&self.weighted[..filled]));
        let (Ok(plain), Ok(weighted)) = views else { return };
        let Ok(mut square) = ArrayViewMut2::from_shape((size, size), sums) else { return };
        // Wider ones are packed less often, and waste more above the diagonal.
        let width = if columns > 4 * PANEL { 2 * PANEL } else { PANEL };
        for first in (0..columns).step_by(width) {
            let end = (first + width).min(columns);
            let rest = Slice::from(first..columns);
            let (below, panel) = (plain.slice_axis(Axis(0), rest), weighted.slice_axis(Axis(0), (first..end).into()));
            let mut lines = square.slice_axis_mut(Axis(0), rest);
            let mut target = lines.slice_axis_mut(Axis(1), (first..end).into());
            general_mat_mul(1.0, &below, &panel.t(), 1.0, &mut target);
        }
    }
}

impl Packed {
    /// Adds the products of the groups' columns with the weighted dense ones: a row's weighted values, side by side, to
    /// those of its leaf.
    fn add_across(&self, matrix: &Matrix, from: usize, rows: usize, sums: &mut [f64]) {
        let (dense, size) = (matrix.dense.len(), matrix.columns() + 1);
        let mut by_row = vec![0.0; dense * rows];
        for (i, column) in self.weighted[..dense * rows].chunks_exact(rows).enumerate() {
            column.iter().zip(by_row.iter_mut().skip(i).step_by(dense)).for_each(|(value, place)| *place = *value);
        }
        for group in &matrix.groups {
            for (code, values) in group.codes[from..from + rows].iter().zip(by_row.chunks_exact(dense)) {
                let place = (group.offset + usize::from(*code)) * size;
                sums[place..place + dense].iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
            }
        }
    }
}

/// Sums of each of up to four columns times r, by group of rows: one line of `groups` sums per column.
fn four_by_group(columns: &[Column], residual: &[f64], group_of: &[u8], groups: usize) -> Vec<Vec<f64>> {
    let mut sums = vec![[0.0; 4]; groups];
    let mut room = [[0.0; BLOCK]; 4];
    for (from, (residual, group_of)) in (0..).step_by(BLOCK).zip(residual.chunks(BLOCK).zip(group_of.chunks(BLOCK))) {
        columns.iter().zip(&mut room).for_each(|(column, room)| column.write(from, &mut room[..residual.len()]));
        let [a, b, c, d] = &room;
        for (((((r, group), a), b), c), d) in residual.iter().zip(group_of).zip(a).zip(b).zip(c).zip(d) {
            let sums = &mut sums[usize::from(*group)];
            sums.iter_mut().zip([a, b, c, d]).for_each(|(sum, value)| *sum += value * r);
        }
    }
    (0..columns.len()).map(|column| sums.iter().map(|sums| sums[column]).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Matrix {
        let value = |i: usize, j: usize| ((i * 31 + j * 17) as f64 * 0.37).sin();
        Matrix::dense((0..columns).map(|j| (0..rows).map(|i| value(i, j)).collect()).collect(), rows)
    }

    fn transposed(matrix: &Matrix, residual: &[f64]) -> Vec<f64> {
        let (mut sums, mut room) = (vec![0.0; matrix.columns() + 1], matrix.room(matrix.rows));
        for (from, residual) in (0..).step_by(BLOCK).zip(residual.chunks(BLOCK)) {
            matrix.block(from, residual.len(), &mut room).add_transposed(residual, &mut sums);
        }
        sums
    }

    #[test]
    fn blocked_products_equal_the_plain_ones() {
        let (rows, columns) = (1337, 51);
        let mut matrix = matrix(rows, columns);
        matrix.push_group(3, (0..rows).map(|row| u16::try_from(row * row % 3).expect("small")).collect());
        let size = matrix.columns() + 1;
        let entry = |row: usize, column: usize| {
            if column < columns {
                matrix.dense[column].to_vec()[row]
            } else if column + 1 == size {
                1.0
            } else {
                f64::from(u8::from(usize::from(matrix.groups[0].codes[row]) == column - columns))
            }
        };
        let weight: Vec<f64> = (0..rows).map(|i| 0.1 + (i as f64).cos().abs()).collect();
        let mut square = vec![0.0; size * size];
        let weigh = |block: &Block<'_>, out: &mut [f64]| out.copy_from_slice(&weight[block.from..][..out.len()]);
        matrix.add_weighted_square(0..rows, weigh, &mut square);
        let product = transposed(&matrix, &weight);
        for i in 0..size {
            for j in 0..=i {
                let wanted: f64 = (0..rows).map(|row| weight[row] * entry(row, i) * entry(row, j)).sum();
                assert!((square[i * size + j] - wanted).abs() < 1e-9, "{i}, {j}");
            }
            let wanted: f64 = (0..rows).map(|row| weight[row] * entry(row, i)).sum();
            assert!((product[i] - wanted).abs() < 1e-9, "{i}");
        }
        let coefficients: Vec<f64> = (0..size).map(|j| (j as f64).sqrt() - 3.0).collect();
        let mut margin = vec![0.0; rows - 5];
        matrix.multiply(&coefficients[..size - 1], coefficients[size - 1], 5, &mut margin);
        let wanted: f64 = (0..size).map(|j| coefficients[j] * entry(100, j)).sum();
        assert!((margin[95] - wanted).abs() < 1e-9);
    }

    #[test]
    fn sums_by_group_are_the_sums_over_each_groups_rows() {
        let mut matrix = matrix(300, 5);
        matrix.push_group(2, (0..300).map(|row| u16::from(row % 7 == 0)).collect());
        let residual: Vec<f64> = (0..300).map(|i| f64::from(i).sin()).collect();
        let group_of: Vec<u8> = (0..300u32).map(|i| u8::try_from(i * i % 4).expect("small")).collect();
        let found = matrix.transposed_by_group(&residual, &group_of, 4);
        for (group, found) in found.iter().enumerate() {
            let own: Vec<f64> = residual
                .iter()
                .zip(&group_of)
                .map(|(r, of)| if usize::from(*of) == group { *r } else { 0.0 })
                .collect();
            let wanted = transposed(&matrix, &own);
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}
