//! `advocacy_revenue`: what referrals bring.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ReferralFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "advocacy_revenue",
    brief: "what referrals bring",
    what: "Revenue of converted referrals.",
    formula: "Σ revenue of referrals of the period that converted by the as-of date.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Referrals, "revenue")],
    edge_cases: "Converted referrals without a revenue count 0.",
    misleads: "Some of the referred would have come anyway.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Five converted referrals bring 80 each: 400.",
        customers: || {
            vec![(5, Facts { referrals: ReferralFacts { made: 1, converted: 1, revenue: 80.0 }, ..Facts::default() })]
        },
        value: 400.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.referrals.converted > 0 {
        sink.add(facts.referrals.revenue);
    }
}
