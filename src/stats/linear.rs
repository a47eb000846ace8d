//! Small dense linear algebra: symmetric positive definite systems.
//!
//! Matrices are row-major `Vec<f64>`s of p × p. The factorisation is blocked by rows of the factor and uses dot
//! products with a fixed order of summation, so its bits depend on nothing but its input.

/// The matrix is not positive definite (within rounding).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is not positive definite at column {0}")]
pub struct NotPositiveDefinite(pub usize);

/// Σ aᵢbᵢ in eight interleaved partial sums: fast, and the same bits every time.
#[must_use]
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0f64; 8];
    let (head_a, tail_a) = a.as_chunks::<8>();
    let (head_b, tail_b) = b.as_chunks::<8>();
    for (x, y) in head_a.iter().zip(head_b) {
        for lane in 0..8 {
            lanes[lane] += x[lane] * y[lane];
        }
    }
    let tail: f64 = tail_a.iter().zip(tail_b).map(|(x, y)| x * y).sum();
    ((lanes[0] + lanes[4]) + (lanes[1] + lanes[5])) + ((lanes[2] + lanes[6]) + (lanes[3] + lanes[7])) + tail
}

/// The Cholesky factor L of a symmetric positive definite matrix A = L Lᵀ.
#[derive(Debug, Clone)]
pub struct Cholesky {
    size: usize,
    /// Row-major lower triangle, full storage.
    lower: Vec<f64>,
}

impl Cholesky {
    /// Factorises `matrix` (p × p, row-major, the lower triangle is read) in place.
    ///
    /// # Errors
    /// [`NotPositiveDefinite`] with the first column whose pivot is not positive.
    pub fn new(mut matrix: Vec<f64>, size: usize) -> Result<Self, NotPositiveDefinite> {
        for row in 0..size {
            let (above, current) = matrix.split_at_mut(row * size);
            for column in 0..row {
                let known = &above[column * size..column * size + column];
                let rest = current[column] - dot(&current[..column], known);
                current[column] = rest / above[column * size + column];
            }
            let pivot = current[row] - dot(&current[..row], &current[..row]);
            if pivot.is_nan() || pivot <= 0.0 {
                return Err(NotPositiveDefinite(row));
            }
            current[row] = pivot.sqrt();
        }
        Ok(Self { size, lower: matrix })
    }

    /// x with A x = `right`.
    #[must_use]
    pub fn solve(&self, right: &[f64]) -> Vec<f64> {
        let mut x = self.solve_lower(right);
        for row in (0..self.size).rev() {
            let value = x[row] / self.lower[row * self.size + row];
            x[row] = value;
            let factors = &self.lower[row * self.size..row * self.size + row];
            for (entry, factor) in x[..row].iter_mut().zip(factors) {
                *entry -= factor * value;
            }
        }
        x
    }

    /// y with L y = `right`; ‖y‖² = rightᵀ A⁻¹ right.
    #[must_use]
    pub fn solve_lower(&self, right: &[f64]) -> Vec<f64> {
        let mut y = right.to_vec();
        for row in 0..self.size {
            let factors = &self.lower[row * self.size..row * self.size + row];
            y[row] = (y[row] - dot(&y[..row], factors)) / self.lower[row * self.size + row];
        }
        y
    }

    /// A⁻¹, row-major.
    #[must_use]
    pub fn inverse(&self) -> Vec<f64> {
        let mut inverse = Vec::with_capacity(self.size * self.size);
        let mut unit = vec![0.0; self.size];
        for column in 0..self.size {
            unit[column] = 1.0;
            inverse.extend(self.solve(&unit));
            unit[column] = 0.0;
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_solution_solves() {
        let size = 13;
        let entry = |i: usize, j: usize| 1.0 / (1.0 + (i as f64 - j as f64).abs()) + if i == j { 2.0 } else { 0.0 };
        let matrix: Vec<f64> = (0..size * size).map(|k| entry(k / size, k % size)).collect();
        let right: Vec<f64> = (0..size).map(|i| (i as f64).sin()).collect();
        let factor = Cholesky::new(matrix.clone(), size).expect("diagonally dominant");
        let x = factor.solve(&right);
        for i in 0..size {
            let product = dot(&matrix[i * size..(i + 1) * size], &x);
            assert!((product - right[i]).abs() < 1e-12);
        }
        let inverse = factor.inverse();
        assert!((dot(&inverse[..size], &right) - x[0]).abs() < 1e-12);
    }

    #[test]
    fn an_indefinite_matrix_is_refused_by_column() {
        assert_eq!(Cholesky::new(vec![1.0, 2.0, 2.0, 1.0], 2).err(), Some(NotPositiveDefinite(1)));
    }
}
