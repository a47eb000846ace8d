//! `truth.json`: what was planted, and what an engine that finds it should see.
//!
//! ```text
//! { format, seed, customers, months, start, as_of,
//!   targets:    { churn | cancel: { horizon_days, ..., oracle_auc, expected_rate, base_rate, n, events, cutoffs: [...] } },
//!   drivers:    [ { target, driver, coefficient, feature, level, sign } ],
//!   behaviours: { chat | play: { target, within_days, ratio, rate_with, rate_without, n_with, n_without, cutoffs } },
//!   campaigns:  { spring_offer | courtesy_call | landing_test: { ... true effect ... } },
//!   payment_churn, seasonality, leaks }
//! ```
//! Rates and ratios are means of true probabilities (see `truth.rs`), not of what happened to happen.

use serde_json::{Value, json};

use super::Request;
use super::block::Block;
use super::company::LANDING_CONVERSION;
use super::rows::LEAKS;
use super::truth::{Case, FUTURES, Offered, SAMPLE};
use super::world::{self, World};

/// Everything the blocks told about the truth.
#[derive(Debug, Default)]
pub(super) struct Summary {
    cases: Vec<Case>,
    offered: Vec<Offered>,
    voluntary: u64,
    payment: u64,
}

impl Summary {
    /// Takes in a block; its rows are forgotten.
    pub(super) fn add(&mut self, block: Block) {
        self.cases.extend(block.cases);
        self.offered.extend(block.offered);
        self.voluntary += block.voluntary_ends;
        self.payment += block.payment_ends;
    }

    /// Oracle AUC and base rate of churn, all cutoffs together.
    pub(super) fn churn(&self) -> (Option<f64>, Option<f64>) {
        let pairs: Vec<_> = self.cases.iter().filter_map(|case| case.churn).collect();
        let events = pairs.iter().filter(|pair| pair.1).count();
        (auc(&pairs), (!pairs.is_empty()).then(|| events as f64 / pairs.len() as f64))
    }

    /// The content of `truth.json`.
    pub(super) fn truth(&self, request: &Request, world: &World) -> Value {
        json!({
            "format": 1,
            "seed": request.seed,
            "customers": request.customers,
            "months": request.months,
            "start": world.start,
            "as_of": world.end,
            "sampling": { "customers": SAMPLE.min(request.customers), "futures": FUTURES },
            "targets": {
                "churn": self.target(world, |case| case.churn, &json!({
                    "kind": "inactivity", "active_within_days": world::CHURN_ACTIVE, "horizon_days": world::CHURN_HORIZON,
                })),
                "cancel": self.target(world, |case| case.cancel, &json!({
                    "kind": "subscription_end", "grace_days": world::CANCEL_GRACE, "horizon_days": world::CANCEL_HORIZON,
                })),
            },
            "drivers": drivers(),
            "behaviours": {
                "chat": self.behaviour(world, |case| case.chatted, 45, true),
                "play": self.behaviour(world, |case| case.played, 30, false),
            },
            "campaigns": self.campaigns(world),
            "payment_churn": self.payment_churn(),
            "seasonality": {
                "what": "orders a day", "yearly_amplitude": world::SEASON, "peak": "12-15",
                "weekend_factor": world::WEEKEND, "weekday_factor": 0.9,
            },
            "leaks": if request.leaks { leaks() } else { json!([]) },
        })
    }

    fn target(&self, world: &World, of: impl Fn(&Case) -> Option<(f64, bool)>, declared: &Value) -> Value {
        let pairs = |cutoff: Option<usize>| -> Vec<(f64, bool)> {
            self.cases.iter().filter(|case| cutoff.is_none_or(|cutoff| case.cutoff == cutoff)).filter_map(&of).collect()
        };
        let mut value = declared.clone();
        merge(&mut value, measures(&pairs(None)));
        let each = world.cutoffs().into_iter().enumerate().map(|(cutoff, day)| {
            let mut one = json!({ "as_of": day });
            merge(&mut one, measures(&pairs(Some(cutoff))));
            one
        });
        value["cutoffs"] = each.collect();
        value
    }

