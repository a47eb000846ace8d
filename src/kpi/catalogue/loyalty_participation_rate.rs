//! `loyalty_participation_rate`: how many use the loyalty programme.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, LoyaltyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "loyalty_participation_rate",
    brief: "how many use the loyalty programme",
    what: "Share of active customers who moved points.",
    formula: "customers active at the period's end who earned or redeemed points in the period / customers active \
           at the period's end.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Loyalty,
    needs: &[Need::Activity, Need::Table(TableName::Loyalty)],
    edge_cases: "Rows that move no points are no activity.",
    misleads: "Points that are credited automatically count as participation.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 active customers 30 moved points: 30 %.",
        customers: || {
            let customer = |movements| Facts {
                active_at_end: true,
                loyalty: LoyaltyFacts { movements, ..LoyaltyFacts::default() },
                ..Facts::default()
            };
            vec![(30, customer(2)), (70, customer(0))]
        },
        value: 0.3,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_end {
        sink.trial(facts.loyalty.movements > 0);
    }
}
