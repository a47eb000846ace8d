//! `churn_risk_share`: how many of the scored customers are in the highest band.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ScoreFacts};
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "churn_risk_share",
    brief: "how many of the scored customers are in the highest band",
    what: "Share of the scored customers who lie in the highest risk band.",
    formula: "customers in the first band of `[bands]` / customers scored, as of the run.",
    unit: Unit::Share,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Scores],
    edge_cases: "Only the period that ends at the as-of date has scores; abstained customers are in neither part.",
    misleads: "A band declared as a share from the top holds that share by construction: only a band declared as a \
           probability tells how the base is doing.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "1,000 scored, 80 of them in the highest band: 8 %.",
        customers: || {
            let scored = |in_highest_band| {
                let score = ScoreFacts { in_highest_band, value_at_risk: None };
                Facts { score: Some(score), ..Facts::default() }
            };
            vec![(80, scored(true)), (920, scored(false))]
        },
        value: 0.08,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(score) = facts.score {
        sink.trial(score.in_highest_band);
    }
}
