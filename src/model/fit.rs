//! Penalised logistic regression to a certified optimum.
//!
//! Minimises Σᵢ ln(1 + e^(−yᵢηᵢ)) + ½ Σⱼ αⱼ (βⱼ − mⱼ)², η = Xβ + intercept, the intercept free: scikit-learn's objective
//! with C = 1/α when all αⱼ = α and mⱼ = 0. `linfa-logistic` finds the neighbourhood of the optimum on a few rows, Newton
//! steps go on from there on a subsample, and quasi-Newton steps on all rows, with the subsample's Hessian corrected by what
//! the steps learn, go to ‖gradient‖∞ / n ≤ 1e-8 at least; the figure reached is returned as the certificate.
//!
//! Rows are cut into blocks of fixed size whose sums are added in order, so the bits do not depend on the thread count.

use rayon::prelude::*;

use super::block::Block;
use super::curvature::Curvature;
use super::matrix::{BLOCK, Room, every};
use super::{Error, Matrix, warm_start};
use crate::stats::linear::Cholesky;
use crate::stats::logistic;

/// The certificate: ‖gradient‖∞ / n at the returned coefficients.
pub const CERTIFIED_GRADIENT: f64 = 1e-8;
/// What the steps aim at; they stop there, or where rounding stops them.
const WANTED_GRADIENT: f64 = 1e-11;
/// The same where only the predictions of other rows matter.
const HELD_OUT_GRADIENT: f64 = 1e-9;
/// What is enough while shapes are compared: far below the noise of a held-out loss.
const SEARCH_GRADIENT: f64 = 1e-6;
/// From here on the Hessian is, but for rounding, that of the optimum.
const NEAR_GRADIENT: f64 = 1e-7;
/// The same for a Hessian of some of the rows.
const NEAR_ENOUGH_GRADIENT: f64 = 1e-5;
const ROWS_PER_CHUNK: usize = 8192;
/// Parts that a Hessian is summed in, each of its size; half as many where it is large.
const HESSIAN_CHUNKS: usize = 8;
const MOST_STEPS: usize = 80;
/// Rows of the subsample on which Newton's steps begin.
const ROWS_TO_BEGIN_ON: usize = 20_000;

/// How far a fit is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// To the certificate and beyond, as far as rounding allows, with the exact Hessian there.
    Certified,
    /// To the certificate, for a fit that only scores held-out rows.
    HeldOut,
    /// Near enough to compare shapes by held-out loss; such a fit is never handed on.
    Search,
}

impl Effort {
    fn wanted_gradient(self) -> f64 {
        match self {
            Self::Certified => WANTED_GRADIENT,
            Self::HeldOut => HELD_OUT_GRADIENT,
            Self::Search => SEARCH_GRADIENT,
        }
    }
}

/// What is to be fitted.
#[derive(Debug, Clone, Copy)]
pub struct Problem<'a> {
    /// At least n × p; the first n rows are fitted on.
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
    /// Steps on all rows.
    pub steps: usize,
    /// Factor of the penalised Hessian, the intercept last: at the optimum of a certified fit, near it otherwise.
    pub hessian: Cholesky,
}

