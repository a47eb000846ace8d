//! `message_ctr`: how many who get a message click it.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, MessageFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "message_ctr",
    brief: "how many who get a message click it",
    what: "Share of customers who clicked a message, of those who got one.",
    formula: "distinct customers who clicked / distinct customers with a delivered message.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Messages, "clicked_at")],
    edge_cases: "Where no delivery is mapped every message counts as delivered. Rows of a holdout arm are no \
           messages. Opens, clicks and conversions up to the as-of date count, so the latest messages are \
           immature.",
    misleads: "Security scanners click on links. Several messages to one customer count once.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(7),
    observe,
    example: Example {
        story: "1,000 customers got a message, 100 clicked: 10 %.",
        customers: || {
            vec![
                (
                    100,
                    Facts {
                        messages: MessageFacts { delivered: 2, clicked: 1, ..MessageFacts::default() },
                        ..Facts::default()
                    },
                ),
                (900, Facts { messages: MessageFacts { delivered: 1, ..MessageFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.messages.delivered > 0 {
        sink.trial(facts.messages.clicked > 0);
    }
}
