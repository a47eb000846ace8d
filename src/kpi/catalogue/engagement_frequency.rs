//! `engagement_frequency`: on how many days an active customer is there.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "engagement_frequency",
    brief: "on how many days an active customer is there",
    what: "Active days per active customer.",
    formula: "Σ distinct active days / active customers (active at the period's end or on any day of it).",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Activity],
    edge_cases: "A subscriber who does nothing is active with 0 days.",
    misleads: "Longer periods give larger values: compare equal lengths, or stickiness.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three customers are there on 2 days, one on 10: 16 / 4 = 4.",
        customers: || {
            let active = |active_days| Facts { active_days, ..Facts::default() };
            vec![(3, active(2)), (1, active(10))]
        },
        value: 4.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.is_active() {
        sink.add(f64::from(facts.active_days));
    }
}
