//! `sentiment_forecast`: in what tone customers will speak.

use super::sentiment;
use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Stage, Unit};
use crate::kpi::facts::{Facts, PostFacts};
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "sentiment_forecast",
    brief: "in what tone customers will speak",
    what: "Sentiment expected in the next three periods.",
    formula: "exponential smoothing (level, damped trend, season) of sentiment over the complete periods; the \
           shape is chosen by its errors over rolling origins, and the interval is stretched to what those \
           missed.",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Sentiment],
    edge_cases: "Fewer than 8 complete periods with a value: unavailable:too_few_periods. The whole only, no \
           segments. Its periods lie after the last complete one.",
    misleads: "It goes on as before: it cannot know the campaign or the outage of next month.",
    source: "DEFINITIONS §1; Hyndman et al. 2008.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe: sentiment::observe,
    example: Example {
        story: "Periods of 0.25 each are expected to go on at 0.25.",
        customers: || {
            vec![(
                1,
                Facts {
                    posts: PostFacts { sentiments: vec![1.0, 0.5, -0.75], ..PostFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 0.25,
    },
};
