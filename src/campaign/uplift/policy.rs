//! What policies are worth: treat the best k % by uplift, by risk, all, none.

use serde_json::{Value, json};

use crate::stats::distribution::Z95;

/// Mean and standard error of per-customer gains.
fn mean_error(gains: &[f64]) -> (f64, f64) {
    let n = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / n;
    let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (mean, (variance / n).sqrt())
}

/// How much of each row is treated when the best `share` by `order` are; a tie across the border is treated in part.
fn treated_share(order: &[f64], share: f64) -> Vec<f64> {
    let mut positions: Vec<usize> = (0..order.len()).collect();
    positions.sort_by(|a, b| order[*b].total_cmp(&order[*a]).then(a.cmp(b)));
    let mut room = share * order.len() as f64;
    let mut treated = vec![0.0; order.len()];
    for tie in positions.chunk_by(|a, b| order[*a] == order[*b]) {
        let part = (room / tie.len() as f64).clamp(0.0, 1.0);
        for at in tie {
            treated[*at] = part;
        }
        room -= tie.len() as f64;
    }
    treated
}

/// Value per customer of the policies, from doubly robust scores: treated share × (worth × score − cost).
#[must_use]
pub fn policy(predicted: &[f64], risk: &[f64], scores: &[f64], worth: f64, cost: f64) -> Value {
    let gain: Vec<f64> = scores.iter().map(|score| worth * score - cost).collect();
    let of = |order: &[f64], share: f64| -> Vec<f64> {
        treated_share(order, share).iter().zip(&gain).map(|(treated, gain)| treated * gain).collect()
    };
    let shares = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9];
    let rows: Vec<Value> = shares
        .iter()
        .map(|share| {
            let (uplift, risk) = (mean_error(&of(predicted, *share)), mean_error(&of(risk, *share)));
            json!({ "share": share, "by_uplift": uplift.0, "by_uplift_se": uplift.1, "by_risk": risk.0, "by_risk_se": risk.1 })
        })
        .collect();
    let all = mean_error(&gain);
    let best = shares.iter().copied().max_by(|a, b| {
        mean_error(&of(predicted, *a)).0.total_cmp(&mean_error(&of(predicted, *b)).0).then(b.total_cmp(a))
    });
    let best = best.unwrap_or(1.0);
    let better: Vec<f64> = of(predicted, best).iter().zip(&gain).map(|(policy, all)| policy - all).collect();
    let (difference, error) = mean_error(&better);
    // The best of nine was chosen on the same rows: its advantage is held against Bonferroni's nine.
    let surely = difference - 2.773 * error > 0.0;
    let verdict = match (surely, all.0 - Z95 * all.1 > 0.0, mean_error(&of(predicted, best)).0 > 0.0) {
        (true, _, true) => format!("treat the best {:.0} % by uplift", best * 100.0),
        (true, _, false) | (false, false, false) => "treat none".to_owned(),
        (false, ..) => "no better than treat-all".to_owned(),
    };
    json!({
        "treat_all": all.0,
        "treat_all_se": all.1,
        "treat_none": 0.0,
        "by_share": rows,
        "best_share": best,
        "best_minus_treat_all": difference,
        "best_minus_treat_all_se": error,
        "verdict": verdict,
    })
}

/// Sizes and measured effects of persuadables, sure things, lost causes and do-not-disturbs.
///
/// Do-not-disturb: predicted uplift below 0. Persuadable: among the rest, the upper half. The lower half is a sure thing if
/// the outcome is likelier than not without treatment, else a lost cause. Effects are means of doubly robust scores.
#[must_use]
pub fn types(predicted: &[f64], untreated: &[f64], scores: &[f64]) -> Value {
    let mut positive: Vec<f64> = predicted.iter().copied().filter(|value| *value >= 0.0).collect();
    positive.sort_by(f64::total_cmp);
    let middle = positive.get(positive.len() / 2).copied().unwrap_or(f64::INFINITY);
    let kind = |at: usize| match (predicted[at], untreated[at]) {
        (value, _) if value < 0.0 => "do_not_disturb",
        (value, _) if value >= middle => "persuadable",
        (_, stays) if stays >= 0.5 => "sure_thing",
        _ => "lost_cause",
    };
    let entry = |name: &str| {
        let own: Vec<f64> = (0..scores.len()).filter(|at| kind(*at) == name).map(|at| scores[at]).collect();
        let (mean, error) = if own.len() > 1 { mean_error(&own) } else { (f64::NAN, f64::NAN) };
        json!({ "type": name, "n": own.len(), "effect": mean, "low": mean - Z95 * error, "high": mean + Z95 * error })
    };
    ["persuadable", "sure_thing", "lost_cause", "do_not_disturb"].map(entry).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_effects_are_no_reason_to_choose() {
        let scores: Vec<f64> = (0..1000).map(|at| 0.1 + (f64::from(at) * 7.7).sin()).collect();
        let predicted: Vec<f64> = (0..1000).map(|at| (f64::from(at) * 3.1).sin()).collect();
        let found = policy(&predicted, &predicted, &scores, 1.0, 0.0);
        assert_eq!(found["verdict"], "no better than treat-all");
    }

    #[test]
    fn harm_that_is_predicted_is_avoided() {
        let predicted: Vec<f64> = (0..1000).map(|at| if at < 500 { 0.3 } else { -0.3 }).collect();
        let scores: Vec<f64> =
            predicted.iter().enumerate().map(|(at, value)| value + (at as f64 * 7.7).sin() / 5.0).collect();
        let found = policy(&predicted, &predicted, &scores, 1.0, 0.0);
        assert_eq!(found["verdict"], "treat the best 50 % by uplift");
    }
}
