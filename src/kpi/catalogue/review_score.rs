//! `review_score`: how products are reviewed.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "review_score",
    brief: "how products are reviewed",
    what: "Mean score of reviews: answers to the question `review`.",
    formula: "Σ score / reviews.",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Table(TableName::Surveys)],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. The \
           unit is the scale of the review.",
    misleads: "Reviewers are the delighted and the angry: the mean of a U-shaped distribution describes nobody.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Three give 5 stars, one gives 1: 4.",
        customers: || {
            vec![
                (
                    3,
                    Facts {
                        surveys: SurveyFacts {
                            review: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
                            review: Some(Answer { score: 1.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 4.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(answer) = facts.surveys.review {
        sink.add(answer.score);
    }
}
