//! What a campaign earned: `money.json`.
//!
//! One entry per arm and outcome from the row to quote. With d the effect per customer, [l, h] its 95 % interval, se its
//! standard error, n the treated customers, m the margin (`--margin`, 1 if left out) and c the cost of a contact:
//! - `incremental` = d·n, for money `incremental_margin` = m·d·n, `profit` = (m·d − c)·n, `roi` = profit/(c·n),
//!   `break_even_cost_per_contact` = m·d, `probability_of_profit` = Φ((m·d − c)/(m·se));
//! - for a binary outcome `cost_per_success` = c/d, its interval inverted: [c/h, c/l], and the upper end is the word
//!   `"unbounded"` when l ≤ 0 (both ends when h ≤ 0): money alone then may never buy a success. With `--margin` a success
//!   is worth m, and profit follows as above.

use serde_json::{Map, Value, json};

use super::effect::EffectRow;
use super::{Experiment, OutcomeKind};
use crate::stats::distribution::normal_cdf;

/// The content of `money.json`.
#[must_use]
pub fn money(experiment: &Experiment, effects: &[EffectRow]) -> Value {
    let whole = effects.iter().filter(|row| row.primary && row.segment.is_none());
    let entries: Vec<Value> = whole.filter_map(|row| entry(experiment, row)).collect();
    json!({
        "cost_per_contact": experiment.cost_per_contact,
        "margin": experiment.margin,
        "entries": entries,
    })
}

fn entry(experiment: &Experiment, row: &EffectRow) -> Option<Value> {
    let kind = experiment.outcomes.iter().find(|outcome| outcome.name == row.outcome)?.kind;
    let (n, effect, interval) = (row.n_treated, row.estimate.effect, row.estimate.interval);
    let mut entry = Map::new();
    let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
    put("arm", json!(row.arm));
    put("outcome", json!(row.outcome));
    put("method", json!(row.method));
    put("n_treated", json!(n));
    put("incremental", range(effect * n, interval.low * n, interval.high * n));
    let worth = match kind {
        OutcomeKind::Money => Some(experiment.margin.unwrap_or(1.0)),
        OutcomeKind::Binary | OutcomeKind::Count => experiment.margin,
    };
    let cost = experiment.cost_per_contact;
    if let Some(cost) = cost.filter(|_| kind == OutcomeKind::Binary) {
        put("cost_per_success", cost_per_success(cost, effect, interval.low, interval.high));
    }
    if let Some(worth) = worth {
        let cost = cost.unwrap_or(0.0);
        let profit = |effect: f64| (worth * effect - cost) * n;
        put("incremental_margin", range(worth * effect * n, worth * interval.low * n, worth * interval.high * n));
        put("profit", range(profit(effect), profit(interval.low), profit(interval.high)));
        put("break_even_cost_per_contact", range(worth * effect, worth * interval.low, worth * interval.high));
        let sure = normal_cdf((worth * effect - cost) / (worth * row.estimate.error));
        put("probability_of_profit", json!(sure));
        if cost > 0.0 {
            let roi = |effect: f64| (worth * effect - cost) / cost;
            put("roi", range(roi(effect), roi(interval.low), roi(interval.high)));
        }
    }
    Some(Value::Object(entry))
}

fn range(value: f64, low: f64, high: f64) -> Value {
    json!({ "value": value, "low": low, "high": high })
}

/// c/d with the interval of d inverted.
fn cost_per_success(cost: f64, effect: f64, low: f64, high: f64) -> Value {
    let at = |effect: f64| if effect > 0.0 { json!(cost / effect) } else { json!("unbounded") };
    json!({ "value": at(effect), "low": at(high), "high": at(low) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cost_per_success_is_unbounded_where_the_effect_may_be_nothing() {
        let found = cost_per_success(2.0, 0.04, -0.01, 0.1);
        assert_eq!(found, json!({ "value": 50.0, "low": 20.0, "high": "unbounded" }));
        assert_eq!(cost_per_success(2.0, -0.04, -0.1, -0.01)["low"], json!("unbounded"));
    }
}
