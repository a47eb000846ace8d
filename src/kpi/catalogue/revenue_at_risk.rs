//! `revenue_at_risk`: what is expected to be lost.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, ScoreFacts};
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "revenue_at_risk",
    brief: "what is expected to be lost",
    what: "Expected loss of customer value: probability of leaving times value, summed.",
    formula: "Σ score × value over the scored customers whose value is known, as of the run.",
    unit: Unit::Money,
    better: Better::Low,
    stage: Stage::Engage,
    purpose: Purpose::Value,
    needs: &[Need::ValueAtRisk],
    edge_cases: "Only the period that ends at the as-of date has scores; customers of unknown value are left out.",
    misleads: "An expectation over the model's horizon, not a forecast of what a campaign could save.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten customers worth 200 with a risk of 50 %, ten with 10 %: 1,000 + 200 = 1,200.",
        customers: || {
            let at_risk = |value| {
                let score = ScoreFacts { in_highest_band: false, value_at_risk: Some(value) };
                Facts { score: Some(score), ..Facts::default() }
            };
            vec![(10, at_risk(100.0)), (10, at_risk(20.0))]
        },
        value: 1_200.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if let Some(value) = facts.score.and_then(|score| score.value_at_risk) {
        sink.add(value);
    }
}
