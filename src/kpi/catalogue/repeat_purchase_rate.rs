//! `repeat_purchase_rate`: who bought again.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, OrderFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "repeat_purchase_rate",
    brief: "who bought again",
    what: "Share of the buyers to date who have bought at least twice.",
    formula: "customers with ≥ 2 orders before the period's end / customers with ≥ 1.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Table(TableName::Orders)],
    edge_cases: "Nobody has bought yet: null, zero_denominator. The whole history before the period's end counts, not \
           the period alone.",
    misleads: "Recent first-time buyers have had no time to come back, so growth lowers it: compare cohorts.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "60 customers with one order, 40 with three: 40 %.",
        customers: || {
            let once = Facts { orders: OrderFacts { orders_to_date: 1, ..OrderFacts::default() }, ..Facts::default() };
            let thrice =
                Facts { orders: OrderFacts { orders_to_date: 3, ..OrderFacts::default() }, ..Facts::default() };
            vec![(60, once), (40, thrice)]
        },
        value: 0.4,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.orders.orders_to_date > 0 {
        sink.trial(facts.orders.orders_to_date > 1);
    }
}
