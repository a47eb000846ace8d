//! `customers_active`: how many customers there are.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customers_active",
    brief: "how many customers there are",
    what: "Number of customers active at the end of a period.",
    formula: "E = number of customers active at the period's end. Active at D: an open subscription at D, or at \
           least one qualifying row (orders, events that are not passive, visits, loyalty points moved) in [D − \
           active_within_days, D).",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "None: 0, if the tables are mapped. In a period under way, the number at the as-of date.",
    misleads: "It depends on active_within_days: a longer window makes more of the same people active.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "900 stayed, 100 left, 50 were won: 950 are active at the end.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let left = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            let won = Facts { active_at_start: false, active_at_end: true, ..Facts::default() };
            vec![(900, stayed), (100, left), (50, won)]
        },
        value: 950.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_end {
        sink.add(1.0);
    }
}
