//! The design matrix: dense standardised columns, and groups of indicator columns of which one is 1 in every row.
//!
//! A boosted tree is such a group: its leaves share the rows out among themselves. Kept as one code per row, 200 trees of
//! eight leaves cost 200 two-byte codes a row and not 1,600 numbers, and products touch only what is not zero.
//!
//! Dense columns are shared, not copied, when a matrix is cloned or two matrices have columns in common. Those of counts are
//! kept as codes (see [`Column`]) and written out a few columns and rows at a time.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, Axis, Slice};

use super::Column;
use crate::stats::linear::dot;

/// Rows per block of the blocked products: a block of all columns stays in the cache.
pub(super) const BLOCK: usize = 512;
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
        let mut room = [[0.0; BLOCK]; 4];
        for (from, out) in (from..).step_by(BLOCK).zip(out.chunks_mut(BLOCK)) {
            self.multiply_block(coefficients, intercept, from, out, &mut room);
        }
    }

    fn multiply_block(&self, coefficients: &[f64], intercept: f64, from: usize, out: &mut [f64], room: &mut Room) {
        out.fill(intercept);
        let (fours, rest) = self.dense.as_chunks::<4>();
        for (columns, coefficients) in fours.iter().zip(coefficients.chunks(4)) {
            let [a, b, c, d] = views(columns, from, out.len(), room);
            for ((((sum, a), b), c), d) in out.iter_mut().zip(a).zip(b).zip(c).zip(d) {
                *sum += (coefficients[0] * a + coefficients[1] * b) + (coefficients[2] * c + coefficients[3] * d);
            }
        }
        for (column, coefficient) in rest.iter().zip(&coefficients[4 * fours.len()..]) {
            let values = column.view(from, &mut room[0][..out.len()]);
            for (sum, value) in out.iter_mut().zip(values) {
                *sum += coefficient * value;
            }
        }
        for group in &self.groups {
            let table = &coefficients[group.offset..group.offset + group.width];
            for (sum, code) in out.iter_mut().zip(&group.codes[from..]) {
                *sum += table[*code as usize];
            }
        }
    }

    /// Adds Xᵀ r over rows `from .. from + residual.len()` to `sums`, Σ r to its last entry.
    pub fn add_transposed(&self, residual: &[f64], from: usize, sums: &mut [f64]) {
        let mut room = [[0.0; BLOCK]; 4];
        for (from, residual) in (from..).step_by(BLOCK).zip(residual.chunks(BLOCK)) {
            self.add_transposed_block(residual, from, sums, &mut room);
        }
    }

    fn add_transposed_block(&self, residual: &[f64], from: usize, sums: &mut [f64], room: &mut Room) {
        let (fours, rest) = self.dense.as_chunks::<4>();
        for (columns, sums) in fours.iter().zip(sums.chunks_mut(4)) {
            let found = four_dots(views(columns, from, residual.len(), room), residual);
            sums.iter_mut().zip(found).for_each(|(sum, value)| *sum += value);
        }
        for (column, sum) in rest.iter().zip(&mut sums[4 * fours.len()..]) {
            *sum += dot(column.view(from, &mut room[0][..residual.len()]), residual);
        }
        for group in &self.groups {
            let table = &mut sums[group.offset..group.offset + group.width];
            for (code, value) in group.codes[from..].iter().zip(residual) {
                table[*code as usize] += value;
            }
        }
        sums[self.columns()] += residual.iter().sum::<f64>();
    }

    /// Xᵀ r and Σ r apart for every group of rows: `groups` × (p + 1), row-major, the sums of r last. `group_of[i]` is the
    /// group of row i.
    #[must_use]
    pub fn transposed_by_group(&self, residual: &[f64], group_of: &[u8], groups: usize) -> Vec<Vec<f64>> {
        let mut sums = vec![vec![0.0; groups]; self.columns() + 1];
        let mut room = [0.0; BLOCK];
        for (column, sums) in self.dense.iter().zip(&mut sums) {
            for (from, (residual, groups)) in
                (0..).step_by(BLOCK).zip(residual.chunks(BLOCK).zip(group_of.chunks(BLOCK)))
            {
                let values = column.view(from, &mut room[..residual.len()]);
                for ((value, r), group) in values.iter().zip(residual).zip(groups) {
                    sums[usize::from(*group)] += value * r;
                }
            }
        }
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

    /// Adds the lower triangle of [X 1]ᵀ diag(w) [X 1] over rows `from .. from + weight.len()` to `sums`
    /// ((p + 1) × (p + 1), row-major, the intercept last). What it adds above the diagonal means nothing.
    pub fn add_weighted_square(&self, weight: &[f64], from: usize, sums: &mut [f64]) {
        let room = self.dense.len() * BLOCK.min(weight.len());
        let mut packed = Packed { plain: vec![0.0; room], weighted: vec![0.0; room] };
        for (from, weight) in (from..).step_by(BLOCK).zip(weight.chunks(BLOCK)) {
            self.add_square_block(weight, from, sums, &mut packed);
        }
    }

    fn add_square_block(&self, weight: &[f64], from: usize, sums: &mut [f64], packed: &mut Packed) {
        let (length, size, last) = (weight.len(), self.columns() + 1, self.columns());
        for (i, column) in self.dense.iter().enumerate() {
            let place = i * length..(i + 1) * length;
            let plain = &mut packed.plain[place.clone()];
            column.write(from, plain);
            for ((out, value), w) in packed.weighted[place].iter_mut().zip(plain.iter()).zip(weight) {
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

/// Where values of four columns are written out: it stays in the nearest cache.
type Room = [[f64; BLOCK]; 4];

fn views<'a>(columns: &'a [Column; 4], from: usize, rows: usize, room: &'a mut Room) -> [&'a [f64]; 4] {
    let [a, b, c, d] = room.each_mut().map(|place| &mut place[..rows]);
    let [first, second, third, fourth] = columns;
    [first.view(from, a), second.view(from, b), third.view(from, c), fourth.view(from, d)]
}

/// Every `stride`-th run of values: runs, because a column read in larger steps costs as much as all of it.
pub(super) fn every<T: Copy>(values: &[T], stride: usize) -> Vec<T> {
    values.chunks(RUN).step_by(stride).flatten().copied().collect()
}

/// A block of the dense columns side by side, as they are and weighted.
struct Packed {
    plain: Vec<f64>,
    weighted: Vec<f64>,
}

impl Packed {
    /// Adds the products of all columns with those before them, a panel of columns at a time.
    fn add_square(&self, columns: usize, rows: usize, sums: &mut [f64], size: usize) {
        let view = |values| ArrayView2::from_shape((columns, rows), values);
        let filled = columns * rows;
        let views = (view(&self.plain[..filled]), view(&self.weighted[..filled]));
        let (Ok(plain), Ok(weighted)) = views else { return };
        let Ok(mut square) = ArrayViewMut2::from_shape((size, size), sums) else { return };
        for first in (0..columns).step_by(PANEL) {
            let end = (first + PANEL).min(columns);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: usize, columns: usize) -> Matrix {
        let value = |i: usize, j: usize| ((i * 31 + j * 17) as f64 * 0.37).sin();
        Matrix::dense((0..columns).map(|j| (0..rows).map(|i| value(i, j)).collect()).collect(), rows)
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
        matrix.add_weighted_square(&weight, 0, &mut square);
        let mut product = vec![0.0; size];
        matrix.add_transposed(&weight, 0, &mut product);
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
            let mut wanted = vec![0.0; 8];
            matrix.add_transposed(&own, 0, &mut wanted);
            assert!(found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() < 1e-9));
        }
    }
}
