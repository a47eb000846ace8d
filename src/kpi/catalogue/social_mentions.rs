//! `social_mentions`: how often we are mentioned.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, PostFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "social_mentions",
    brief: "how often we are mentioned",
    what: "Mentions of the brand in posts.",
    formula: "Σ mentions over posts of the period.",
    unit: Unit::Count,
    better: Better::High,
    stage: Stage::Reach,
    purpose: Purpose::Advocacy,
    needs: &[Need::Column(TableName::Posts, "mentions")],
    edge_cases: "Posts without the number count 0.",
    misleads: "Complaints are mentions too: see sentiment.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Total,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "Ten posts mention us once, one 5 times: 15.",
        customers: || {
            vec![
                (10, Facts { posts: PostFacts { mentions: 1.0, ..PostFacts::default() }, ..Facts::default() }),
                (1, Facts { posts: PostFacts { mentions: 5.0, ..PostFacts::default() }, ..Facts::default() }),
            ]
        },
        value: 15.0,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.posts.mentions > 0.0 {
        sink.add(facts.posts.mentions);
    }
}
