//! `purchase_frequency`: how often a buyer buys.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "purchase_frequency",
    brief: "how often a buyer buys",
    what: "Orders per buying customer in a period.",
    formula: "orders placed in the period / customers with at least one order in it.",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "Nobody bought: null, zero_denominator. At least 1 by definition.",
    misleads: "Customers who bought nothing are not in it: it can rise while customers leave. Longer periods give \
           larger values.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three customers with 1 order, one with 3: 6 / 4 = 1.5.",
        customers: || {
            let one = Facts { orders: OrderFacts { orders: 1, ..OrderFacts::default() }, ..Facts::default() };
            let three = Facts { orders: OrderFacts { orders: 3, ..OrderFacts::default() }, ..Facts::default() };
            vec![(3, one), (1, three)]
        },
        value: 1.5,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.orders > 0 {
        sink.add(f64::from(facts.orders.orders));
    }
}
