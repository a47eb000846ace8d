//! `post_incident_loss_rate`: who leaves after a severe ticket.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "post_incident_loss_rate",
    brief: "who leaves after a severe ticket",
    what: "Share of customers lost after a severe ticket.",
    formula: "customers with a severe ticket in the period who are lost / customers with a severe ticket in the \
           period who were active that day. Lost: not active A days later, A = active_within_days, so that \
           without a subscription all those days must be silent. Severe: urgent, critical, high, severe, \
           blocker, major, p1, sev1, 1.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Service,
    needs: &[Need::Activity, Need::Column(TableName::Tickets, "severity")],
    edge_cases: "The first severe ticket of a period counts. Customers whose A days are not over at the as-of date \
           are left out.",
    misleads: "Association, not effect: customers with severe tickets differ. Compare no_incident_loss_rate beside \
           it, and insights for tenure.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::ActiveWindow,
    observe,
    example: Example {
        story: "Of 50 customers with a severe ticket 15 are lost: 30 %.",
        customers: || {
            let customer = |lost| Facts { lost_after_incident: Some(lost), ..Facts::default() };
            vec![(15, customer(true)), (35, customer(false))]
        },
        value: 0.3,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(lost) = facts.lost_after_incident {
        sink.trial(lost);
    }
}
