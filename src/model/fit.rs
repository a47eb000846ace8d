//! Penalised logistic regression to a certified optimum.
//!
//! Minimises Σᵢ ln(1 + e^(−yᵢηᵢ)) + ½ Σⱼ αⱼ (βⱼ − mⱼ)², η = Xβ + intercept, the intercept free: scikit-learn's objective
//! with C = 1/α when all αⱼ = α and mⱼ = 0. `linfa-logistic` finds the neighbourhood of the optimum on a subsample; Newton
//! steps of our own, with a Hessian that is exact on a subsample first and on all rows where that is needed, go to
//! ‖gradient‖∞ / n ≤ 1e-8 at least, and the figure reached is returned as the certificate.
//!
//! Rows are cut into blocks of fixed size whose sums are added in order, so the bits do not depend on the thread count.

use rayon::prelude::*;

use super::{Error, Matrix, warm_start};
use crate::stats::linear::Cholesky;

/// The certificate: ‖gradient‖∞ / n at the returned coefficients.
pub const CERTIFIED_GRADIENT: f64 = 1e-8;
/// What the steps aim at; they stop there, or where rounding stops them.
const WANTED_GRADIENT: f64 = 1e-11;
/// What is enough while shapes are compared: far below the noise of a held-out loss.
const SEARCH_GRADIENT: f64 = 1e-6;
const ROWS_PER_CHUNK: usize = 8192;
const HESSIAN_CHUNKS: usize = 8;
const MOST_STEPS: usize = 80;

/// How far a fit is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// To the certificate.
    Certified,
    /// Near enough to compare shapes by held-out loss; such a fit is never handed on.
    Search,
}

/// What is to be fitted.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// n × p.
    pub matrix: &'a Matrix,
    /// n outcomes.
    pub outcome: &'a [bool],
    /// p penalties αⱼ > 0.
    pub penalty: &'a [f64],
    /// p values mⱼ the penalty pulls towards.
    pub prior: &'a [f64],
}

/// The optimum.
#[derive(Debug, Clone)]
pub struct Fitted {
    /// β, of length p.
    pub coefficients: Vec<f64>,
    /// The free intercept.
    pub intercept: f64,
    /// ‖gradient‖∞ / n reached.
    pub gradient: f64,
    /// Newton steps on all rows.
    pub steps: usize,
    /// Factor of the penalised Hessian near the optimum, the intercept last.
    pub hessian: Cholesky,
}

impl Fitted {
    /// Standard errors of the first `count` of β and the intercept: √ of the diagonal of the inverse penalised Hessian.
    #[must_use]
    pub fn standard_errors(&self, count: usize) -> Vec<f64> {
        let size = self.coefficients.len() + 1;
        let mut unit = vec![0.0; size];
        let mut errors = Vec::with_capacity(count);
        for column in 0..count.min(size) {
            unit[column] = 1.0;
            errors.push(self.hessian.solve_lower(&unit).iter().map(|x| x * x).sum::<f64>().sqrt());
            unit[column] = 0.0;
        }
        errors
    }
}

/// Fits from scratch: linfa on a subsample, then [`fit_from`].
///
/// # Errors
/// [`Error::NotConverged`] if the certificate cannot be given.
pub fn fit(problem: Problem<'_>) -> Result<Fitted, Error> {
    let start = warm_start::parameters(problem);
    fit_from(problem, start, Effort::Certified)
}

