//! `wau`: how many customers are active in a week.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "wau",
    brief: "how many customers are active in a week",
    what: "Weekly active customers.",
    formula: "distinct customers with a qualifying row in the week; for periods other than weeks, in the last 7 \
           days of the period. Qualifying rows: orders, events that are not passive, visits, loyalty points \
           moved.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Activity],
    edge_cases: "The last 7 days may reach into the period before, when the period is a day.",
    misleads: "For a month it looks at its last week only, which may hold a holiday.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "30 customers were active in the week, 70 were not: 30.",
        customers: || {
            let active = Facts { active_in_week: true, ..Facts::default() };
            vec![(30, active), (70, Facts::default())]
        },
        value: 30.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_in_week {
        sink.add(1.0);
    }
}
