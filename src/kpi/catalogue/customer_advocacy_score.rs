//! `customer_advocacy_score`: what customers say of us on average.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "customer_advocacy_score",
    brief: "what customers say of us on average",
    what: "Mean of the answers to `trust`, `satisfaction` and `recommend`, rescaled to 0–100.",
    formula: "mean over customers of the mean of their answers, each 100 · (score − scale_min) / (scale_max − \
           scale_min).",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Table(TableName::Surveys), Need::Scale],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. A \
           customer who answered only some of the three counts with those.",
    misleads: "No standard formula: the second component of the customer advocacy index, beside the acts.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "One answers 5 of 5 three times, one 3 of 5: (100 + 50) / 2 = 75.",
        customers: || {
            vec![
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
                            trust: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            satisfaction: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            recommend: Some(Answer { score: 5.0, scale_min: Some(1.0), scale_max: Some(5.0) }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    1,
                    Facts {
                        surveys: SurveyFacts {
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
    let answers = [facts.surveys.trust, facts.surveys.satisfaction, facts.surveys.recommend];
    let positions: Vec<f64> = answers.into_iter().flatten().filter_map(|answer| answer.position()).collect();
    if !positions.is_empty() {
        sink.add(100.0 * positions.iter().sum::<f64>() / positions.len() as f64);
    }
}
