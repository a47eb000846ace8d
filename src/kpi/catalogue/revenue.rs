//! `revenue`: what customers paid.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "revenue",
    brief: "what customers paid",
    what: "Net revenue of a period.",
    formula: "Σ amount over order lines of the period; returns count negative on the day they are made.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "Returns larger than orders: negative. No lines in a period that the table covers: 0.",
    misleads: "A return lowers the period it is made in, not the one of the order. Tax and shipping are in it if \
           they are in the amounts.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Two customers spend 60 and 50, one of them returns goods for 20: 90.",
        customers: || {
            let one =
                Facts { orders: OrderFacts { lines: 1, revenue: 60.0, ..OrderFacts::default() }, ..Facts::default() };
            let other =
                Facts { orders: OrderFacts { lines: 2, revenue: 30.0, ..OrderFacts::default() }, ..Facts::default() };
            vec![(1, one), (1, other)]
        },
        value: 90.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.lines > 0 {
        sink.add(facts.orders.revenue);
    }
}
