//! `ncvg_customers`: how many more customers were won than lost.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "ncvg_customers",
    brief: "how many more customers were won than lost",
    what: "Net customer value growth in customers.",
    formula: "customers won − customers lost.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Activity],
    edge_cases: "Won: active at the end and not at the start; lost: the reverse.",
    misleads: "Heads, not value: ten small customers won outweigh nine large ones lost. Read it beside ncvg.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Five won, four lost, ten stay: 1.",
        customers: || {
            let customer = |value_at_start, value_at_end| Facts { value_at_start, value_at_end, ..Facts::default() };
            let won = Facts { active_at_end: true, ..customer(0.0, 300.0) };
            let lost = Facts { active_at_start: true, ..customer(200.0, 0.0) };
            let kept = Facts { active_at_start: true, active_at_end: true, ..customer(100.0, 150.0) };
            vec![(5, won), (4, lost), (10, kept)]
        },
        value: 1.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_start || facts.active_at_end {
        sink.add(f64::from(i8::from(facts.active_at_end) - i8::from(facts.active_at_start)));
    }
}
