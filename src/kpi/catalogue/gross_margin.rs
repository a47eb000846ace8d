//! `gross_margin`: what is left after the cost of goods.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "gross_margin",
    brief: "what is left after the cost of goods",
    what: "Margin of a period's orders.",
    formula: "Σ margin over order lines of the period.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Column(TableName::Orders, "margin")],
    edge_cases: "Lines without a margin count 0.",
    misleads: "Contains what the column contains: cost of service and acquisition usually not.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Two customers with margins of 30 and 12: 42.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        orders: OrderFacts { lines: 1, margin: 30.0, ..OrderFacts::default() },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        orders: OrderFacts { lines: 1, margin: 12.0, ..OrderFacts::default() },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 42.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.lines > 0 {
        sink.add(facts.orders.margin);
    }
}
