//! `emotional_loyalty_index`: how bound they feel.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "emotional_loyalty_index",
    brief: "how bound they feel",
    what: "Mean of the answers to `emotion` and `trust`, rescaled to 0–100.",
    formula: "mean over customers of the mean of their answers, each 100 · (score − scale_min) / (scale_max − \
           scale_min).",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Loyalty,
    needs: &[Need::Table(TableName::Surveys), Need::Scale],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. A \
           customer who answered one of the two counts with that one.",
    misleads: "There is no standard formula. It is an attitude, not behaviour: watch it beside retention_rate.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "One answers 5 and 5 of 5, one 3 and 3: (100 + 50) / 2 = 75.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
                            emotion: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            trust: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
                            emotion: Some(Answer { score: 3.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            trust: Some(Answer { score: 3.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 75.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let answers = [facts.surveys.emotion, facts.surveys.trust];
    let positions: Vec<f64> = answers.into_iter().flatten().filter_map(|answer| answer.position()).collect();
    if !positions.is_empty() {
        sink.add(100.0 * positions.iter().sum::<f64>() / positions.len() as f64);
    }
}
