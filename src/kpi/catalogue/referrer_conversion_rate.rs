//! `referrer_conversion_rate`: how many referrers bring a customer.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, ReferralFacts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "referrer_conversion_rate",
    brief: "how many referrers bring a customer",
    what: "Share of referring customers whose referral converted.",
    formula: "customers with a converted referral / customers who made a referral.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Referrals, "converted_at")],
    edge_cases: "Nobody referred: null, zero_denominator.",
    misleads: "A few referrers make most referrals: see referral_conversion_rate for the referrals.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "40 customers refer, 10 of them with success: 25 %.",
        customers: || {
            let advocate = |converted| Facts {
                referrals: ReferralFacts { made: 1, converted, ..ReferralFacts::default() },
                ..Facts::default()
            };
            let promoter = Facts {
                surveys: SurveyFacts {
                    nps: Some(Answer { score: 10.0, ..Answer::default() }),
                    ..SurveyFacts::default()
                },
                ..Facts::default()
            };
            vec![(10, advocate(1)), (30, advocate(0)), (10, promoter)]
        },
        value: 0.25,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.referrals.made > 0 {
        sink.trial(facts.referrals.converted > 0);
    }
}
