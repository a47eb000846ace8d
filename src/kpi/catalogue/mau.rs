//! `mau`: how many customers are active in a month.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "mau",
    brief: "how many customers are active in a month",
    what: "Monthly active customers.",
    formula: "distinct customers with a qualifying row in the month; for periods other than months, in the 30 days \
           that end with the period. Qualifying rows: orders, events that are not passive, visits, loyalty \
           points moved.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Activity],
    edge_cases: "A month under way counts the days that are over, and is partial.",
    misleads: "One visit a month makes a customer active: see stickiness beside it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "400 customers were active in the month, 600 were not: 400.",
        customers: || {
            let active = Facts { active_days_in_month: 3, ..Facts::default() };
            vec![(400, active), (600, Facts::default())]
        },
        value: 400.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_days_in_month > 0 {
        sink.add(1.0);
    }
}
