//! `social_engagement_rate`: how followers react to posts.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::{Facts, PostFacts};
use crate::kpi::statistic::Statistic;
use crate::tables::TableName;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "social_engagement_rate",
    brief: "how followers react to posts",
    what: "Likes, shares and comments relative to followers.",
    formula: "Σ (likes + shares + comments) / Σ followers, over posts whose followers are known.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Act,
    purpose: Purpose::Engagement,
    needs: &[Need::Column(TableName::Posts, "followers")],
    edge_cases: "Followers of an account count once per post. One follower may react several times, so it is a ratio \
           and not a share of people.",
    misleads: "Falls when followers are won faster than they react; networks show posts to a part of them only: see \
           impression_engagement_rate.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Ratio,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "500 likes, 200 shares and 50 comments over 10,000 followers: 7.5 %.",
        customers: || {
            vec![(
                1,
                Facts {
                    posts: PostFacts { engagements_by_followers: 750.0, followers: 10_000.0, ..PostFacts::default() },
                    ..Facts::default()
                },
            )]
        },
        value: 0.075,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.posts.followers > 0.0 {
        sink.pair(facts.posts.engagements_by_followers, facts.posts.followers);
    }
}
