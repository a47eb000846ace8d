//! `mrr_churn_rate`: how much recurring revenue is lost.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "mrr_churn_rate",
    brief: "how much recurring revenue is lost",
    what: "Share of the starting recurring revenue lost by churn and contraction.",
    formula: "Σ max(start MRR − end MRR, 0) / Σ start MRR, over customers with MRR at the period's start; = 1 − \
           gross_revenue_retention.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Column(TableName::Subscriptions, "mrr")],
    edge_cases: "No MRR at the start: null, zero_denominator. Expansion of others does not offset it.",
    misleads: "One large customer moves it: compare churn_rate, which counts heads.",
    source: "DEFINITIONS §1; SaaS metrics standards.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers at 100: six stay, two grow to 150, one shrinks to 50, one leaves; three new ones do \
           not count: 150 of 1,000 lost, 15 %.",
        customers: || {
            let customer = |mrr_at_start, mrr_at_end| {
                let subscriptions = SubscriptionFacts { mrr_at_start, mrr_at_end, ..SubscriptionFacts::default() };
                Facts { subscriptions, ..Facts::default() }
            };
            vec![
                (6, customer(100.0, 100.0)),
                (2, customer(100.0, 150.0)),
                (1, customer(100.0, 50.0)),
                (1, customer(100.0, 0.0)),
                (3, customer(0.0, 100.0)),
            ]
        },
        value: 0.15,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let (start, end) = (facts.subscriptions.mrr_at_start, facts.subscriptions.mrr_at_end);
    if start > 0.0 {
        sink.pair((start - end).max(0.0), start);
    }
}
