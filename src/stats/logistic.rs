//! The logistic function over whole slices, written so that the compiler can use vector instructions.
//!
//! [`exponential`] is Cody and Waite's reduction with a Taylor polynomial of degree 13: within two units in the last place
//! for −708 ≤ x ≤ 0, without tables, branches or library calls, hence the same bits wherever it is inlined.

use rayon::prelude::*;

use super::linear::{Cholesky, dot};
use super::logarithm::ln_1p;

const LN_2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN_2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// 1.5 · 2⁵²: adding it rounds to a whole number that stands in the low bits.
const ROUNDER: f64 = 6_755_399_441_055_744.0;
/// 1/k! for k = 13, 12, …, 0.
const TAYLOR: [f64; 14] = [
    1.605_904_383_682_161_5e-10,
    2.087_675_698_786_81e-9,
    2.505_210_838_544_172e-8,
    2.755_731_922_398_589e-7,
    2.755_731_922_398_589e-6,
    2.480_158_730_158_73e-5,
    1.984_126_984_126_984e-4,
    1.388_888_888_888_889e-3,
    8.333_333_333_333_333e-3,
    4.166_666_666_666_666_4e-2,
    1.666_666_666_666_666_6e-1,
    0.5,
    1.0,
    1.0,
];
/// Rows that [`newton`] works on at once.
const ROWS_AT_ONCE: usize = 256;
/// Rows whose 1 + e^(−|η|) are multiplied before one logarithm is taken: at most 2⁶⁴.
const ROWS_PER_LOGARITHM: usize = 64;

/// e^x for x ≤ 0; below −708 as at −708.
#[inline]
#[must_use]
pub fn exponential(x: f64) -> f64 {
    let x = if x < -708.0 { -708.0 } else { x };
    let shifted = x * std::f64::consts::LOG2_E + ROUNDER;
    let whole = shifted - ROUNDER;
    let rest = (x - whole * LN_2_HIGH) - whole * LN_2_LOW;
    let sum = TAYLOR.iter().fold(0.0, |sum, coefficient| sum * rest + coefficient);
    sum * f64::from_bits(shifted.to_bits().wrapping_add(1023) << 52)
}

/// Turns log-odds η into p − y, and returns Σ ln(1 + e^η) − yη.
pub fn residuals(log_odds: &mut [f64], outcome: &[bool]) -> f64 {
    let mut loss = 0.0;
    let mut tail = [0.0; ROWS_PER_LOGARITHM];
    for (eta, event) in log_odds.chunks_mut(ROWS_PER_LOGARITHM).zip(outcome.chunks(ROWS_PER_LOGARITHM)) {
        let tail = &mut tail[..eta.len()];
        for (tail, eta) in tail.iter_mut().zip(eta.iter()) {
            *tail = exponential(-eta.abs());
        }
        let mut product = [1.0; 4];
        for tails in tail.chunks(4) {
            product.iter_mut().zip(tails).for_each(|(product, tail)| *product *= 1.0 + tail);
        }
        loss += ((product[0] * product[1]) * (product[2] * product[3])).ln();
        for ((eta, &event), tail) in eta.iter_mut().zip(event).zip(tail.iter()) {
            let target = f64::from(u8::from(event));
            loss += if *eta > 0.0 { *eta } else { 0.0 } - target * *eta;
            *eta = if *eta >= 0.0 { 1.0 } else { *tail } / (1.0 + tail) - target;
        }
    }
    loss
}

/// Turns log-odds into p (1 − p).
pub fn weights(log_odds: &mut [f64]) {
    for eta in log_odds {
        let tail = exponential(-eta.abs());
        *eta = tail / ((1.0 + tail) * (1.0 + tail));
    }
}

/// Turns log-odds η into p − y, and writes p (1 − p) to `weight`.
pub fn slopes(log_odds: &mut [f64], outcome: &[bool], weight: &mut [f64]) {
    for ((eta, &event), weight) in log_odds.iter_mut().zip(outcome).zip(weight) {
        let tail = exponential(-eta.abs());
        let near = 1.0 / (1.0 + tail);
        *weight = tail * near * near;
        *eta = if *eta >= 0.0 { near } else { tail * near } - f64::from(u8::from(event));
    }
}

/// −ln(1 + e^(−x)) for log-odds x: the logarithm of their probability.
#[inline]
#[must_use]
pub fn ln_probability(log_odds: f64) -> f64 {
    (if log_odds < 0.0 { log_odds } else { 0.0 }) - ln_1p(exponential(-log_odds.abs()))
}

