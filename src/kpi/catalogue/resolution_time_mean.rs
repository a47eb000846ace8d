//! `resolution_time_mean`: how long a ticket takes to be resolved, on average.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, TicketFacts, Wait};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "resolution_time_mean",
    brief: "how long a ticket takes to be resolved, on average",
    what: "Mean time until a ticket is resolved, over those resolved.",
    formula: "Σ (resolved_at − opened_at) / tickets opened in the period and resolved by the as-of date.",
    unit: Unit::Seconds,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Column(TableName::Tickets, "resolved_at")],
    edge_cases: "Tickets not yet resolved are left out: it is too short while many are open.",
    misleads: "Carried by the few that take very long; blind to those still open. Prefer the median beside it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::Days(14),
    observe,
    example: Example {
        story: "Waits of 600, 1,200 and 3,000 seconds and one still open: 1,600.",
        customers: || {
            let wait = |seconds, over| Wait { seconds, over };
            let resolutions = vec![wait(600.0, true), wait(1_200.0, true), wait(3_000.0, true), wait(9_000.0, false)];
            vec![(1, Facts { tickets: TicketFacts { resolutions, ..TicketFacts::default() }, ..Facts::default() })]
        },
        value: 1_600.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for wait in facts.tickets.resolutions.iter().filter(|wait| wait.over) {
        sink.add(wait.seconds);
    }
}
