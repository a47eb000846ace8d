//! `upgrade_rate`: who pays more than before.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SubscriptionFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "upgrade_rate",
    brief: "who pays more than before",
    what: "Share of subscribed customers whose recurring revenue rose.",
    formula: "customers with end MRR > start MRR > 0 / customers with start MRR > 0.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Column(TableName::Subscriptions, "mrr")],
    edge_cases: "Nobody subscribed at the start: null, zero_denominator.",
    misleads: "A price increase upgrades everybody.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers at 100: six stay, two grow to 150, one shrinks to 50, one leaves; three new ones do \
           not count: 2 of 10, 20 %.",
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
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let (start, end) = (facts.subscriptions.mrr_at_start, facts.subscriptions.mrr_at_end);
    if start > 0.0 {
        sink.trial(end > start);
    }
}
