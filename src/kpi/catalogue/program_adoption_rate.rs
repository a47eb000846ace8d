//! `program_adoption_rate`: how many are in a programme.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ProgramFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "program_adoption_rate",
    brief: "how many are in a programme",
    what: "Share of active customers who are members of a named programme.",
    formula: "customers active at the period's end who are in any programme then / customers active at the \
           period's end.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Loyalty,
    needs: &[Need::Activity, Need::Table(TableName::Programs)],
    edge_cases: "A member who has left is none. All programmes of the table count.",
    misleads: "Membership is not use: see loyalty_participation_rate.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 active customers 45 are members: 45 %.",
        customers: || {
            let customer = |is_member_at_end| Facts {
                active_at_end: true,
                programs: ProgramFacts { is_member_at_end },
                ..Facts::default()
            };
            vec![(45, customer(true)), (55, customer(false))]
        },
        value: 0.45,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.active_at_end {
        sink.trial(facts.programs.is_member_at_end);
    }
}
