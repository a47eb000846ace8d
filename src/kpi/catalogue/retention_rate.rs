//! `retention_rate`: who was here at the start and still is at the end.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "retention_rate",
    brief: "who was here at the start and still is at the end",
    what: "Share of the customers active at the start of a period who are active at its end.",
    formula: "customers active at start and at end / customers active at start (S). The shortcut (E − N)/S gives \
           the same only with N = customers active at the end who were not active at the start. Active at D: an \
           open subscription at D, or at least one qualifying row (orders, events that are not passive, visits, \
           loyalty points moved) in [D − active_within_days, D).",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "Nobody active at the start: null, zero_denominator. Customers won in the period are in neither part. \
           Who left and came back within the period counts as retained.",
    misleads: "A widely copied article computes (E − S)/S and calls it retention: that is net_customer_growth_rate, \
           and can be positive while most customers leave. The rate depends on the length of the period: \
           compare only equal lengths.",
    source: "DEFINITIONS §1; Farris et al., Marketing Metrics, ch. 5.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "10,000 at the start, 5,000 won and all still there, 12,000 at the end: 7,000 of 10,000 stayed, 70 %.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let left = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            let won = Facts { active_at_start: false, active_at_end: true, ..Facts::default() };
            vec![(7_000, stayed), (3_000, left), (5_000, won)]
        },
        value: 0.7,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_start {
        sink.trial(facts.active_at_end);
    }
}
