//! `lead_conversion_rate`: how many leads become customers.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, LeadFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "lead_conversion_rate",
    brief: "how many leads become customers",
    what: "Share of leads that converted.",
    formula: "leads of the period converted by the as-of date / leads of the period.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Convert,
    purpose: Purpose::Acquisition,
    needs: &[Need::Column(TableName::Leads, "converted_at")],
    edge_cases: "The latest leads have had no time: compare periods of equal age.",
    misleads: "Depends on what is called a lead.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::Days(30),
    observe,
    example: Example {
        story: "Of 50 leads 5 convert: 10 %.",
        customers: || {
            vec![
                (5, Facts { leads: LeadFacts { leads: 1, converted: 1, ..LeadFacts::default() }, ..Facts::default() }),
                (45, Facts { leads: LeadFacts { leads: 1, ..LeadFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 0.1,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.leads.leads > 0 {
        sink.pair(f64::from(facts.leads.converted), f64::from(facts.leads.leads));
    }
}
