//! What a campaign earned: `money.json`.
//!
//! One entry per arm and outcome from the row to quote. With d the effect, [l, h] its 95 % interval, se its standard error,
//! n the treated customers, E what d is counted on (n; of a ratio the treated arm's denominators), m the margin
//! (`--margin`, 1 if left out) and c the cost of a contact:
//! - `incremental` = d·E, for money `incremental_margin` = m·d·E, `profit` = m·d·E − c·n, `roi` = profit/(c·n),
//!   `iroas` = d·E/(c·n) (revenue before margin per unit of spend), `break_even_cost_per_contact` = m·d·E/n,
//!   `payback` = c·n/(m·d·E), the share of the measured window after which the contacts have paid for themselves,
//!   `probability_of_profit` = Φ((m·d·E − c·n)/(m·se·E));
//! - for a binary outcome `cost_per_success` = c·n/(d·E), its interval inverted: [c·n/(h·E), c·n/(l·E)], and the upper end is
//!   the word `"unbounded"` when l ≤ 0 (both ends when h ≤ 0): money alone then may never buy a success. With `--margin` a
//!   success, or one of a count, is worth m, and profit follows as above.

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
    let outcome = experiment.outcomes.iter().find(|outcome| outcome.name == row.outcome)?;
    let kind = outcome.kind;
    let mut entry = Map::new();
    let mut put = |key: &str, value: Value| entry.insert(key.to_owned(), value);
    put("arm", json!(row.arm));
    put("outcome", json!(row.outcome));
    put("method", json!(row.method));
    put("n_treated", json!(row.n_treated));
    let gain = Gain::of(row);
    put("incremental", gain.range(|gain| json!(gain)));
    let declared = outcome.worth.or(experiment.margin);
    let worth = if kind == OutcomeKind::Money { Some(declared.unwrap_or(1.0)) } else { declared };
    let spent = experiment.cost_per_contact.map(|cost| cost * row.n_treated).filter(|spent| *spent > 0.0);
    if let (Some(spent), OutcomeKind::Binary) = (spent, kind) {
        put("cost_per_success", gain.inverted(spent));
    }
    if let (Some(spent), OutcomeKind::Money) = (spent, kind) {
        put("iroas", gain.range(|gain| json!(gain / spent)));
    }
    let Some(worth) = worth else { return Some(Value::Object(entry)) };
    let cost = spent.unwrap_or(0.0);
    put("incremental_margin", gain.range(|gain| json!(worth * gain)));
    put("profit", gain.range(|gain| json!(worth * gain - cost)));
    put("break_even_cost_per_contact", gain.range(|gain| json!(worth * gain / row.n_treated)));
    put("probability_of_profit", json!(normal_cdf((worth * gain.value - cost) / (worth * gain.error))));
    if let Some(spent) = spent {
        put("roi", gain.range(|gain| json!((worth * gain - spent) / spent)));
        put("payback", gain.inverted(spent / worth));
    }
    Some(Value::Object(entry))
}

/// What all treated customers together gained, in units of the outcome.
#[derive(Debug, Clone, Copy)]
struct Gain {
    value: f64,
    low: f64,
    high: f64,
    error: f64,
}

impl Gain {
    fn of(row: &EffectRow) -> Self {
        let (on, estimate) = (row.exposure, row.estimate);
        let interval = estimate.interval;
        Self {
            value: estimate.effect * on,
            low: interval.low * on,
            high: interval.high * on,
            error: estimate.error * on,
        }
    }

    fn range(self, of: impl Fn(f64) -> Value) -> Value {
        json!({ "value": of(self.value), "low": of(self.low), "high": of(self.high) })
    }

    /// `spent` per unit gained, the interval inverted.
    fn inverted(self, spent: f64) -> Value {
        let at = |gain: f64| if gain > 0.0 { json!(spent / gain) } else { json!("unbounded") };
        json!({ "value": at(self.value), "low": at(self.high), "high": at(self.low) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::effect::Estimate;
    use crate::stats::Interval;

    fn row(effect: f64, low: f64, high: f64) -> EffectRow {
        let blank = EffectRow::default();
        let interval = Interval { low, high };
        let estimate = Estimate { effect, interval, error: (high - low) / 3.92, ..blank.estimate };
        EffectRow { outcome: "spend".to_owned(), primary: true, n_treated: 100.0, exposure: 100.0, estimate, ..blank }
    }

    #[test]
    fn a_cost_per_success_is_unbounded_where_the_effect_may_be_nothing() {
        let found = Gain::of(&row(0.04, -0.01, 0.1)).inverted(200.0);
        assert_eq!(found, json!({ "value": 50.0, "low": 20.0, "high": "unbounded" }));
        assert_eq!(Gain::of(&row(-0.04, -0.1, -0.01)).inverted(200.0)["low"], json!("unbounded"));
    }

    #[test]
    fn returns_are_per_unit_of_spend_before_and_after_margin() {
        let experiment = Experiment {
            outcomes: vec!["spend:money".parse().expect("an outcome")],
            cost_per_contact: Some(0.5),
            margin: Some(0.4),
            ..Experiment::default()
        };
        let found = &money(&experiment, &[row(2.0, 1.0, 3.0)])["entries"][0];
        assert_eq!(found["incremental"]["value"], json!(200.0));
        assert_eq!(found["iroas"], json!({ "value": 4.0, "low": 2.0, "high": 6.0 }));
        let near = |found: &Value, expected: f64| (found.as_f64().expect("a number") - expected).abs() < 1e-12;
        assert!(near(&found["roi"]["value"], 0.6) && near(&found["roi"]["low"], -0.2), "{found}");
        assert!(near(&found["profit"]["value"], 30.0) && near(&found["payback"]["value"], 0.625), "{found}");
        assert!(near(&found["break_even_cost_per_contact"]["value"], 0.8), "{found}");
    }
}
