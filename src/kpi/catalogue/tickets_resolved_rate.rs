//! `tickets_resolved_rate`: how many tickets are resolved.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, TicketFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "tickets_resolved_rate",
    brief: "how many tickets are resolved",
    what: "Share of the tickets opened in a period that are resolved.",
    formula: "tickets opened in the period and resolved by the as-of date / tickets opened in the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Column(TableName::Tickets, "resolved_at")],
    edge_cases: "The latest tickets have had no time.",
    misleads: "Closing without solving raises it: see reopened tickets and csat.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(14),
    observe,
    example: Example {
        story: "Of 40 tickets 38 are resolved: 95 %.",
        customers: || {
            let customer = |resolved| Facts {
                tickets: TicketFacts { opened: 2, resolved, ..TicketFacts::default() },
                ..Facts::default()
            };
            vec![(18, customer(2)), (2, customer(1))]
        },
        value: 0.95,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.tickets.opened > 0 {
        sink.pair(f64::from(facts.tickets.resolved), f64::from(facts.tickets.opened));
    }
}
