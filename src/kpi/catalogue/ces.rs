//! `ces`: how easy it was.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "ces",
    brief: "how easy it was",
    what: "Customer effort score: the mean answer to the question `ces`.",
    formula: "Σ score / answers. Polarity: agreement that it was easy, so that high is good.",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Satisfaction,
    needs: &[Need::Table(TableName::Surveys)],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. Scores \
           are taken as they are: the unit is the scale of the question.",
    misleads: "Two schools ask with opposite polarity, and on scales of 5 or 7: declare a question that was asked \
           as effort by mapping the turned score.",
    source: "Dixon, Freeman and Toman 2010; CES 2.0.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three answer 6, one answers 2: 20 / 4 = 5.",
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
        value: 5.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(answer) = facts.surveys.ces {
        sink.add(answer.score);
    }
}
