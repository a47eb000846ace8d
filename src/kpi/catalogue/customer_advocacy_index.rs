//! `customer_advocacy_index`: how many speak for us less how many speak against us.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customer_advocacy_index",
    brief: "how many speak for us less how many speak against us",
    what: "Share of customers with a verified positive act less the share with a negative one, −1 to 1.",
    formula: "(customers with ≥ 1 positive act − customers with ≥ 1 negative act) / active customers. A positive \
           act: a referral that converted, a review of at least 4 of 5, a positive public post, an answer of 9 \
           or 10 to nps. A negative act: a review of at most 2 of 5, a negative public post, an answer of 0 to \
           6 to nps.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Activity, Need::Table(TableName::Surveys)],
    edge_cases: "Active: at the period's end, or on any day of the period. Reviews whose scale is not known and posts \
           whose sentiment is not known are no acts.",
    misleads: "No standard formula: this is version 1 of ours, and its components are always written beside it. \
           Whoever is not asked and does not post shows no act.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Balance,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Of 100 active customers 50 are promoters and 20 detractors: 0.5 − 0.2 = 0.3.",
        customers: || {
            let of = |score| SurveyFacts { nps: Some(Answer { score, ..Answer::default() }), ..SurveyFacts::default() };
            let customer = |score| Facts { active_at_end: true, surveys: of(score), ..Facts::default() };
            vec![(50, customer(9.0)), (20, customer(3.0)), (30, customer(8.0))]
        },
        value: 0.3,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.is_active() {
        let (speaks_for, speaks_against) = (facts.has_positive_act(), facts.has_negative_act());
        sink.add(f64::from(i8::from(speaks_for) - i8::from(speaks_against)));
    }
}
