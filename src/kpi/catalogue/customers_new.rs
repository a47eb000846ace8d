//! `customers_new`: how many customers were won.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customers_new",
    brief: "how many customers were won",
    what: "Number of customers active at the end of a period who were not active at its start.",
    formula: "N = customers active at end and not at start, so that E = S + N − lost. Active at D: an open \
           subscription at D, or at least one qualifying row (orders, events that are not passive, visits, \
           loyalty points moved) in [D − active_within_days, D).",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Activity],
    edge_cases: "A customer won and lost within one period is not counted. A former customer who came back counts as \
           won.",
    misleads: "Reactivated customers are among them; compare with the sizes of cohorts to see first-time customers \
           only.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "900 stayed, 100 left, 50 were won: 50 are new.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let left = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            let won = Facts { active_at_start: false, active_at_end: true, ..Facts::default() };
            vec![(900, stayed), (100, left), (50, won)]
        },
        value: 50.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_end {
        sink.add(f64::from(u8::from(!facts.active_at_start)));
    }
}
