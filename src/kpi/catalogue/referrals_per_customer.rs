//! `referrals_per_customer`: how often customers refer others.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ReferralFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "referrals_per_customer",
    brief: "how often customers refer others",
    what: "Referrals per active customer.",
    formula: "referrals made in the period / active customers (active at the period's end or on any day of it).",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Activity, Need::Table(TableName::Referrals)],
    edge_cases: "Referrals of customers who are not active count in the numerator only.",
    misleads: "Rewarded referrals measure the reward.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 active customers 10 make 2 referrals each: 0.2.",
        customers: || {
            let customer = |made| Facts {
                active_at_end: true,
                referrals: ReferralFacts { made, ..ReferralFacts::default() },
                ..Facts::default()
            };
            vec![(10, customer(2)), (90, customer(0))]
        },
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let active = facts.is_active();
    if active || facts.referrals.made > 0 {
        sink.pair(f64::from(facts.referrals.made), f64::from(u8::from(active)));
    }
}
