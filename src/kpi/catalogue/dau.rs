//! `dau`: how many customers are active on a day.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "dau",
    brief: "how many customers are active on a day",
    what: "Daily active customers: the mean over the days of a period.",
    formula: "Σ over days of distinct customers with a qualifying row on the day / days of the period. Qualifying \
           rows: orders, events that are not passive, visits, loyalty points moved.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Activity],
    edge_cases: "A period under way divides by the days that are over. An open subscription alone is no activity.",
    misleads: "It is the mean of the days, not the last day. Week-ends and holidays move it: compare equal spans.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::PerDay,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "In a week of 7 days, 10 customers are active on 7 days and 35 on 2: 140 / 7 = 20 a day.",
        customers: || {
            let daily = Facts { days: 7, active_days: 7, ..Facts::default() };
            let seldom = Facts { days: 7, active_days: 2, ..Facts::default() };
            vec![(10, daily), (35, seldom)]
        },
        value: 20.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_days > 0 {
        sink.add(f64::from(facts.active_days));
    }
}
