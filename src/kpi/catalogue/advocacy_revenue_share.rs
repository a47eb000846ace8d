//! `advocacy_revenue_share`: how much of the revenue referrals bring.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts, ReferralFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "advocacy_revenue_share",
    brief: "how much of the revenue referrals bring",
    what: "Revenue of converted referrals relative to all revenue.",
    formula: "advocacy_revenue / revenue of the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Referrals, "revenue"), Need::Table(TableName::Orders)],
    edge_cases: "No revenue: null, zero_denominator. Can exceed 1 where the revenue of referrals is not in the \
           orders.",
    misleads: "Dated by the referral, not by the orders of the referred.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Referrals bring 100 of 1,000: 10 %.",
        customers: || {
            let buyer =
                Facts { orders: OrderFacts { lines: 1, revenue: 100.0, ..OrderFacts::default() }, ..Facts::default() };
            let referrer =
                Facts { referrals: ReferralFacts { made: 1, converted: 1, revenue: 100.0 }, ..Facts::default() };
            vec![(10, buyer), (1, referrer)]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.referrals.converted > 0 || facts.orders.lines > 0 {
        sink.pair(facts.referrals.revenue, facts.orders.revenue);
    }
}
