//! `session_time_median`: how long the middle session lasts.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "session_time_median",
    brief: "how long the middle session lasts",
    what: "Median duration of a session.",
    formula: "median of the durations of session_time.",
    unit: Unit::Seconds,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Sessions],
    edge_cases: "A session of one event has no duration and is left out. Below 6 sessions there is no interval.",
    misleads: "Long can mean absorbed or lost.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Median,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Sessions of 60, 120 and 600 seconds: 120.",
        customers: || vec![(1, Facts { sessions: vec![60.0, 120.0, 600.0], ..Facts::default() })],
        value: 120.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for seconds in &facts.sessions {
        sink.add(*seconds);
    }
}
