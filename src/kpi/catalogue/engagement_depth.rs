//! `engagement_depth`: how long a customer is at it on an active day.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{EventFacts, Facts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "engagement_depth",
    brief: "how long a customer is at it on an active day",
    what: "Minutes of events per active day.",
    formula: "Σ duration_seconds / 60 / Σ active days, over customers with events of their own.",
    unit: Unit::Ratio,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Events, "duration_seconds")],
    edge_cases: "Events without a duration count 0 minutes. Active days of all tables count.",
    misleads: "Durations of tabs left open are in it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "One customer is 60 minutes there on 4 days, another 30 on 2: 90 / 6 = 15.",
        customers: || {
            let customer = |seconds, active_days| Facts {
                events: EventFacts { events: 1, seconds, ..EventFacts::default() },
                active_days,
                ..Facts::default()
            };
            vec![(1, customer(3_600.0, 4)), (1, customer(1_800.0, 2))]
        },
        value: 15.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.events.events > 0 && facts.active_days > 0 {
        sink.pair(facts.events.seconds / 60.0, f64::from(facts.active_days));
    }
}
