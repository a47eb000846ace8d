//! `rpv`: what a visitor brings.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, VisitFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "rpv",
    brief: "what a visitor brings",
    what: "Revenue per visitor.",
    formula: "Σ revenue of visits / distinct visitors of the period.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Column(TableName::Visits, "revenue")],
    edge_cases: "A visitor known as a customer in any row is that customer in all; a visit without a visitor is one \
           of its own.",
    misleads: "Cookies are not people: one person with two devices is two visitors until he logs in.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Nine visitors bring nothing, one brings 50: 5.",
        customers: || {
            vec![
                (
                    9,
                    Facts {
                        visits: VisitFacts { visits: 1, visitors: 1, ..VisitFacts::default() },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        visits: VisitFacts { visits: 2, visitors: 1, revenue: 50.0, ..VisitFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 5.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.visits.visits > 0 {
        sink.pair(facts.visits.revenue, f64::from(facts.visits.visitors));
    }
}
