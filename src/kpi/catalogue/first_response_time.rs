//! `first_response_time`: how long a ticket waits for its first answer.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, TicketFacts, Wait};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "first_response_time",
    brief: "how long a ticket waits for its first answer",
    what: "Median time until a ticket is answered.",
    formula: "Kaplan–Meier median of first_response_at − opened_at over tickets opened in the period; a ticket not \
           yet answered has waited at least until the as-of date.",
    unit: Unit::Seconds,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Column(TableName::Tickets, "first_response_at")],
    edge_cases: "More than half not yet answered: null. Tickets belong to the period in which they were opened.",
    misleads: "Clock time, nights and week-ends included.",
    source: "DEFINITIONS §1; Kaplan and Meier 1958.",
    statistic: Statistic::SurvivalMedian,
    maturity: Maturity::Days(7),
    observe,
    example: Example {
        story: "Waits of 600, 1,200 and 3,000 seconds and one still open after 9,000: half outlast 1,200.",
        customers: || {
            let wait = |seconds, over| Wait { seconds, over };
            let responses = vec![wait(600.0, true), wait(1_200.0, true), wait(3_000.0, true), wait(9_000.0, false)];
            vec![(1, Facts { tickets: TicketFacts { responses, ..TicketFacts::default() }, ..Facts::default() })]
        },
        value: 1_200.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    for wait in &facts.tickets.responses {
        sink.pair(wait.seconds, f64::from(u8::from(wait.over)));
    }
}
