//! Facts from `surveys`: the latest answer to each question, per customer and period; each answer without a customer
//! is an anonymous unit of its own.

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::float_key;
use super::source::{Frame, Reader, Source, by_period, count, optional_key, sentiments};
use crate::tables::TableName;

/// One answer.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Answer {
    /// The score.
    pub score: f64,
    /// Lower end of the scale, where known.
    pub scale_min: Option<f64>,
    /// Upper end of the scale, where known.
    pub scale_max: Option<f64>,
}

/// Answers of a period.
#[derive(Debug, Clone, Default)]
pub struct SurveyFacts {
    /// Answers given, before only the latest of a customer is kept.
    pub responses: u32,
    /// Net promoter question, 0–10.
    pub nps: Option<Answer>,
    /// Customer satisfaction.
    pub csat: Option<Answer>,
    /// Customer effort: agreement that it was easy.
    pub ces: Option<Answer>,
    /// Trust.
    pub trust: Option<Answer>,
    /// Satisfaction in general.
    pub satisfaction: Option<Answer>,
    /// Recommendation in general.
    pub recommend: Option<Answer>,
    /// Emotional bond.
    pub emotion: Option<Answer>,
    /// A review.
    pub review: Option<Answer>,
    /// Sentiment of the texts, where known.
    pub sentiments: Vec<f64>,
}

impl Answer {
    /// Position on the scale, 0 to 1; `None` where the scale is unknown or empty.
    #[must_use]
    pub fn position(&self) -> Option<f64> {
        let (min, max) = (self.scale_min?, self.scale_max?);
        (max > min).then(|| (self.score - min) / (max - min))
    }
}

/// The table.
#[derive(Debug, Default)]
pub struct Surveys;

/// Questions that KPIs are made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Question {
    Nps,
    Csat,
    Ces,
    Trust,
    Satisfaction,
    Recommend,
    Emotion,
    Review,
    Other,
}

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Response {
    day: i32,
    at: i64,
    question: Question,
    answer: Answer,
    sentiment: Option<f64>,
}

impl Question {
    fn named(name: &str) -> Self {
        match name {
            "nps" => Self::Nps,
            "csat" => Self::Csat,
            "ces" => Self::Ces,
            "trust" => Self::Trust,
            "satisfaction" => Self::Satisfaction,
            "recommend" => Self::Recommend,
            "emotion" => Self::Emotion,
            "review" => Self::Review,
            _ => Self::Other,
        }
    }
}

impl Source for Surveys {
    type Row = Response;
    const TABLE: TableName = TableName::Surveys;
    const COLUMNS: &'static [&'static str] =
        &["customer", "at", "at_day", "question", "score", "scale_min", "scale_max", "sentiment", "text"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Response)>> {
        let (days, instants) = (reader.days("at_day")?, reader.instants("at")?);
        let (questions, scores) = (reader.texts("question")?, reader.numbers("score")?);
        let (lows, highs) = (reader.numbers("scale_min")?, reader.numbers("scale_max")?);
        let sentiments = sentiments(reader)?;
        let response = |row| Response {
            day: days.or_never(row),
            at: instants.get(row).unwrap_or(i64::MIN),
            question: questions.get(row).map_or(Question::Other, Question::named),
            answer: Answer { score: scores.or_zero(row), scale_min: lows.get(row), scale_max: highs.get(row) },
            sentiment: sentiments[row],
        };
        Ok((0..reader.height()).map(|row| (row, response(row))).collect())
    }

    fn key(row: &Response) -> [i64; 6] {
        let scale = optional_key(row.answer.scale_max) ^ optional_key(row.answer.scale_min).rotate_left(17);
        let question = row.question as i64;
        [i64::from(row.day), row.at, float_key(row.answer.score), scale, optional_key(row.sentiment), question]
    }

    fn fill(rows: &[Response], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |row| row.day,
            frame,
            facts,
            |rows, facts| {
                // Rows stand in the order of their instants, so the last is the latest; of equal instants the higher score.
                let latest = |question| rows.iter().rev().find(|row| row.question == question).map(|row| row.answer);
                facts.surveys = SurveyFacts {
                    responses: count(rows.len()),
                    nps: latest(Question::Nps),
                    csat: latest(Question::Csat),
                    ces: latest(Question::Ces),
                    trust: latest(Question::Trust),
                    satisfaction: latest(Question::Satisfaction),
                    recommend: latest(Question::Recommend),
                    emotion: latest(Question::Emotion),
                    review: latest(Question::Review),
                    sentiments: rows.iter().filter_map(|row| row.sentiment).collect(),
                };
            },
        );
    }
}
