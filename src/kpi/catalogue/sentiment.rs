//! `sentiment`: in what tone customers speak.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, PostFacts};
use crate::kpi::statistic::Statistic;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "sentiment",
    brief: "in what tone customers speak",
    what: "Mean sentiment of customers' posts, survey texts and tickets, −1 to 1.",
    formula: "Σ sentiment / texts with a sentiment.",
    unit: Unit::Score,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Advocacy,
    needs: &[Need::Sentiment],
    edge_cases: "Posts of the brand itself are left out. Where no `sentiment` is mapped, English texts are scored by VADER; \
                 texts that cannot be English are left out.",
    misleads: "Scores of lexicons miss irony and other languages than their own.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Mean,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Texts of 1, 0.5 and −0.75: 0.25.",
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

/// Every text that has a tone is one observation.
pub(super) fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    let texts = [&facts.posts.sentiments, &facts.surveys.sentiments, &facts.tickets.sentiments];
    for sentiment in texts.into_iter().flatten() {
        sink.add(*sentiment);
    }
}
