//! Newton's method for a smooth likelihood of a few positive parameters.

/// Log parameters outside this range mean that there is no maximum worth having.
const WIDEST: f64 = 25.0;
/// A gradient this small per customer is zero.
const TOLERANCE: f64 = 1e-9;
/// Steps after which a start is given up.
const MOST_STEPS: usize = 200;

/// A likelihood of K positive parameters.
pub(super) trait Likelihood<const K: usize>: Sync {
    /// Mean log likelihood and its gradient by the *logs* of the parameters.
    fn value(&self, parameters: &[f64; K]) -> (f64, [f64; K]);
}

/// Customers on which the starts are tried when there are many more.
const FEW: usize = 20_000;

/// The maximum of a likelihood of many customers: the starts are tried on every so many of them, the best is taken to the
/// maximum of all. `of` makes the likelihood of customers; they are given in an order that does not depend on their rows.
pub(super) fn maximise_many<T: Copy, L: Likelihood<K>, const K: usize>(
    customers: &[T],
    of: impl Fn(&[T]) -> L,
    starts: &[[f64; K]],
) -> Option<[f64; K]> {
    let whole = of(customers);
    let stride = customers.len() / FEW;
    let near = (stride > 1)
        .then(|| customers.iter().copied().step_by(stride).collect::<Vec<T>>())
        .and_then(|few| maximise(&of(&few), starts));
    near.and_then(|near| maximise(&whole, &[near])).or_else(|| maximise(&whole, starts))
}

/// The best maximum reached from the starts, or `None` if none leads to one.
pub(super) fn maximise<const K: usize>(likelihood: &impl Likelihood<K>, starts: &[[f64; K]]) -> Option<[f64; K]> {
    let reached = starts.iter().filter_map(|start| climb(likelihood, start.map(f64::ln)));
    let best = reached.reduce(|best, next| if next.0 > best.0 + 1e-12 { next } else { best })?;
    Some(best.1.map(f64::exp))
}

fn climb<const K: usize>(likelihood: &impl Likelihood<K>, start: [f64; K]) -> Option<(f64, [f64; K])> {
    let at = |logs: &[f64; K]| likelihood.value(&logs.map(f64::exp));
    let mut logs = start;
    let (mut value, mut gradient) = at(&logs);
    let mut damping = 1e-3;
    for _ in 0..MOST_STEPS {
        if gradient.iter().all(|slope| slope.abs() < TOLERANCE) {
            return Some((value, logs));
        }
        let curvature = curvature(&at, &logs);
        loop {
            let step = solve(&curvature, &gradient, damping);
            let next: [f64; K] = std::array::from_fn(|k| logs[k] + step[k].clamp(-2.0, 2.0));
            let (next_value, next_gradient) = at(&next);
            if next_value >= value && next.iter().all(|log| log.abs() < WIDEST) {
                let gained = next_value - value;
                (logs, value, gradient) = (next, next_value, next_gradient);
                damping = (damping * 0.2).max(1e-12);
                if gained < 1e-15 && gradient.iter().all(|slope| slope.abs() < TOLERANCE * 1e3) {
                    return Some((value, logs));
                }
                break;
            }
            damping *= 8.0;
            if damping > 1e12 {
                return gradient.iter().all(|slope| slope.abs() < TOLERANCE * 1e3).then_some((value, logs));
            }
        }
    }
    None
}

/// Minus the matrix of second derivatives, by central differences of the gradient.
fn curvature<const K: usize>(at: &impl Fn(&[f64; K]) -> (f64, [f64; K]), logs: &[f64; K]) -> [[f64; K]; K] {
    const STEP: f64 = 1e-4;
    let moved = |k: usize, by: f64| {
        let mut logs = *logs;
        logs[k] += by;
        at(&logs).1
    };
    let mut matrix = [[0.0; K]; K];
    for (k, row) in matrix.iter_mut().enumerate() {
        let (up, down) = (moved(k, STEP), moved(k, -STEP));
        *row = std::array::from_fn(|column| (down[column] - up[column]) / (2.0 * STEP));
    }
    matrix
}

/// Solves (A + λ(diag|A| + 1e-9)) x = g by Gauss's elimination with pivoting.
fn solve<const K: usize>(matrix: &[[f64; K]; K], gradient: &[f64; K], damping: f64) -> [f64; K] {
    let mut a = *matrix;
    let mut x = *gradient;
    for (k, row) in a.iter_mut().enumerate() {
        row[k] += damping * (row[k].abs() + 1e-9);
    }
    for pivot in 0..K {
        let best = (pivot..K).max_by(|&p, &q| a[p][pivot].abs().total_cmp(&a[q][pivot].abs())).unwrap_or(pivot);
        a.swap(pivot, best);
        x.swap(pivot, best);
        let pivot_row = a[pivot];
        for row in pivot + 1..K {
            let factor = a[row][pivot] / pivot_row[pivot];
            a[row].iter_mut().zip(pivot_row).for_each(|(cell, above)| *cell -= factor * above);
            x[row] -= factor * x[pivot];
        }
    }
    for row in (0..K).rev() {
        let known: f64 = (row + 1..K).map(|column| a[row][column] * x[column]).sum();
        x[row] = (x[row] - known) / a[row][row];
    }
    if x.iter().all(|step| step.is_finite()) { x } else { *gradient }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bowl;

    impl Likelihood<2> for Bowl {
        fn value(&self, parameters: &[f64; 2]) -> (f64, [f64; 2]) {
            let [a, b] = parameters.map(f64::ln);
            let (u, v) = (a - 1.0, b + 2.0 + 0.5 * a);
            (-u.powi(4) - u * u - v * v, [-4.0 * u.powi(3) - 2.0 * u - v, -2.0 * v])
        }
    }

    #[test]
    fn a_bowl_has_its_maximum_where_it_should() {
        let [a, b] = maximise(&Bowl, &[[100.0, 100.0]]).expect("a maximum");
        assert!((a.ln() - 1.0).abs() < 1e-8 && (b.ln() + 2.5).abs() < 1e-8);
    }

    struct Slope;

    impl Likelihood<1> for Slope {
        fn value(&self, parameters: &[f64; 1]) -> (f64, [f64; 1]) {
            (parameters[0].ln(), [1.0])
        }
    }

    #[test]
    fn an_endless_slope_has_none() {
        assert_eq!(maximise(&Slope, &[[1.0]]), None);
    }
}
