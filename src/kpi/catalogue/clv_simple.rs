//! `clv_simple`: the back-of-the-envelope lifetime value.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// Years a customer is expected to stay: the year that is looked back on.
const EXPECTED_YEARS: f64 = 1.0;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "clv_simple",
    brief: "the back-of-the-envelope lifetime value",
    what: "Mean order value times orders per year times expected years.",
    formula: "(net revenue / orders) × (orders / customers) × expected years, over the 365 days before the \
           period's end and the customers with an order in them; expected years = 1. The orders cancel: net \
           revenue of the year per buying customer.",
    unit: Unit::Money,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "Nobody bought in the year: null, zero_denominator. With less than a year of history it is too low.",
    misleads: "Biased when customers differ, and they do: the average customer does not exist, and buyers of the \
           year are not the future base. Use clv_predicted for decisions.",
    source: "DEFINITIONS §1; Fader and Hardie 2010 on why it misleads.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "12 orders of $100 a year, one expected year: $100 × 12 × 1 = $1,200.",
        customers: || {
            let monthly = Facts {
                orders: OrderFacts { orders_in_year: 12, revenue_in_year: 1_200.0, ..OrderFacts::default() },
                ..Facts::default()
            };
            vec![(10, monthly)]
        },
        value: 1_200.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.orders_in_year > 0 {
        sink.add(facts.orders.revenue_in_year * EXPECTED_YEARS);
    }
}
