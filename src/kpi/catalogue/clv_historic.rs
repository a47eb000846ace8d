//! `clv_historic`: what a customer has brought so far.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "clv_historic",
    brief: "what a customer has brought so far",
    what: "Net revenue per customer to date.",
    formula: "Σ net revenue before the period's end / customers with at least one order before it.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "Nobody has bought yet: null, zero_denominator. Returns count negative.",
    misleads: "Says nothing about the future: old customers look better only because they have had more time.",
    source: "DEFINITIONS §1; Gupta and Lehmann 2003.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three customers brought 100 each, one brought 300: 600 / 4 = 150.",
        customers: || {
            let small = Facts {
                orders: OrderFacts { orders_to_date: 1, revenue_to_date: 100.0, ..OrderFacts::default() },
                ..Facts::default()
            };
            let large = Facts {
                orders: OrderFacts { orders_to_date: 2, revenue_to_date: 300.0, ..OrderFacts::default() },
                ..Facts::default()
            };
            vec![(3, small), (1, large)]
        },
        value: 150.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.orders_to_date > 0 {
        sink.add(facts.orders.revenue_to_date);
    }
}
