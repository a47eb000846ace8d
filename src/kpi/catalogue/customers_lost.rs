//! `customers_lost`: how many customers were lost.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customers_lost",
    brief: "how many customers were lost",
    what: "Number of customers active at the start of a period who are not active at its end.",
    formula: "lost = customers active at start and not at end, so that E = S + N − lost. Active at D: an open \
           subscription at D, or at least one qualifying row (orders, events that are not passive, visits, \
           loyalty points moved) in [D − active_within_days, D).",
    unit: Unit::Count,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "Nobody lost: 0. A customer who left and came back within the period is not lost.",
    misleads: "Without subscriptions a customer is lost only after active_within_days of silence.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "900 stayed, 100 left, 50 were won: 100 are lost.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let left = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            let won = Facts { active_at_start: false, active_at_end: true, ..Facts::default() };
            vec![(900, stayed), (100, left), (50, won)]
        },
        value: 100.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_start {
        sink.add(f64::from(u8::from(!facts.active_at_end)));
    }
}
