//! `resolution_time`: how long a ticket takes to be resolved.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, TicketFacts, Wait};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "resolution_time",
    brief: "how long a ticket takes to be resolved",
    what: "Median time until a ticket is resolved.",
    formula: "Kaplan–Meier median of resolved_at − opened_at over tickets opened in the period; a ticket not yet \
           resolved has waited at least until the as-of date.",
    unit: Unit::Seconds,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Column(TableName::Tickets, "resolved_at")],
    edge_cases: "More than half not yet resolved: null. Tickets belong to the period in which they were opened.",
    misleads: "Clock time, nights and week-ends included.",
    source: "DEFINITIONS §1; Kaplan and Meier 1958.",
    statistic: Statistic::SurvivalMedian,
    maturity: Maturity::Days(14),
    observe,
    example: Example {
        story: "Waits of 600, 1,200 and 3,000 seconds and one still open after 9,000: half outlast 1,200.",
        customers: || {
            let wait = |seconds, over| Wait { seconds, over };
            let resolutions = vec![wait(600.0, true), wait(1_200.0, true), wait(3_000.0, true), wait(9_000.0, false)];
            vec![(1, Facts { tickets: TicketFacts { resolutions, ..TicketFacts::default() }, ..Facts::default() })]
        },
        value: 1_200.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for wait in &facts.tickets.resolutions {
        sink.pair(wait.seconds, f64::from(u8::from(wait.over)));
    }
}
