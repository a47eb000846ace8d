//! `mql_rate`: how many leads are worth a call.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, LeadFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "mql_rate",
    brief: "how many leads are worth a call",
    what: "Share of leads that became qualified.",
    formula: "leads of the period qualified by the as-of date / leads of the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Leads, "qualified_at")],
    edge_cases: "The latest leads have had no time: compare periods of equal age.",
    misleads: "Rises when marketing tightens who counts as a lead.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Of 50 leads 20 are qualified: 40 %.",
        customers: || {
            vec![
                (20, Facts { leads: LeadFacts { leads: 1, qualified: 1, ..LeadFacts::default() }, ..Facts::default() }),
                (30, Facts { leads: LeadFacts { leads: 1, ..LeadFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.4,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.leads.leads > 0 {
        sink.pair(f64::from(facts.leads.qualified), f64::from(facts.leads.leads));
    }
}
