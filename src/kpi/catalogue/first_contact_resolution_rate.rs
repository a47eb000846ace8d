//! `first_contact_resolution_rate`: how many tickets need one contact only.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, TicketFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "first_contact_resolution_rate",
    brief: "how many tickets need one contact only",
    what: "Share of resolved tickets that were resolved on first contact.",
    formula: "tickets resolved on first contact / resolved tickets whose flag is known, by the period of opening.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Column(TableName::Tickets, "first_contact_resolved")],
    edge_cases: "Tickets without the flag are left out. Whether one contact was enough is known when nobody has come back \
           for 30 days: younger periods are partial.",
    misleads: "Agents who set the flag themselves are generous.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Of 40 resolved tickets 30 were resolved on first contact: 75 %.",
        customers: || {
            vec![(
                10,
                Facts {
                    tickets: TicketFacts { resolved_flagged: 4, first_contact: 3, ..TicketFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 0.75,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.tickets.resolved_flagged > 0 {
        sink.pair(f64::from(facts.tickets.first_contact), f64::from(facts.tickets.resolved_flagged));
    }
}
