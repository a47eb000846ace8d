//! `stickiness`: how much of the month an active customer is there.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "stickiness",
    brief: "how much of the month an active customer is there",
    what: "Mean daily active customers relative to the monthly active customers of the same days.",
    formula: "mean DAU / MAU over the days of mau: Σ active days / (days × active customers). Qualifying rows: \
           orders, events that are not passive, visits, loyalty points moved.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Activity],
    edge_cases: "Nobody active: null, zero_denominator.",
    misleads: "Dividing the last day's DAU by the MAU, as is often done, depends on the weekday the month ends on.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 customers active in a month of 30 days, all are active on 6 days: 20 %.",
        customers: || {
            let active = Facts { active_days_in_month: 6, days_in_month: 30, ..Facts::default() };
            vec![(100, active)]
        },
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_days_in_month > 0 {
        sink.pair(f64::from(facts.active_days_in_month), f64::from(facts.days_in_month));
    }
}
