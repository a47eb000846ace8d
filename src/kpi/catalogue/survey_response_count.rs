//! `survey_response_count`: how many answers there are.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "survey_response_count",
    brief: "how many answers there are",
    what: "Number of survey answers of a period.",
    formula: "rows of surveys, every answer counted.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Satisfaction,
    needs: &[Need::Table(TableName::Surveys)],
    edge_cases: "Several answers of one customer count several times.",
    misleads: "Says nothing about the rate of response: invitations are not known.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "100 customers answer once, 10 twice: 120.",
        customers: || {
            vec![
                (100, Facts { surveys: SurveyFacts { responses: 1, ..SurveyFacts::default() }, ..Facts::default() }),
                (10, Facts { surveys: SurveyFacts { responses: 2, ..SurveyFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 120.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.surveys.responses > 0 {
        sink.add(f64::from(facts.surveys.responses));
    }
}
