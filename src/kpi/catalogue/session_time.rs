//! `session_time`: how long a session lasts.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "session_time",
    brief: "how long a session lasts",
    what: "Mean duration of a session.",
    formula: "Σ duration / sessions with a duration. Visits with an end are sessions; otherwise events are: those \
           of one `session`, or with no more than [kpi] session_gap_minutes between them.",
    unit: Unit::Seconds,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Sessions],
    edge_cases: "A session of one event has no duration and is left out. A session belongs to the period in which it \
           began.",
    misleads: "The mean is carried by tabs left open: look at session_time_median. Long can mean absorbed or lost.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Sessions of 60, 120 and 600 seconds: 260.",
        customers: || vec![(1, Facts { sessions: vec![60.0, 120.0, 600.0], ..Facts::default() })],
        value: 260.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for seconds in &facts.sessions {
        sink.add(*seconds);
    }
}
