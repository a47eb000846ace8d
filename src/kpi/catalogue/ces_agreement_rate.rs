//! `ces_agreement_rate`: how many found it easy.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "ces_agreement_rate",
    brief: "how many found it easy",
    what: "Share of answers to the question `ces` that agree that it was easy.",
    formula: "answers of at least 5 on the scale of 1 to 7 (or as far up another scale) / answers.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Satisfaction,
    needs: &[Need::Table(TableName::Surveys)],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. Where \
           no scale is mapped it is taken to be 1 to 7.",
    misleads: "The other school of the customer effort score: compare it with ces only in direction.",
    source: "CES 2.0 (CEB 2013).",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "3 of 4 answer 6 of 7: 75 %.",
        customers: || {
            vec![
                (
                    3,
                    Facts {
                        surveys: SurveyFacts {
                            ces: Some(Answer { score: 6.0, scale_min: Some(1.0), scale_max: Some(7.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
                            ces: Some(Answer { score: 2.0, scale_min: Some(1.0), scale_max: Some(7.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 0.75,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(answer) = facts.surveys.ces {
        let agrees = answer.position().map_or(answer.score >= 5.0, |position| position >= 4.0 / 6.0);
        sink.trial(agrees);
    }
}