impl Fitted {
    /// β, then the intercept.
    #[must_use]
    pub fn parameters(&self) -> Vec<f64> {
        self.coefficients.iter().copied().chain([self.intercept]).collect()
    }

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

/// Fits from scratch: linfa on a few rows, then [`fit_from`].
///
/// # Errors
/// [`Error::NotConverged`] if the certificate cannot be given.
pub fn fit(problem: Problem<'_>) -> Result<Fitted, Error> {
    fit_from(problem, Start::scratch(problem), Effort::Certified)
}

/// Where a fit begins.
#[derive(Debug, Clone)]
pub enum Start {
    /// Far away: Newton's steps on a subsample come first. β, then the intercept.
    Far(Vec<f64>),
    /// At the optimum of nearly the same problem.
    Near(Vec<f64>),
    /// The same, with what its curvature says of this one.
    Beside(Vec<f64>, Curvature),
}

impl Start {
    /// What linfa finds on a few rows.
    #[must_use]
    pub fn scratch(problem: Problem<'_>) -> Self {
        Self::Far(warm_start::parameters(problem))
    }
}

/// Fits from a start.
///
/// # Errors
/// [`Error::NotConverged`] if the certificate cannot be given.
pub fn fit_from(problem: Problem<'_>, start: Start, effort: Effort) -> Result<Fitted, Error> {
    let taken = Taken::by(problem, effort);
    let Descent { mut parameters, state, steps, curvature, taken_at } = descend(problem, start, effort)?;
    let hessian = if taken_at <= taken.near { curvature.hessian() } else { problem.factor(&parameters, taken.last)? };
    let intercept = parameters.pop().unwrap_or_default();
    Ok(Fitted { coefficients: parameters, intercept, gradient: state.norm, steps, hessian })
}

/// Fits from scratch, only to score held-out rows and to start a fit beside it: β, then the intercept, and the curvature.
///
/// # Errors
/// [`Error::NotConverged`] if the certificate cannot be given.
pub fn fit_held_out(problem: Problem<'_>) -> Result<(Vec<f64>, Curvature), Error> {
    let descent = descend(problem, Start::scratch(problem), Effort::HeldOut)?;
    Ok((descent.parameters, descent.curvature))
}

/// Where the steps have led.
struct Descent {
    parameters: Vec<f64>,
    state: State,
    steps: usize,
    curvature: Curvature,
    /// ‖gradient‖∞ / n where the curvature's Hessian was taken; infinite for one of another place or problem.
    taken_at: f64,
}

fn descend(problem: Problem<'_>, start: Start, effort: Effort) -> Result<Descent, Error> {
    let wanted = effort.wanted_gradient();
    let (mut parameters, beside) = match start {
        Start::Far(parameters) => (begin(problem, parameters), None),
        Start::Near(parameters) => (parameters, None),
        Start::Beside(parameters, curvature) => (parameters, Some(curvature)),
    };
    let taken = Taken::by(problem, effort);
    let mut state = problem.evaluate(&parameters);
    // Where the Hessian that is handed on is taken at once, no other is needed.
    let beside = beside.filter(|_| taken.first != taken.last);
    let mut taken_at = if taken.first == taken.last { state.norm } else { f64::INFINITY };
    let mut curvature = match beside {
        Some(curvature) => curvature,
        None => Curvature::new(problem.factor(&parameters, taken.first)?),
    };
    let mut renew = false;
    let mut steps = 0;
    while steps < MOST_STEPS && state.norm > wanted {
        if state.norm <= taken.near && taken_at > taken.near {
            curvature = Curvature::new(problem.factor(&parameters, taken.last)?);
            taken_at = state.norm;
        } else if renew {
            curvature = Curvature::new(problem.factor(&parameters, 1)?);
            taken_at = state.norm;
        }
        let next = problem.line_search(&parameters, &state, &curvature.direction(&state.gradient));
        let Some((moved, reached)) = next else {
            if renew {
                break;
            }
            renew = true;
            continue;
        };
        let slow = reached.norm > 0.5 * state.norm;
        curvature.learn((&parameters, &state.gradient), (&moved, &reached.gradient));
        (parameters, state) = (moved, reached);
        steps += 1;
        renew = slow && (steps % 12 == 0 || problem.is_small());
    }
    if effort != Effort::Search && state.norm > CERTIFIED_GRADIENT {
        return Err(Error::NotConverged { gradient: state.norm });
    }
    Ok(Descent { parameters, state, steps, curvature, taken_at })
}

/// Which Hessians a fit takes: one to begin with, and, where it is handed on, one near the optimum, which also makes the last
/// steps.
#[derive(Debug, Clone, Copy)]
struct Taken {
    /// Every how many rows the first one looks at.
    first: usize,
    /// The same of the last one.
    last: usize,
    /// ‖gradient‖∞ / n from which on the last one is taken; infinite where any will do.
    near: f64,
}

impl Taken {
    fn by(problem: Problem<'_>, effort: Effort) -> Self {
        let stride = problem.curvature_stride();
        match effort {
            Effort::HeldOut | Effort::Search => Self { first: stride, last: stride, near: f64::INFINITY },
            Effort::Certified if problem.is_small() => Self { first: stride, last: 1, near: NEAR_GRADIENT },
            Effort::Certified if stride == 1 => Self { first: 1, last: 1, near: NEAR_GRADIENT },
            Effort::Certified => Self { first: 3 * stride, last: stride, near: NEAR_ENOUGH_GRADIENT },
        }
    }
}

/// Newton on a subsample, the penalty scaled alike: its optimum is a good start. Failure leaves the start.
fn begin(problem: Problem<'_>, start: Vec<f64>) -> Vec<f64> {
    let stride = problem.rows() / ROWS_TO_BEGIN_ON.max(30 * problem.matrix.columns());
    if stride <= 1 {
        return start;
    }
    let (matrix, outcome) = problem.thinned(stride);
    let share = matrix.rows as f64 / problem.rows() as f64;
    let penalty: Vec<f64> = problem.penalty.iter().map(|alpha| alpha * share).collect();
    let small = Problem { matrix: &matrix, outcome: &outcome, penalty: &penalty, prior: problem.prior };
    small.newton(&start, 1e-3).unwrap_or(start)
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
    fn rows(&self) -> usize {
        self.outcome.len()
    }

    /// Few enough columns for an exact Hessian.
    fn is_small(&self) -> bool {
        self.matrix.columns() < 200
    }

    /// Every how many rows the Hessian that steers the steps looks at: all of small problems.
    fn curvature_stride(&self) -> usize {
        let per_column = if self.matrix.groups.is_empty() { 600 } else { 30 };
        let wanted = (per_column * self.matrix.columns()).clamp(20_000, 60_000);
        (self.rows() / wanted).max(1)
    }

    /// Every `stride`-th run of rows.
    fn thinned(&self, stride: usize) -> (Matrix, Vec<bool>) {
        (self.matrix.thinned(self.rows(), stride), every(self.outcome, stride))
    }

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
        let n = self.rows();
        (0..n).step_by(ROWS_PER_CHUNK).map(|from| (from, (from + ROWS_PER_CHUNK).min(n))).collect()
    }