/// Fits from given parameters (β, then the intercept).
///
/// # Errors
/// [`Error::NotConverged`] if the certificate cannot be given.
pub fn fit_from(problem: Problem<'_>, mut parameters: Vec<f64>, effort: Effort) -> Result<Fitted, Error> {
    let wanted = if effort == Effort::Certified { WANTED_GRADIENT } else { SEARCH_GRADIENT };
    let stride = subsample_stride(problem.matrix);
    if stride > 1 {
        parameters = on_subsample(problem, parameters, stride);
    }
    let mut hessian = problem.factor(&parameters, stride)?;
    let mut state = problem.evaluate(&parameters);
    let mut exact_at = if stride == 1 { 0 } else { usize::MAX };
    let mut steps = 0;
    while steps < MOST_STEPS && state.norm > wanted {
        let next = problem.line_search(&parameters, &state, &hessian.solve(&state.gradient));
        let Some((moved, reached)) = next else {
            if exact_at == steps {
                break;
            }
            hessian = problem.factor(&parameters, 1)?;
            exact_at = steps;
            continue;
        };
        let slow = reached.norm > 0.2 * state.norm;
        (parameters, state) = (moved, reached);
        steps += 1;
        if slow && (stride == 1 || steps % 12 == 0 || problem.matrix.columns() < 200) {
            hessian = problem.factor(&parameters, 1)?;
            exact_at = steps;
        }
    }
    if effort == Effort::Certified && state.norm > CERTIFIED_GRADIENT {
        return Err(Error::NotConverged { gradient: state.norm });
    }
    if effort == Effort::Certified && (stride == 1 || problem.matrix.columns() < 200) {
        hessian = problem.factor(&parameters, 1)?;
    }
    let intercept = parameters.pop().unwrap_or_default();
    Ok(Fitted { coefficients: parameters, intercept, gradient: state.norm, steps, hessian })
}

/// Every how many rows the first Hessians look at: all rows of small problems, about 40,000 or 30 per column of large ones.
fn subsample_stride(matrix: &Matrix) -> usize {
    let wanted = (30 * matrix.columns()).clamp(20_000, 60_000);
    (matrix.rows / wanted).max(1)
}

/// Newton on every `stride`-th row, the penalty scaled alike: its optimum is a good start. Failure leaves the start.
fn on_subsample(problem: Problem<'_>, start: Vec<f64>, stride: usize) -> Vec<f64> {
    let matrix = problem.matrix.thinned(stride);
    let outcome: Vec<bool> = problem.outcome.iter().copied().step_by(stride).collect();
    let share = matrix.rows as f64 / problem.matrix.rows as f64;
    let penalty: Vec<f64> = problem.penalty.iter().map(|alpha| alpha * share).collect();
    let small = Problem { matrix: &matrix, outcome: &outcome, penalty: &penalty, prior: problem.prior };
    small.newton(&start, 1e-4).unwrap_or(start)
}

/// Loss and gradient at some parameters.
#[derive(Debug, Clone)]
struct State {
    loss: f64,
    gradient: Vec<f64>,
    /// ‖gradient‖∞ / n.
    norm: f64,
}

