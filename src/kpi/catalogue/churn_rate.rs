//! `churn_rate`: who was here at the start and is gone at the end.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "churn_rate",
    brief: "who was here at the start and is gone at the end",
    what: "Share of the customers active at the start of a period who are no longer active at its end.",
    formula: "lost / S = 1 − retention_rate. Between lengths of period: c(T2) = 1 − (1 − c(T1))^(T2/T1). Active at \
           D: an open subscription at D, or at least one qualifying row (orders, events that are not passive, \
           visits, loyalty points moved) in [D − active_within_days, D).",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "Nobody active at the start: null, zero_denominator. New customers are in neither part.",
    misleads: "Monthly rates do not add up to a yearly one: convert them. Without subscriptions a customer is lost \
           only after active_within_days of silence, so churn shows late.",
    source: "DEFINITIONS §1; Farris et al., Marketing Metrics, ch. 5.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "1,000 at the start, 100 gone: 10 %.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let gone = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            vec![(900, stayed), (100, gone)]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_start {
        sink.trial(!facts.active_at_end);
    }
}