    fn behaviour(&self, world: &World, shows: impl Fn(&Case) -> bool, within_days: u32, planted: bool) -> Value {
        let rate = |with: bool| {
            let of = self.cases.iter().filter(|case| shows(case) == with).filter_map(|case| case.churn);
            let probabilities: Vec<f64> = of.map(|(probability, _)| probability).collect();
            (probabilities.len(), probabilities.iter().sum::<f64>() / probabilities.len() as f64)
        };
        let ((n_with, rate_with), (n_without, rate_without)) = (rate(true), rate(false));
        json!({
            "target": "churn",
            "within_days": within_days,
            "planted": planted,
            "log_hazard": if planted { world::LEAVE_CHAT } else { 0.0 },
            "n_with": n_with,
            "n_without": n_without,
            "rate_with": round(rate_with),
            "rate_without": round(rate_without),
            "ratio": round(rate_with / rate_without),
            "cutoffs": world.cutoffs(),
        })
    }

    fn campaigns(&self, world: &World) -> Value {
        let mean = |of: fn(&Offered) -> f64| self.offered.iter().map(of).sum::<f64>() / self.offered.len() as f64;
        let (treated, control) = (mean(|offered| offered.treated), mean(|offered| offered.control));
        json!({
            "spring_offer": {
                "at": world.offer, "design": "randomised", "arms": { "treat": world::OFFER_TREATED, "holdout": round(1.0 - world::OFFER_TREATED) },
                "eligible": "consenting buyers of the 90 days before", "n": self.offered.len(),
                "outcome": format!("at least one order in the {} days from `at` on", world::OFFER_DAYS),
                "rate_treated": round(treated), "rate_control": round(control), "effect": round(treated - control),
            },
            "courtesy_call": {
                "at": world.decoy, "design": "not randomised: whoever had not bought for more than 45 days, but within 150",
                "effect": 0.0,
            },
            "landing_test": {
                "where": "visits.arm", "design": "randomised", "outcome": "converted",
                "rates": { (LANDING_CONVERSION[0].0): LANDING_CONVERSION[0].1, (LANDING_CONVERSION[1].0): LANDING_CONVERSION[1].1 },
                "effect": round(LANDING_CONVERSION[1].1 - LANDING_CONVERSION[0].1),
            },
        })
    }

    fn payment_churn(&self) -> Value {
        let ends = self.voluntary + self.payment;
        json!({
            "failure_rate": { "card": world::CARD_FAILS, "bank": world::BANK_FAILS },
            "retry_failure_rate": world::RETRY_FAILS,
            "ends_after_failures": 3,
            "ends_in_extract": ends,
            "payment_share": if ends > 0 { round(self.payment as f64 / ends as f64) } else { Value::Null },
        })
    }
}

fn measures(pairs: &[(f64, bool)]) -> Value {
    let n = pairs.len();
    if n == 0 {
        return json!({ "n": 0 });
    }
    let events = pairs.iter().filter(|pair| pair.1).count();
    let expected = pairs.iter().map(|pair| pair.0).sum::<f64>() / n as f64;
    json!({
        "n": n,
        "events": events,
        "base_rate": round(events as f64 / n as f64),
        "expected_rate": round(expected),
        "oracle_auc": auc(pairs).map(round),
    })
}

/// Area under the receiver's curve by midranks; nothing with one class only.
fn auc(pairs: &[(f64, bool)]) -> Option<f64> {
    let mut sorted = pairs.to_vec();
    sorted.sort_by(|left, right| left.0.total_cmp(&right.0));
    let events = sorted.iter().filter(|pair| pair.1).count() as f64;
    let others = sorted.len() as f64 - events;
    let (mut ranks, mut before) = (0.0, 0.0);
    for tied in sorted.chunk_by(|left, right| left.0.total_cmp(&right.0).is_eq()) {
        let count = tied.len() as f64;
        ranks += tied.iter().filter(|pair| pair.1).count() as f64 * (before + f64::midpoint(count, 1.0));
        before += count;
    }
    (events > 0.0 && others > 0.0).then(|| (ranks - events * (events + 1.0) / 2.0) / (events * others))
}

