//! `no_incident_loss_rate`: who leaves without a severe ticket.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "no_incident_loss_rate",
    brief: "who leaves without a severe ticket",
    what: "Share of customers lost without a severe ticket: the comparison for post_incident_loss_rate.",
    formula: "customers active at the period's start without a severe ticket in it who are lost / such customers, \
           counted from the start. Lost: not active A days later, A = active_within_days, so that without a \
           subscription all those days must be silent.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Activity, Need::Column(TableName::Tickets, "severity")],
    edge_cases: "Customers whose A days are not over at the as-of date are left out.",
    misleads: "Not matched on tenure: young customers leave more often and have fewer tickets.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::ActiveWindow,
    observe,
    example: Example {
        story: "Of 500 customers without a severe ticket 50 are lost: 10 %.",
        customers: || {
            let customer = |lost| Facts { lost_without_incident: Some(lost), ..Facts::default() };
            vec![(50, customer(true)), (450, customer(false))]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(lost) = facts.lost_without_incident {
        sink.trial(lost);
    }
}
