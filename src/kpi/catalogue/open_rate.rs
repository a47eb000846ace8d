//! `open_rate`: how many messages are opened.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, MessageFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "open_rate",
    brief: "how many messages are opened",
    what: "Share of delivered messages that were opened.",
    formula: "opened messages / delivered messages.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Reach,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Messages, "opened_at")],
    edge_cases: "Where no delivery is mapped every message counts as delivered. Rows of a holdout arm are no \
           messages. Opens, clicks and conversions up to the as-of date count, so the latest messages are \
           immature.",
    misleads: "Unreliable: privacy proxies open messages that nobody reads, and blocked images hide real readers. \
           Prefer clicks.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(7),
    observe,
    example: Example {
        story: "Of 400 delivered messages 100 are opened: 25 %.",
        customers: || {
            vec![(
                100,
                Facts {
                    messages: MessageFacts { delivered: 4, opened: 1, ..MessageFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 0.25,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.messages.delivered > 0 {
        sink.pair(f64::from(facts.messages.opened), f64::from(facts.messages.delivered));
    }
}
