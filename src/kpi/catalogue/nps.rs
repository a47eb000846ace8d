//! `nps`: would they recommend us: promoters less detractors.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Answer, Facts, SurveyFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "nps",
    brief: "would they recommend us: promoters less detractors",
    what: "Net promoter score of the period's answers.",
    formula: "100 · (promoters − detractors) / answers; promoters answer 9 or 10, detractors 0 to 6 on a scale of \
           0 to 10. Numerator: promoters − detractors.",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Table(TableName::Surveys)],
    edge_cases: "One answer per customer and period: the latest. Answers without a customer count one by one. No \
           answers: null, zero_denominator.",
    misleads: "Only those who answer are heard: see survey_response_count. Very different pictures (40/0/60 and \
           20/60/20…) can share one score; small samples swing by tens of points.",
    source: "Reichheld 2003; variance of Rocks 2016. Shipped marks: above 0 wanted, above 20 good.",
    statistic: Statistic::NetShare,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "300 promoters, 100 passives, 100 detractors of 500: 40.",
        customers: || {
            vec![
                (
                    300,
                    Facts {
                        surveys: SurveyFacts {
                            nps: Some(Answer { score: 10.0, scale_min: None, scale_max: None }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    100,
                    Facts {
                        surveys: SurveyFacts {
                            nps: Some(Answer { score: 8.0, scale_min: None, scale_max: None }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
                (
                    100,
                    Facts {
                        surveys: SurveyFacts {
                            nps: Some(Answer { score: 3.0, scale_min: None, scale_max: None }),
                            ..SurveyFacts::default()
                        },
                        ..Facts::default()
                    },
                ),
            ]
        },
        value: 40.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(answer) = facts.surveys.nps {
        sink.add(side(answer.score));
    }
}

fn side(score: f64) -> f64 {
    match score {
        promoter if promoter >= 9.0 => 1.0,
        detractor if detractor <= 6.0 => -1.0,
        _ => 0.0,
    }
}
