//! `advocacy_conversion_rate`: how many advocates bring a customer.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, ReferralFacts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "advocacy_conversion_rate",
    brief: "how many advocates bring a customer",
    what: "Share of advocates whose referral converted.",
    formula: "advocates with a converted referral / advocates. An advocate made a referral, or showed a positive \
           act: a review of at least 4 of 5, a positive public post, an answer of 9 or 10 to nps.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Referrals, "converted_at")],
    edge_cases: "Acts and referrals of the same period. Over those who referred only: \
           referrer_conversion_rate.",
    misleads: "Promoters who were never asked to refer lower it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "40 customers refer, 10 of them with success, and 10 are promoters only: 10 of 50, 20 %.",
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
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.referrals.made > 0 || facts.has_positive_act() {
        sink.trial(facts.referrals.converted > 0);
    }
}
