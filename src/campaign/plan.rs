//! Planning a campaign: how many customers, what effect can be seen, how large a holdout.
//!
//! With p₀ the share expected without treatment, p₁ with it, d = p₁ − p₀, k = n₁/n₀ treated per held out, p̄ = (k·p₁ + p₀)/(k + 1):
//! `n₀ = (z(α/2)·√(p̄q̄(1 + 1/k)) + z(β)·√(p₀q₀ + p₁q₁/k))² / d²`, n₁ = k·n₀ (Fleiss). A covariate of correlation ρ with the
//! outcome (CUPED) shrinks both by 1 − ρ²; watching every night with the always-valid interval stretches them.

use serde::Serialize;
use serde_json::{Value, json};

use super::Error;
use crate::stats::distribution::{normal_cdf, normal_quantile};

/// What is to be planned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Question {
    /// Share expected without treatment.
    pub base_rate: f64,
    /// Share expected with it.
    pub expected_rate: f64,
    /// Treated per held out customer.
    pub ratio: f64,
    /// Two-sided level.
    pub alpha: f64,
    /// Power.
    pub power: f64,
    /// Correlation of the covariate with the outcome.
    pub correlation: f64,
    /// Customers there are.
    pub customers: Option<u64>,
    /// What one success is worth.
    pub value: Option<f64>,
    /// Customers that become eligible per day, for the duration.
    pub per_day: Option<f64>,
    /// Whether it will be watched every night.
    pub peeking: bool,
}

/// Customers needed in each arm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Held out.
    pub holdout: u64,
    /// Treated.
    pub treated: u64,
}

/// Holdout and treated customers needed; not yet rounded.
fn needed(question: &Question) -> (f64, f64) {
    let (p0, p1, k) = (question.base_rate, question.expected_rate, question.ratio);
    let mean = (k * p1 + p0) / (k + 1.0);
    let (za, zb) = (normal_quantile(1.0 - question.alpha / 2.0), normal_quantile(question.power));
    let null = (mean * (1.0 - mean) * (1.0 + 1.0 / k)).sqrt();
    let alternative = (p0 * (1.0 - p0) + p1 * (1.0 - p1) / k).sqrt();
    let n0 = ((za * null + zb * alternative) / (p1 - p0)).powi(2);
    let n0 = n0 * (1.0 - question.correlation * question.correlation);
    (n0, k * n0)
}

/// Customers needed in each arm, each rounded up.
///
/// # Errors
/// [`Error::Plan`] when a share or level is out of range or there is no effect to see.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates at more customers than there are people"
)]
pub fn sample_size(question: &Question) -> Result<Size, Error> {
    let inside = |share: f64| share > 0.0 && share < 1.0;
    let shares = [question.base_rate, question.expected_rate, question.alpha, question.power];
    let usable = shares.into_iter().all(inside)
        && question.ratio > 0.0
        && question.correlation.abs() < 1.0
        && question.base_rate != question.expected_rate;
    if !usable {
        return Err(Error::Plan);
    }
    let (n0, n1) = needed(question);
    let stretch = if question.peeking { peeking_factor(n0 + n1, question) } else { 1.0 };
    Ok(Size { holdout: (n0 * stretch - 1e-9).ceil() as u64, treated: (n1 * stretch - 1e-9).ceil() as u64 })
}

/// How many times more customers the always-valid interval takes for the same power at the end, near `n` rows.
fn peeking_factor(n: f64, question: &Question) -> f64 {
    let log = -2.0 * question.alpha.ln();
    // The interval is tuned to the planned size.
    let m = log + (log + 1.0).ln();
    let stretch = (2.0 * (m + 1.0) / m * ((m + 1.0).sqrt() / question.alpha).ln()).sqrt();
    let (za, zb) = (normal_quantile(1.0 - question.alpha / 2.0), normal_quantile(question.power));
    if n > 0.0 { ((stretch + zb) / (za + zb)).powi(2) } else { 1.0 }
}

/// The smallest effect seen with the question's power when `customers` are divided by its ratio (bisection on p₁ above p₀).
#[must_use]
pub fn detectable_effect(question: &Question, customers: f64) -> f64 {
    let enough = |effect: f64| {
        let (n0, n1) = needed(&Question { expected_rate: question.base_rate + effect, ..*question });
        n0 + n1 <= customers
    };
    let (mut low, mut high) = (0.0, 1.0 - question.base_rate);
    for _ in 0..200 {
        let middle = f64::midpoint(low, high);
        if middle < 1.0 - question.base_rate && enough(middle) { high = middle } else { low = middle }
    }
    high
}