/// Rows of a logistic regression on N columns.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a, const N: usize> {
    /// The columns.
    pub columns: [&'a [f64]; N],
    /// What is added to their sum.
    pub offset: Option<&'a [f64]>,
    /// Whether the event happened.
    pub outcome: &'a [bool],
}

/// Logistic regression on N columns by damped Newton from a start; `None` without a finite solution. A trace of ridge keeps
/// collinear columns apart. Sums run over the parts, and over the rows of each, in order.
#[must_use]
pub fn newton<const N: usize>(parts: &[Rows<'_, N>], start: [f64; N]) -> Option<[f64; N]> {
    let first = sum_of(parts.iter().map(|part| part.sums(&start)));
    descend(parts, start, first)
}

/// The same of all parts but each in turn.
#[must_use]
pub fn newton_without_each<const N: usize>(parts: &[Rows<'_, N>], start: [f64; N]) -> Vec<Option<[f64; N]>> {
    // The first step of all of them is made from the same sums.
    let sums: Vec<Sums<N>> = parts.par_iter().map(|part| part.sums(&start)).collect();
    let without = |left_out: usize| {
        let others = (0..parts.len()).filter(|at| *at != left_out);
        let rows: Vec<Rows<'_, N>> = others.clone().map(|at| parts[at]).collect();
        descend(&rows, start, sum_of(others.map(|at| sums[at])))
    };
    (0..parts.len()).into_par_iter().map(without).collect()
}

fn descend<const N: usize>(parts: &[Rows<'_, N>], start: [f64; N], first: Sums<N>) -> Option<[f64; N]> {
    let ridge = 1e-9 * parts.iter().map(|part| part.outcome.len()).sum::<usize>() as f64;
    let (mut coefficients, mut sums) = (start, first);
    for _ in 0..100 {
        let mut hessian = sums.hessian.concat();
        (0..N).for_each(|i| hessian[i * N + i] += ridge);
        let step = Cholesky::new(hessian, N).ok()?.solve(&sums.gradient);
        let largest = step.iter().fold(0.0f64, |most, s| most.max(s.abs()));
        let damp = (2.0 / largest).min(1.0);
        coefficients.iter_mut().zip(&step).for_each(|(c, s)| *c -= damp * s);
        // What is left to go is of the order of its square.
        if largest < 1e-7 {
            return Some(coefficients);
        }
        if !coefficients.iter().all(|c| c.abs() < 1e4) {
            return None;
        }
        sums = sum_of(parts.iter().map(|part| part.sums(&coefficients)));
    }
    None
}

/// Gradient and Hessian (its lower triangle) of the logistic loss.
#[derive(Debug, Clone, Copy)]
struct Sums<const N: usize> {
    gradient: [f64; N],
    hessian: [[f64; N]; N],
}

fn sum_of<const N: usize>(parts: impl Iterator<Item = Sums<N>>) -> Sums<N> {
    let mut sum = Sums { gradient: [0.0; N], hessian: [[0.0; N]; N] };
    for part in parts {
        sum.gradient.iter_mut().zip(part.gradient).for_each(|(sum, value)| *sum += value);
        for (sums, values) in sum.hessian.iter_mut().zip(part.hessian) {
            sums.iter_mut().zip(values).for_each(|(sum, value)| *sum += value);
        }
    }
    sum
}

impl<const N: usize> Rows<'_, N> {
    fn sums(&self, coefficients: &[f64; N]) -> Sums<N> {
        let (mut gradient, mut hessian) = ([0.0; N], [[0.0; N]; N]);
        let [mut eta, mut weight, mut weighted] = [[0.0; ROWS_AT_ONCE]; 3];
        for (from, outcome) in (0..).step_by(ROWS_AT_ONCE).zip(self.outcome.chunks(ROWS_AT_ONCE)) {
            let rows = outcome.len();
            let (eta, weight, weighted) = (&mut eta[..rows], &mut weight[..rows], &mut weighted[..rows]);
            let columns = self.columns.map(|column| &column[from..from + rows]);
            match self.offset {
                Some(offset) => eta.copy_from_slice(&offset[from..from + rows]),
                None => eta.fill(0.0),
            }
            for (column, coefficient) in columns.iter().zip(coefficients) {
                eta.iter_mut().zip(*column).for_each(|(eta, x)| *eta += coefficient * x);
            }
            slopes(eta, outcome, weight);
            for (i, column) in columns.iter().enumerate() {
                gradient[i] += dot(column, eta);
                weighted.iter_mut().zip(weight.iter()).zip(*column).for_each(|((out, w), x)| *out = w * x);
                (0..=i).for_each(|j| hessian[i][j] += dot(weighted, columns[j]));
            }
        }
        Sums { gradient, hessian }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_rounding_of_the_library() {
        for step in 0..200_000 {
            let x = -f64::from(step) * 0.003_5;
            let wanted = x.exp();
            assert!((exponential(x) - wanted).abs() <= 4.0 * f64::EPSILON * wanted, "{x}");
        }
        assert_eq!(exponential(0.0).to_bits(), 1.0f64.to_bits());
        assert!(exponential(f64::NEG_INFINITY) < 1e-300);
    }

    #[test]
    fn slopes_and_logarithms_are_those_of_the_formula() {
        let eta: Vec<f64> = (0..600).map(|i| f64::from(i) * 0.1 - 30.0).collect();
        let outcome: Vec<bool> = (0..600).map(|i| i % 3 == 0).collect();
        let (mut found, mut weight) = (eta.clone(), vec![0.0; 600]);
        slopes(&mut found, &outcome, &mut weight);
        for (((eta, &event), found), weight) in eta.iter().zip(&outcome).zip(&found).zip(&weight) {
            let p = 1.0 / (1.0 + (-eta).exp());
            assert!((found - (p - f64::from(u8::from(event)))).abs() < 1e-15);
            assert!((weight - p * (1.0 - p)).abs() < 1e-15);
            let logarithm = eta.min(0.0) - (-eta.abs()).exp().ln_1p();
            assert!((ln_probability(*eta) - logarithm).abs() <= 1e-15 * logarithm.abs());
        }
    }

    #[test]
    fn newton_finds_where_the_gradient_vanishes_from_anywhere() {
        let x: Vec<f64> = (0..1000).map(|i| f64::from(i % 37) / 10.0 - 2.0).collect();
        let z: Vec<f64> = (0..1000).map(|i| f64::from(i % 11) / 4.0).collect();
        let outcome: Vec<bool> = (0..1000).map(|i| (i * 7919) % 101 < 20 + i % 37).collect();
        let one = vec![1.0; 1000];
        let all = Rows { columns: [one.as_slice(), &x, &z], offset: None, outcome: &outcome };
        let found = newton(&[all], [0.0; 3]).expect("finite");
        let gradient = all.sums(&found).gradient;
        assert!(gradient.iter().all(|slope| slope.abs() < 1e-9), "{gradient:?}");
        let again = newton(&[all], [1.0, -2.0, 0.5]).expect("finite");
        assert!(found.iter().zip(&again).all(|(a, b)| (a - b).abs() < 1e-12));
        let shift = newton(&[Rows { columns: [&one], offset: Some(&x), outcome: &outcome }], [0.0]).expect("finite");
        assert!(shift[0].is_finite());
        let separated: Vec<bool> = x.iter().map(|x| *x > 0.0).collect();
        let line = Rows { columns: [&one[..], &x], offset: None, outcome: &separated };
        assert_eq!(newton(&[line], [0.0; 2]), None);
    }

    #[test]
    fn without_each_part_is_a_fit_of_the_others() {
        let x: Vec<f64> = (0..900).map(|i| f64::from(i % 37) / 10.0 - 2.0).collect();
        let outcome: Vec<bool> = (0..900).map(|i| (i * 7919) % 101 < 20 + i % 37).collect();
        let one = vec![1.0; 900];
        let part = |from: usize, to: usize| Rows {
            columns: [&one[from..to], &x[from..to]],
            offset: None,
            outcome: &outcome[from..to],
        };
        let parts = [part(0, 300), part(300, 350), part(350, 900)];
        let found = newton_without_each(&parts, [0.3, -1.0]);
        let alone =
            [newton(&parts[1..], [0.0; 2]), newton(&[parts[0], parts[2]], [0.0; 2]), newton(&parts[..2], [0.0; 2])];
        for (found, alone) in found.into_iter().zip(alone) {
            let (found, alone) = (found.expect("finite"), alone.expect("finite"));
            assert!(found.iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} {alone:?}");
        }
    }

    #[test]
    fn residuals_and_loss_are_those_of_the_formula() {
        let eta: Vec<f64> = (0..150).map(|i| f64::from(i) * 0.4 - 30.0).collect();
        let outcome: Vec<bool> = (0..150).map(|i| i % 3 == 0).collect();
        let mut found = eta.clone();
        let loss = residuals(&mut found, &outcome);
        let mut wanted = 0.0;
        for ((eta, &event), found) in eta.iter().zip(&outcome).zip(&found) {
            let target = f64::from(u8::from(event));
            wanted += eta.max(0.0) - target * eta + (-eta.abs()).exp().ln_1p();
            assert!((found - (1.0 / (1.0 + (-eta).exp()) - target)).abs() < 1e-15);
        }
        assert!((loss - wanted).abs() < 1e-12 * wanted);
    }
}
