//! `aov`: what an order is worth.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "aov",
    brief: "what an order is worth",
    what: "Average order value.",
    formula: "net revenue of the period / orders placed in the period.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Value,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "No orders: null, zero_denominator. Returns of earlier orders lower it, even below zero.",
    misleads: "A mean: a few large orders carry it. Lines of one order must share an order id, otherwise it is the \
           average line.",
    source: "DEFINITIONS §1; Farris et al., Marketing Metrics.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "One customer places 2 orders for 90 together, another 1 for 30: 120 / 3 = 40.",
        customers: || {
            let two = Facts {
                orders: OrderFacts { lines: 2, orders: 2, revenue: 90.0, ..OrderFacts::default() },
                ..Facts::default()
            };
            let one = Facts {
                orders: OrderFacts { lines: 1, orders: 1, revenue: 30.0, ..OrderFacts::default() },
                ..Facts::default()
            };
            vec![(1, two), (1, one)]
        },
        value: 40.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.lines > 0 {
        sink.pair(facts.orders.revenue, f64::from(facts.orders.orders));
    }
}
