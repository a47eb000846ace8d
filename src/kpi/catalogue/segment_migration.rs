//! `segment_migration`: who moved to another band of value, or left.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "segment_migration",
    brief: "who moved to another band of value, or left",
    what: "Share of the customers active at the start of a period who are in another value band at its end, or \
           lost.",
    formula: "customers active at start whose band at the end differs, or who are lost / customers active at start \
           with a value. Each band reaches from one value to twice it: band = ⌊log₂ value⌋, value by [value] \
           basis times margin. The matrices between tiers, with `new`, `lost` and value moved, are in \
           segment_migration.parquet.",
    unit: Unit::Share,
    better: Better::Neither,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::Activity, Need::Value],
    edge_cases: "Customers without a positive value at the start are left out.",
    misleads: "Up and down both count: see upgrade_rate and downgrade_rate, and the bridge of value in \
           bridges.parquet.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 customers worth 100, 80 are worth 110 in the end, 15 are worth 250 and 5 are lost: 20 %.",
        customers: || {
            let customer = |active_at_end, value_at_end| Facts {
                active_at_start: true,
                value_at_start: 100.0,
                active_at_end,
                value_at_end,
                ..Facts::default()
            };
            vec![(80, customer(true, 110.0)), (15, customer(true, 250.0)), (5, customer(false, 0.0))]
        },
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_start && facts.value_at_start > 0.0 {
        let stayed = facts.active_at_end && band(facts.value_at_end) == band(facts.value_at_start);
        sink.trial(!stayed);
    }
}

fn band(value: f64) -> Option<f64> {
    (value > 0.0).then(|| value.log2().floor())
}