    /// Penalised loss and gradient.
    fn evaluate(&self, parameters: &[f64]) -> State {
        let columns = self.matrix.columns();
        let room = || self.matrix.room(self.rows());
        let part = |room: &mut Room, &(from, to): &(usize, usize)| self.evaluate_rows(parameters, from, to, room);
        let parts: Vec<(f64, Vec<f64>)> = self.chunks().par_iter().map_init(room, part).collect();
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
        State { loss, norm: largest / self.rows() as f64, gradient }
    }

    fn evaluate_rows(&self, parameters: &[f64], from: usize, to: usize, room: &mut Room) -> (f64, Vec<f64>) {
        let columns = self.matrix.columns();
        let mut gradient = vec![0.0; columns + 1];
        let mut residual = [0.0; BLOCK];
        let mut loss = 0.0;
        for start in (from..to).step_by(BLOCK) {
            let end = (start + BLOCK).min(to);
            let residual = &mut residual[..end - start];
            let block = self.matrix.block(start, end - start, room);
            block.multiply(&parameters[..columns], parameters[columns], residual);
            loss += logistic::residuals(residual, &self.outcome[start..end]);
            block.add_transposed(residual, &mut gradient);
        }
        (loss, gradient)
    }

    /// Cholesky factor of the penalised Hessian, from every `stride`-th chunk-row, scaled up.
    fn factor(&self, parameters: &[f64], stride: usize) -> Result<Cholesky, Error> {
        if stride > 1 {
            let (matrix, outcome) = self.thinned(stride);
            let scale = self.rows() as f64 / matrix.rows as f64;
            return Problem { matrix: &matrix, outcome: &outcome, ..*self }.scaled_factor(parameters, scale);
        }
        self.scaled_factor(parameters, 1.0)
    }

    fn scaled_factor(&self, parameters: &[f64], scale: f64) -> Result<Cholesky, Error> {
        let (n, size) = (self.rows(), self.matrix.columns() + 1);
        let chunks = if self.is_small() { HESSIAN_CHUNKS } else { HESSIAN_CHUNKS / 2 };
        let chunk = n.div_ceil(chunks).max(2048);
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
        let weigh = |block: &Block<'_>, weight: &mut [f64]| {
            block.multiply(&parameters[..columns], parameters[columns], weight);
            logistic::weights(weight);
        };
        let mut sums = vec![0.0; (columns + 1) * (columns + 1)];
        self.matrix.add_weighted_square(from..to, weigh, &mut sums);
        sums
    }
}
