//! `referral_conversion_rate`: how many referrals become customers.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ReferralFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "referral_conversion_rate",
    brief: "how many referrals become customers",
    what: "Share of referrals that converted.",
    formula: "referrals of the period converted by the as-of date / referrals of the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Referrals, "converted_at")],
    edge_cases: "The latest referrals have had no time.",
    misleads: "Self-referrals for the reward convert best.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Of 20 referrals 5 convert: 25 %.",
        customers: || {
            vec![
                (
                    5,
                    Facts {
                        referrals: ReferralFacts { made: 2, converted: 1, ..ReferralFacts::default() },
                        ..Facts::default()
                    },
                ),
                (5, Facts { referrals: ReferralFacts { made: 2, ..ReferralFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.25,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.referrals.made > 0 {
        sink.pair(f64::from(facts.referrals.converted), f64::from(facts.referrals.made));
    }
}
