//! `message_conversion_rate`: how many messages are redeemed.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, MessageFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "message_conversion_rate",
    brief: "how many messages are redeemed",
    what: "Share of delivered messages that led to a conversion.",
    formula: "converted messages / delivered messages; by `campaign` it is the redemption rate of each campaign.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Messages, "converted_at")],
    edge_cases: "Where no delivery is mapped every message counts as delivered. Rows of a holdout arm are no \
           messages. Opens, clicks and conversions up to the as-of date count, so the latest messages are \
           immature.",
    misleads: "A conversion after a message is not one because of it: `campaign evaluate` measures that against a \
           holdout.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(14),
    observe,
    example: Example {
        story: "Of 200 delivered messages 6 are redeemed: 3 %.",
        customers: || {
            vec![
                (
                    6,
                    Facts {
                        messages: MessageFacts { delivered: 2, converted: 1, ..MessageFacts::default() },
                        ..Facts::default()
                    },
                ),
                (94, Facts { messages: MessageFacts { delivered: 2, ..MessageFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.03,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.messages.delivered > 0 {
        sink.pair(f64::from(facts.messages.converted), f64::from(facts.messages.delivered));
    }
}
