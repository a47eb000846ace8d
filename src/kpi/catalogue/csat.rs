//! `csat`: how many are satisfied.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "csat",
    brief: "how many are satisfied",
    what: "Share of satisfied answers to the question `csat`.",
    formula: "answers among the top 2 of the scale / answers; the scale is that of the row (scale_min, scale_max).",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Satisfaction,
    needs: &[Need::Table(TableName::Surveys), Need::Scale],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. An \
           answer whose scale is missing is left out; an unmapped scale is unavailable:scale, never assumed.",
    misleads: "The top two of five and the top two of ten are different bars. Silent customers are not in it.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "On a scale of 1 to 5, 60 of 100 answer 4 or 5: 60 %.",
        customers: || {
            vec![
                (
                    60,
                    Facts {
                        surveys: SurveyFacts {
                            csat: Some(Answer { score: 4.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    40,
                    Facts {
                        surveys: SurveyFacts {
                            csat: Some(Answer { score: 3.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 0.6,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(answer) = facts.surveys.csat
        && let Some(top) = answer.scale_max
    {
        sink.trial(answer.score >= top - 1.0);
    }
}
