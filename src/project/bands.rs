//! `[bands]`: names for ranges of risk.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Band names with their lower thresholds, highest first; below all of them lies `low`.
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct Bands(pub IndexMap<String, Threshold>);

impl Default for Bands {
    fn default() -> Self {
        Self(IndexMap::from([
            ("high".to_owned(), Threshold::TopShare(0.05)),
            ("medium".to_owned(), Threshold::TopShare(0.2)),
        ]))
    }
}

/// Where a band begins.
#[derive(Debug, Clone, Copy, PartialEq, JsonSchema)]
#[schemars(with = "String")]
pub enum Threshold {
    /// Scores at or above this probability, in (0, 1).
    Probability(f64),
    /// The riskiest share of the scored customers, in (0, 1].
    TopShare(f64),
}

impl Serialize for Threshold {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Probability(probability) => serializer.serialize_f64(*probability),
            Self::TopShare(share) => serializer.collect_str(&format_args!("top {}%", share * 100.0)),
        }
    }
}

impl<'de> Deserialize<'de> for Threshold {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Written {
            Number(f64),
            Text(String),
        }
        let expected = "a probability between 0 and 1, or a share such as \"top 5%\"";
        let threshold = match Written::deserialize(deserializer)? {
            Written::Number(probability) => Some(Self::Probability(probability)),
            Written::Text(text) => top_share(&text).map(Self::TopShare),
        };
        threshold.filter(Threshold::is_valid).ok_or_else(|| serde::de::Error::custom(expected))
    }
}

impl Threshold {
    fn is_valid(&self) -> bool {
        match *self {
            Self::Probability(p) => p > 0.0 && p < 1.0,
            Self::TopShare(share) => share > 0.0 && share <= 1.0,
        }
    }
}

fn top_share(text: &str) -> Option<f64> {
    let percent = text.trim().strip_prefix("top")?.trim().strip_suffix('%')?;
    percent.trim().parse::<f64>().ok().map(|percent| percent / 100.0)
}