impl Problem<'_> {
    /// Plain Newton to a loose tolerance.
    fn newton(&self, start: &[f64], tolerance: f64) -> Result<Vec<f64>, Error> {
        let mut parameters = start.to_vec();
        let mut state = self.evaluate(&parameters);
        for _ in 0..20 {
            if state.norm <= tolerance {
                break;
            }
            let direction = self.factor(&parameters, 1)?.solve(&state.gradient);
            let Some((moved, reached)) = self.line_search(&parameters, &state, &direction) else { break };
            (parameters, state) = (moved, reached);
        }
        Ok(parameters)
    }

    /// The step against `direction`, halved until the loss falls (or, at rounding level, the gradient does).
    fn line_search(&self, from: &[f64], state: &State, direction: &[f64]) -> Option<(Vec<f64>, State)> {
        let mut step = 1.0;
        for _ in 0..12 {
            let moved: Vec<f64> = from.iter().zip(direction).map(|(b, d)| b - step * d).collect();
            let reached = self.evaluate(&moved);
            let rounding = 1e-12 * state.loss.abs();
            if reached.loss < state.loss - rounding
                || (reached.loss <= state.loss + rounding && reached.norm < 0.9 * state.norm)
            {
                return Some((moved, reached));
            }
            step *= 0.5;
        }
        None
    }

    fn chunks(&self) -> Vec<(usize, usize)> {
        let n = self.matrix.rows;
        (0..n).step_by(ROWS_PER_CHUNK).map(|from| (from, (from + ROWS_PER_CHUNK).min(n))).collect()
    }

    /// Penalised loss and gradient.
    fn evaluate(&self, parameters: &[f64]) -> State {
        let columns = self.matrix.columns();
        let part = |&(from, to): &(usize, usize)| self.evaluate_rows(parameters, from, to);
        let parts: Vec<(f64, Vec<f64>)> = self.chunks().par_iter().map(part).collect();
        let (mut loss, mut gradient) = (0.0, vec![0.0; columns + 1]);
        for (part_loss, part_gradient) in parts {
            loss += part_loss;
            gradient.iter_mut().zip(part_gradient).for_each(|(sum, value)| *sum += value);
        }
        for j in 0..columns {
            let away = parameters[j] - self.prior[j];
            loss += 0.5 * self.penalty[j] * away * away;
            gradient[j] += self.penalty[j] * away;
        }
        let largest =
            gradient.iter().fold(0.0f64, |most, g| if g.is_nan() { f64::INFINITY } else { most.max(g.abs()) });
        State { loss, norm: largest / self.matrix.rows as f64, gradient }
    }

    fn evaluate_rows(&self, parameters: &[f64], from: usize, to: usize) -> (f64, Vec<f64>) {
        let columns = self.matrix.columns();
        let mut residual = vec![0.0; to - from];
        self.matrix.multiply(&parameters[..columns], parameters[columns], from, &mut residual);
        let mut loss = 0.0;
        for (eta, &event) in residual.iter_mut().zip(&self.outcome[from..to]) {
            let target = f64::from(u8::from(event));
            let tail = (-eta.abs()).exp();
            loss += eta.max(0.0) - target * *eta + tail.ln_1p();
            *eta = if *eta >= 0.0 { 1.0 / (1.0 + tail) } else { tail / (1.0 + tail) } - target;
        }
        let mut gradient = vec![0.0; columns + 1];
        self.matrix.add_transposed(&residual, from, &mut gradient);
        (loss, gradient)
    }

    /// Cholesky factor of the penalised Hessian, from every `stride`-th chunk-row, scaled up.
    fn factor(&self, parameters: &[f64], stride: usize) -> Result<Cholesky, Error> {
        if stride > 1 {
            let thin = self.matrix.thinned(stride);
            let outcome: Vec<bool> = self.outcome.iter().copied().step_by(stride).collect();
            let scale = self.matrix.rows as f64 / thin.rows as f64;
            let small = Problem { matrix: &thin, outcome: &outcome, ..*self };
            return small.scaled_factor(parameters, scale);
        }
        self.scaled_factor(parameters, 1.0)
    }

    fn scaled_factor(&self, parameters: &[f64], scale: f64) -> Result<Cholesky, Error> {
        let (n, size) = (self.matrix.rows, self.matrix.columns() + 1);
        let chunk = n.div_ceil(HESSIAN_CHUNKS).max(2048);
        let starts: Vec<usize> = (0..n).step_by(chunk).collect();
        let part = |&from: &usize| self.square_rows(parameters, from, (from + chunk).min(n));
        let parts: Vec<Vec<f64>> = starts.par_iter().map(part).collect();
        let mut hessian = vec![0.0; size * size];
        for part in parts {
            hessian.iter_mut().zip(part).for_each(|(sum, value)| *sum += scale * value);
        }
        for (j, alpha) in self.penalty.iter().enumerate() {
            hessian[j * size + j] += alpha;
        }
        // Far from the optimum every weight may vanish; the intercept's curvature keeps a floor.
        hessian[size * size - 1] += 1e-10 * n as f64;
        Cholesky::new(hessian, size).map_err(|_| Error::NotConverged { gradient: f64::INFINITY })
    }

    fn square_rows(&self, parameters: &[f64], from: usize, to: usize) -> Vec<f64> {
        let columns = self.matrix.columns();
        let mut weight = vec![0.0; to - from];
        self.matrix.multiply(&parameters[..columns], parameters[columns], from, &mut weight);
        for eta in &mut weight {
            let tail = (-eta.abs()).exp();
            *eta = tail / ((1.0 + tail) * (1.0 + tail));
        }
        let mut sums = vec![0.0; (columns + 1) * (columns + 1)];
        self.matrix.add_weighted_square(&weight, from, &mut sums);
        sums
    }
}
