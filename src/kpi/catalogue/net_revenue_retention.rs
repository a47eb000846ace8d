//! `net_revenue_retention`: how much recurring revenue stays, growth of those customers included.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "net_revenue_retention",
    brief: "how much recurring revenue stays, growth included",
    what: "End recurring revenue of the customers of the start, relative to their start.",
    formula: "Σ end MRR of customers with MRR at the period's start / Σ start MRR.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Column(TableName::Subscriptions, "mrr")],
    edge_cases: "No MRR at the start: null, zero_denominator. Above 1 when growth outweighs losses. Reactivation is \
           not expansion.",
    misleads: "Growth of a few hides the loss of many: read it beside gross_revenue_retention.",
    source: "DEFINITIONS §1; SaaS metrics standards.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers at 100: six stay, two grow to 150, one shrinks to 50, one leaves; three new ones do \
           not count: 950 of 1,000, 0.95.",
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
        value: 0.95,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let (start, end) = (facts.subscriptions.mrr_at_start, facts.subscriptions.mrr_at_end);
    if start > 0.0 {
        sink.pair(end, start);
    }
}
