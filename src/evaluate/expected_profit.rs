//! Expected maximum profit of a churn campaign (EMPC; Verbraken, Verbeke and Baesens 2013).
//!
//! Contacting costs f; an incentive worth d is taken up by every contacted customer who would have stayed, and by a churner
//! with probability γ, who then stays and keeps the value CLV. γ is Beta(α, β). With π₀ churners, π₁ others and the share F₀,
//! F₁ of each that is contacted, profit per customer is (γ(CLV − d) − f)·π₀F₀ − (d + f)·π₁F₁. For every γ the best point lies
//! on the convex hull of the ROC curve, so the expectation is a sum of Beta integrals over its corners: exact, no grid.

use statrs::function::beta::beta_reg;

/// What a contact costs and saves.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Campaign {
    /// Value of a customer who stays.
    pub customer_value: f64,
    /// Cost of the incentive.
    pub incentive: f64,
    /// Cost of a contact.
    pub contact: f64,
    /// First parameter of the acceptance.
    pub alpha: f64,
    /// Second parameter of the acceptance.
    pub beta: f64,
}

impl Default for Campaign {
    fn default() -> Self {
        Self { customer_value: 200.0, incentive: 10.0, contact: 1.0, alpha: 6.0, beta: 14.0 }
    }
}

/// EMPC per customer, ties at one threshold; NaN without outcomes of both kinds.
#[must_use]
pub fn expected_maximum_profit(outcome: &[bool], score: &[f64], campaign: &Campaign) -> f64 {
    let churners = outcome.iter().filter(|churned| **churned).count() as f64;
    let n = outcome.len() as f64;
    if churners == 0.0 || churners == n {
        return f64::NAN;
    }
    let (p0, p1) = (churners / n, 1.0 - churners / n);
    let (d, f) = (campaign.incentive, campaign.contact);
    let gain = campaign.customer_value - d;
    let hull = hull(outcome, score, churners, n - churners);
    // From this acceptance on, going from one corner to the next pays.
    let switch =
        |from: (f64, f64), to: (f64, f64)| (p1 * (d + f) * (to.1 - from.1) / (p0 * (to.0 - from.0)) + f) / gain;
    let bounds: Vec<f64> = std::iter::once(0.0)
        .chain(hull.windows(2).map(|pair| switch(pair[0], pair[1])))
        .chain(std::iter::once(1.0))
        .map(|bound| if bound.is_nan() { 1.0 } else { bound.clamp(0.0, 1.0) })
        .collect();
    hull.iter()
        .zip(bounds.windows(2))
        .map(|(corner, bound)| {
            let (mass, mean) = beta_between(bound[0], bound[1], campaign);
            gain * p0 * corner.0 * mean - (f * p0 * corner.0 + (d + f) * p1 * corner.1) * mass
        })
        .sum()
}

/// Corners (F₀, F₁) of the upper convex hull of the ROC curve, from (0, 0) to (1, 1).
fn hull(outcome: &[bool], score: &[f64], churners: f64, others: f64) -> Vec<(f64, f64)> {
    let mut order: Vec<usize> = (0..score.len()).collect();
    order.sort_by(|a, b| score[*b].total_cmp(&score[*a]));
    let (mut hull, mut caught, mut disturbed): (Vec<(f64, f64)>, f64, f64) = (vec![(0.0, 0.0)], 0.0, 0.0);
    for tie in order.chunk_by(|a, b| score[*a] == score[*b]) {
        let churned = tie.iter().filter(|at| outcome[**at]).count() as f64;
        caught += churned;
        disturbed += tie.len() as f64 - churned;
        let point = (caught / churners, disturbed / others);
        while let [.., before, last] = hull[..] {
            let turn = (last.0 - before.0) * (point.1 - last.1) - (point.0 - last.0) * (last.1 - before.1);
            if turn > 0.0 {
                break;
            }
            hull.pop();
        }
        hull.push(point);
    }
    hull
}

/// Mass of the acceptance between two bounds, and its first moment.
fn beta_between(low: f64, high: f64, campaign: &Campaign) -> (f64, f64) {
    if high <= low {
        return (0.0, 0.0);
    }
    let (a, b) = (campaign.alpha, campaign.beta);
    let mass = beta_reg(a, b, high) - beta_reg(a, b, low);
    (mass, a / (a + b) * (beta_reg(a + 1.0, b, high) - beta_reg(a + 1.0, b, low)))
}
