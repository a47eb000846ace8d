//! `impression_engagement_rate`: how viewers react to posts.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, PostFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "impression_engagement_rate",
    brief: "how viewers react to posts",
    what: "Likes, shares and comments relative to impressions.",
    formula: "Σ (likes + shares + comments) / Σ impressions, over posts whose impressions are known.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Posts, "impressions")],
    edge_cases: "Posts without impressions are left out.",
    misleads: "Another denominator than social_engagement_rate: name it when comparing.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "750 reactions over 25,000 impressions: 3 %.",
        customers: || {
            vec![(
                1,
                Facts {
                    posts: PostFacts {
                        engagements_by_impressions: 750.0,
                        impressions: 25_000.0,
                        ..PostFacts::default()
                    },
                    ..Facts::default()
                },
            )]
        },
        value: 0.03,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.posts.impressions > 0.0 {
        sink.pair(facts.posts.engagements_by_impressions, facts.posts.impressions);
    }
}
