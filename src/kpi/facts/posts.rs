//! Facts from `posts`: what was said in public, and how it was received.

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::float_key;
use super::source::{Frame, Reader, Source, by_period, count, optional_key, sentiments};
use crate::stats::ExactSum;
use crate::tables::TableName;

/// Posts of a period.
#[derive(Debug, Clone, Default)]
pub struct PostFacts {
    /// Posts of customers.
    pub by_customers: u32,
    /// Likes, shares and comments of posts whose followers are known.
    pub engagements_by_followers: f64,
    /// Followers of those posts.
    pub followers: f64,
    /// Likes, shares and comments of posts whose impressions are known.
    pub engagements_by_impressions: f64,
    /// Impressions of those posts.
    pub impressions: f64,
    /// Mentions of the brand.
    pub mentions: f64,
    /// Sentiment of customers' posts, where known.
    pub sentiments: Vec<f64>,
}

/// The table.
#[derive(Debug, Default)]
pub struct Posts;

/// One post.
#[derive(Debug, Clone, Copy)]
pub struct Post {
    day: i32,
    by_brand: bool,
    engagements: f64,
    followers: Option<f64>,
    impressions: Option<f64>,
    mentions: f64,
    sentiment: Option<f64>,
}

impl Source for Posts {
    type Row = Post;
    const TABLE: TableName = TableName::Posts;
    const COLUMNS: &'static [&'static str] = &[
        "customer",
        "at_day",
        "kind",
        "followers",
        "impressions",
        "likes",
        "shares",
        "comments",
        "mentions",
        "sentiment",
        "text",
    ];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Post)>> {
        let (days, kinds) = (reader.days("at_day")?, reader.texts("kind")?);
        let (followers, impressions) = (reader.numbers("followers")?, reader.numbers("impressions")?);
        let (likes, shares, comments) =
            (reader.numbers("likes")?, reader.numbers("shares")?, reader.numbers("comments")?);
        let (mentions, sentiment) = (reader.numbers("mentions")?, sentiments(reader)?);
        let post = |row| Post {
            day: days.or_never(row),
            by_brand: kinds.get(row) == Some("brand"),
            engagements: likes.or_zero(row) + shares.or_zero(row) + comments.or_zero(row),
            followers: followers.get(row),
            impressions: impressions.get(row),
            mentions: mentions.or_zero(row),
            sentiment: sentiment[row],
        };
        Ok((0..reader.height()).map(|row| (row, post(row))).collect())
    }

    fn key(post: &Post) -> [i64; 6] {
        // Rows that agree in all this differ in nothing a sum could show.
        let received = float_key(post.engagements) ^ i64::from(post.by_brand);
        let [followers, impressions, sentiment] = [post.followers, post.impressions, post.sentiment].map(optional_key);
        [i64::from(post.day), received, followers, impressions, float_key(post.mentions), sentiment]
    }

    fn fill(rows: &[Post], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |post| post.day,
            frame,
            facts,
            |posts, facts| {
                let (engagements_by_followers, followers) = engagement(posts, |post| post.followers);
                let (engagements_by_impressions, impressions) = engagement(posts, |post| post.impressions);
                let by_customers = || posts.iter().filter(|post| !post.by_brand);
                facts.posts = PostFacts {
                    by_customers: count(by_customers().count()),
                    engagements_by_followers,
                    followers,
                    engagements_by_impressions,
                    impressions,
                    mentions: posts.iter().map(|post| post.mentions).sum::<ExactSum>().value(),
                    sentiments: by_customers().filter_map(|post| post.sentiment).collect(),
                };
            },
        );
    }
}

fn engagement(posts: &[Post], base: fn(&Post) -> Option<f64>) -> (f64, f64) {
    let known = || posts.iter().filter(|post| base(post).is_some());
    let engagements = known().map(|post| post.engagements).sum::<ExactSum>().value();
    (engagements, known().filter_map(base).sum::<ExactSum>().value())
}
