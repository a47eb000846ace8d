//! `net_customer_growth_rate`: how much the customer base grew.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "net_customer_growth_rate",
    brief: "how much the customer base grew",
    what: "Change of the number of active customers over a period, relative to its start.",
    formula: "(E − S) / S, with S and E the customers active at start and end. Active at D: an open subscription \
           at D, or at least one qualifying row (orders, events that are not passive, visits, loyalty points \
           moved) in [D − active_within_days, D).",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Acquisition,
    needs: &[Need::Activity],
    edge_cases: "Nobody active at the start: null, zero_denominator. Negative when more leave than come, so the \
           interval is that of a ratio, not of a share.",
    misleads: "Growth hides churn: a base that loses half and wins more than that grows. It is not retention, \
           although it is often printed under that name.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "10,000 at the start, 5,000 won, 3,000 lost, 12,000 at the end: 20 %.",
        customers: || {
            let stayed = Facts { active_at_start: true, active_at_end: true, ..Facts::default() };
            let left = Facts { active_at_start: true, active_at_end: false, ..Facts::default() };
            let won = Facts { active_at_start: false, active_at_end: true, ..Facts::default() };
            vec![(7_000, stayed), (3_000, left), (5_000, won)]
        },
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let (start, end) = (facts.active_at_start, facts.active_at_end);
    if start || end {
        let change = f64::from(i8::from(end) - i8::from(start));
        sink.pair(change, f64::from(u8::from(start)));
    }
}