/// What drives leaving, each with the shipped feature that shows it and the sign its coefficient must have.
fn drivers() -> Value {
    let driver = |target: &str, driver: &str, coefficient: f64, feature: &str| {
        let (feature, level) = feature.split_once('=').map_or((feature, None), |(name, level)| (name, Some(level)));
        let sign = if coefficient > 0.0 { 1 } else { -1 };
        json!({
            "target": target, "driver": driver, "coefficient": coefficient,
            "feature": feature, "level": level, "sign": sign,
        })
    };
    let mut drivers = vec![
        driver("churn", "a ticket open for more than two days", world::LEAVE_UNRESOLVED, "tickets_open"),
        driver("churn", "share of orders bought at a discount", world::LEAVE_BARGAIN, "discount_share"),
        driver("churn", "log months of tenure", world::LEAVE_TENURE, "tenure_days"),
        driver("churn", "membership in the club", world::LEAVE_CLUB, "programs_joined"),
        driver("churn", "acquired by paid search", world::LEAVE_PAID_SEARCH, "acquisition=paid_search"),
        driver("churn", "satisfaction, seen in surveys and reviews", world::LEAVE_SATISFACTION, "last_nps"),
        driver("churn", "help chat in the last 45 days", world::LEAVE_CHAT, "n_chat_30"),
        driver("cancel", "a ticket open for more than two days", world::CANCEL_UNRESOLVED, "tickets_open"),
        driver("cancel", "no automatic renewal", world::CANCEL_MANUAL, "auto_renew"),
        driver("cancel", "log visits of the last month", world::CANCEL_VISITS, "n_view_30"),
        driver("cancel", "log months of tenure", world::CANCEL_TENURE, "tenure_days"),
        driver("cancel", "the basic plan, which costs least", world::CANCEL_BASIC, "mrr"),
        driver("cancel", "no longer shopping", world::CANCEL_LEFT, "days_since_order"),
    ];
    // What the tables show the other way round: renewal instead of its absence, a price instead of the cheapest plan.
    for driver in &mut drivers {
        if matches!(driver["feature"].as_str(), Some("auto_renew" | "mrr")) {
            driver["sign"] = json!(-1);
        }
    }
    // Rates and silence: no coefficient of the hazard, but of what the outcome is.
    for (driver, feature, sign) in
        [("silence of those who have left", "days_since_order", 1), ("orders a day while all is well", "orders_90", -1)]
    {
        drivers.push(json!({
            "target": "churn", "driver": driver, "coefficient": null, "feature": feature, "level": null, "sign": sign,
        }));
    }
    drivers.into()
}

fn leaks() -> Value {
    let how = [
        "`closed` once the subscription has ended for good, whenever that was",
        "a number only those have whose subscription has ended for good",
        "another model's score, which knew the outcome",
    ];
    let mut leaks: Vec<Value> = LEAKS
        .iter()
        .zip(how)
        .map(|(column, how)| json!({ "table": "customers", "column": column, "target": "cancel", "how": how }))
        .collect();
    leaks.push(json!({
        "table": "events", "kind": "meter_reading", "target": "cancel",
        "how": "monthly rows that exist only for contracts still open when the extract was made",
    }));
    leaks.into()
}

fn merge(into: &mut Value, from: Value) {
    if let (Some(into), Value::Object(from)) = (into.as_object_mut(), from) {
        into.extend(from);
    }
}

/// Six decimals are all that so many futures can tell; a value that is not a number is null.
fn round(value: f64) -> Value {
    json!((value * 1e6).round() / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_auc_counts_ties_as_half() {
        assert_eq!(auc(&[(0.1, false), (0.4, true), (0.4, false), (0.9, true)]), Some(0.875));
        assert_eq!(auc(&[(0.5, true)]), None);
    }
}
