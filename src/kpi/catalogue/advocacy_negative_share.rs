//! `advocacy_negative_share`: how many speak against us.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "advocacy_negative_share",
    brief: "how many speak against us",
    what: "Share of active customers with a negative act.",
    formula: "customers with ≥ 1 negative act / active customers. A positive act: a referral that converted, a \
           review of at least 4 of 5, a positive public post, an answer of 9 or 10 to nps. A negative act: a \
           review of at most 2 of 5, a negative public post, an answer of 0 to 6 to nps.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Activity, Need::Table(TableName::Surveys)],
    edge_cases: "Active: at the period's end, or on any day of the period. Reviews whose scale is not known and posts \
           whose sentiment is not known are no acts.",
    misleads: "No standard formula: this is version 1 of ours, and its components are always written beside it. \
           Whoever is not asked and does not post shows no act.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 active customers 20 are detractors: 20 %.",
        customers: || {
            let of = |score| SurveyFacts { nps: Some(Answer { score, ..Answer::default() }), ..SurveyFacts::default() };
            let customer = |score| Facts { active_at_end: true, surveys: of(score), ..Facts::default() };
            vec![(50, customer(9.0)), (20, customer(3.0)), (30, customer(8.0))]
        },
        value: 0.2,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.is_active() {
        sink.trial(facts.has_negative_act());
    }
}
