//! `mrr`: what subscriptions bring a month.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "mrr",
    brief: "what subscriptions bring a month",
    what: "Monthly recurring revenue at the end of a period.",
    formula: "Σ mrr of the subscriptions open at the period's end; trials count nothing.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Column(TableName::Subscriptions, "mrr")],
    edge_cases: "No open subscription: 0. A subscription that ends on a day is still open at 00:00 of that day.",
    misleads: "A stock, not a flow: months of it must not be added. Yearly contracts must be mapped as a twelfth.",
    source: "DEFINITIONS §1; SaaS metrics convention (Skok).",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers at 50 and two at 250 a month: 1,000.",
        customers: || {
            let paying = |mrr_at_end| {
                let subscriptions = SubscriptionFacts { mrr_at_end, ..SubscriptionFacts::default() };
                Facts { subscriptions, ..Facts::default() }
            };
            vec![(10, paying(50.0)), (2, paying(250.0))]
        },
        value: 1_000.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.subscriptions.mrr_at_end != 0.0 {
        sink.add(facts.subscriptions.mrr_at_end);
    }
}