/// Power of a comparison of `holdout` and `treated` customers.
#[must_use]
pub fn power(question: &Question, holdout: f64, treated: f64) -> f64 {
    let (p0, p1) = (question.base_rate, question.expected_rate);
    let shrink = 1.0 - question.correlation * question.correlation;
    let mean = (treated * p1 + holdout * p0) / (treated + holdout);
    let null = (mean * (1.0 - mean) * (1.0 / holdout + 1.0 / treated) * shrink).sqrt();
    let alternative = ((p0 * (1.0 - p0) / holdout + p1 * (1.0 - p1) / treated) * shrink).sqrt();
    let za = normal_quantile(1.0 - question.alpha / 2.0);
    normal_cdf(((p1 - p0).abs() - za * null) / alternative)
}

/// The plan: question, answer, and what other holdouts would see and cost. Stored, and quoted by the evaluation.
///
/// # Errors
/// As [`sample_size`].
pub fn plan(question: &Question) -> Result<Value, Error> {
    let size = sample_size(question)?;
    let without = sample_size(&Question { correlation: 0.0, peeking: false, ..*question })?;
    let days = question.per_day.map(|per_day| ((size.holdout + size.treated) as f64 / per_day).ceil());
    Ok(json!({
        "question": question,
        "needed": size,
        "needed_without_covariate_or_peeking": without,
        "days": days,
        "minimum_detectable_effect": question.customers.map(|customers| detectable_effect(question, customers as f64)),
        "holdouts": holdouts(question),
    }))
}

/// For several holdout shares of the customers there are: power, smallest visible effect, and the value given up by not
/// treating the held out if the expected effect is true. `advised` is the smallest share that reaches the power asked for.
fn holdouts(question: &Question) -> Value {
    let Some(customers) = question.customers.map(|customers| customers as f64) else { return Value::Null };
    let shares = [0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5];
    let effect = (question.expected_rate - question.base_rate).abs();
    let mut advised = None;
    let rows: Vec<Value> = shares
        .iter()
        .map(|share| {
            let (holdout, treated) = (customers * share, customers * (1.0 - share));
            let with_ratio = Question { ratio: treated / holdout, ..*question };
            let power = power(question, holdout, treated);
            if power >= question.power && advised.is_none() {
                advised = Some(*share);
            }
            json!({
                "share": share,
                "holdout": holdout,
                "power": power,
                "minimum_detectable_effect": detectable_effect(&with_ratio, customers),
                "value_given_up": question.value.map(|value| value * effect * holdout),
            })
        })
        .collect();
    json!({ "advised": advised, "rows": rows })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question() -> Question {
        Question {
            base_rate: 0.10,
            expected_rate: 0.08,
            ratio: 9.0,
            alpha: 0.05,
            power: 0.8,
            correlation: 0.0,
            customers: Some(17_246),
            value: Some(100.0),
            per_day: None,
            peeking: false,
        }
    }

    #[test]
    fn the_worked_example_holds() {
        assert_eq!(sample_size(&question()).expect("usable"), Size { holdout: 1_725, treated: 15_521 });
        let power = power(&question(), 1_725.0, 15_521.0);
        assert!((power - 0.8).abs() < 1e-3, "{power}");
    }

    #[test]
    fn a_covariate_saves_customers_and_peeking_costs_them() {
        let half = sample_size(&Question { correlation: 0.5f64.sqrt(), ..question() }).expect("usable");
        assert_eq!(half.holdout, 863);
        let watched = sample_size(&Question { peeking: true, ..question() }).expect("usable");
        assert!(watched.holdout > 1_725 && watched.holdout < 2 * 1_725, "{watched:?}");
    }

    #[test]
    fn the_detectable_effect_is_the_one_that_needs_these_customers() {
        let question = Question { ratio: 1.0, ..question() };
        let effect = detectable_effect(&question, 10_000.0);
        let size = sample_size(&Question { expected_rate: 0.1 + effect, ..question }).expect("usable");
        assert!((size.holdout + size.treated).abs_diff(10_000) <= 2);
    }

    #[test]
    fn no_effect_cannot_be_planned_for() {
        assert!(matches!(plan(&Question { expected_rate: 0.1, ..question() }), Err(Error::Plan)));
    }
}
