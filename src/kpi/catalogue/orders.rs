//! `orders`: how often customers bought.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "orders",
    brief: "how often customers bought",
    what: "Number of orders placed in a period.",
    formula: "Distinct orders: lines that share `order` are one, dated by the first line that is not a return; \
           without an `order` column every line that is not a return is one.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "A return alone is not an order. An order of amount 0 is one.",
    misleads: "Split shipments that carry own order ids count several times.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers with 1 order, five with 3: 25.",
        customers: || {
            let one = Facts { orders: OrderFacts { orders: 1, ..OrderFacts::default() }, ..Facts::default() };
            let three = Facts { orders: OrderFacts { orders: 3, ..OrderFacts::default() }, ..Facts::default() };
            vec![(10, one), (5, three)]
        },
        value: 25.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.orders > 0 {
        sink.add(f64::from(facts.orders.orders));
    }
}
