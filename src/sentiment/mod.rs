//! Sentiment of English text, for tables that carry `text` but no `sentiment`.
//!
//! VADER (Hutto & Gilbert 2014), a lexicon with rules for negation, emphasis and emoji, through the crate
//! `vader-parity`, which equals the published Python package. The score is its compound value in [−1, 1]; ≤ −0.05 reads
//! as negative, ≥ 0.05 as positive.
//!
//! How it misleads: it knows English only, and neither irony nor trade words ("the churn is sick"). Text that is mostly
//! not in Latin letters has no score rather than a neutral one; other languages bring their own `sentiment` column.

use rayon::prelude::*;
use vader_parity::SentimentIntensityAnalyzer;

/// A text needs at least this share of plain Latin letters among its letters to be read as English.
const LATIN_SHARE: f64 = 0.5;

/// Scores texts; costly to make, cheap to use.
pub struct Analyzer(SentimentIntensityAnalyzer);

impl Default for Analyzer {
    fn default() -> Self {
        Self::new()
    }
}

impl Analyzer {
    /// Reads the lexicon.
    #[must_use]
    pub fn new() -> Self {
        Self(SentimentIntensityAnalyzer::new())
    }

    /// Sentiment of one text in [−1, 1]; none for blank text and for text that cannot be English.
    #[must_use]
    pub fn score(&self, text: &str) -> Option<f64> {
        could_be_english(text).then(|| self.0.polarity_scores(text).compound)
    }

    /// Sentiment of many texts, in their order.
    #[must_use]
    pub fn scores(&self, texts: &[Option<&str>]) -> Vec<Option<f64>> {
        texts.par_iter().map(|text| text.and_then(|text| self.score(text))).collect()
    }
}

fn could_be_english(text: &str) -> bool {
    let letters = || text.chars().filter(|letter| letter.is_alphabetic());
    let latin = letters().filter(char::is_ascii).count();
    match letters().count() {
        // Emoji alone have a meaning that the lexicon knows.
        0 => !text.trim().is_empty(),
        all => latin as f64 / all as f64 >= LATIN_SHARE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_those_of_the_published_package() {
        // vaderSentiment 3.3.2, the examples of its documentation.
        let analyzer = Analyzer::new();
        let score = |text| analyzer.score(text);
        assert_eq!(score("VADER is smart, handsome, and funny."), Some(0.8316));
        assert_eq!(score("VADER is not smart, handsome, nor funny."), Some(-0.7424));
        assert_eq!(score("The book was only kind of good."), Some(0.3832));
        assert_eq!(score("Today SUX!"), Some(-0.5461));
    }

    #[test]
    fn what_cannot_be_english_has_no_score() {
        let analyzer = Analyzer::new();
        assert_eq!(analyzer.scores(&[Some("정말 최고예요"), Some("  "), None]), [None, None, None]);
        assert!(analyzer.score("💘").is_some_and(|score| score > 0.0));
    }
}
