//! `engagement_breadth`: how many different things a customer does.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{EventFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "engagement_breadth",
    brief: "how many different things a customer does",
    what: "Distinct kinds of events per customer with any.",
    formula: "Σ distinct kinds / customers with at least one event of their own.",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Table(TableName::Events)],
    edge_cases: "Kinds named in [roles] passive do not count.",
    misleads: "Depends on how finely the kinds are cut.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Two customers do 3 kinds of things, two do 1: 2.",
        customers: || {
            vec![
                (2, Facts { events: EventFacts { kinds: 3, ..EventFacts::default() }, ..Facts::default() }),
                (2, Facts { events: EventFacts { kinds: 1, ..EventFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 2.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.events.kinds > 0 {
        sink.add(f64::from(facts.events.kinds));
    }
}
