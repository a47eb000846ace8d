//! `gross_revenue_retention`: how much recurring revenue stays, growth left aside.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "gross_revenue_retention",
    brief: "how much recurring revenue stays, growth left aside",
    what: "Share of the starting recurring revenue kept, each customer capped at his own start.",
    formula: "Σ min(end MRR, start MRR) / Σ start MRR, over customers with MRR at the period's start.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Column(TableName::Subscriptions, "mrr")],
    edge_cases: "No MRR at the start: null, zero_denominator. Never above 1.",
    misleads: "Reactivated customers are not in it: they had no MRR at the start.",
    source: "DEFINITIONS §1; SaaS metrics standards.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers at 100: six stay, two grow to 150, one shrinks to 50, one leaves; three new ones do \
           not count: 850 of 1,000 kept, 85 %.",
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
        value: 0.85,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let (start, end) = (facts.subscriptions.mrr_at_start, facts.subscriptions.mrr_at_end);
    if start > 0.0 {
        sink.pair(end.min(start), start);
    }
}
