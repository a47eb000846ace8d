//! `loyalty_redemption_rate`: how many of the points are redeemed.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, LoyaltyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "loyalty_redemption_rate",
    brief: "how many of the points are redeemed",
    what: "Points redeemed relative to points earned.",
    formula: "Σ points redeemed in the period / Σ points earned in the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Loyalty,
    needs: &[Need::Column(TableName::Loyalty, "earned"), Need::Column(TableName::Loyalty, "redeemed")],
    edge_cases: "No points earned: null, zero_denominator. Above 1 when old points are spent.",
    misleads: "Points redeemed were mostly earned before the period: while the programme grows it is too low.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "One customer redeems 50 of 100 earned, another none of 100: 25 %.",
        customers: || {
            vec![
                (
                    1,
                    Facts { loyalty: LoyaltyFacts { movements: 2, earned: 100.0, redeemed: 50.0 }, ..Facts::default() },
                ),
                (1, Facts { loyalty: LoyaltyFacts { movements: 1, earned: 100.0, redeemed: 0.0 }, ..Facts::default() }),
            ]
        },
        value: 0.25,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.loyalty.movements > 0 {
        sink.pair(facts.loyalty.redeemed, facts.loyalty.earned);
    }
}
