//! `[action.NAME]`: what to do about a customer whose reasons fit.

use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize};

/// What to do about a customer whose reasons fit.
///
/// ```toml
/// [action.call_back]
/// when = "unresolved tickets"      # or a list of alternatives; left out: fits everybody no other rule fits
/// channel = "phone"
/// cost = 4.0
/// offer = "a call by the service lead within a day"
/// ```
#[derive(Debug, Clone, PartialEq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Action {
    /// Phrases; one fits a reason when all its words occur in the reason's text, in any order and case.
    #[serde(deserialize_with = "one_or_several")]
    #[schemars(with = "String")]
    pub when: Vec<String>,
    /// Only in this band.
    pub band: Option<String>,
    /// Only from this value at risk on.
    pub min_value_at_risk: Option<f64>,
    /// How to reach the customer.
    pub channel: Option<String>,
    /// What one contact costs, in the project's currency.
    pub cost: Option<f64>,
    /// What to say or give.
    pub offer: Option<String>,
}

impl Action {
    /// Whether band and value at risk are those the rule is for; an unknown value meets no minimum.
    #[must_use]
    pub fn allows(&self, band: &str, value_at_risk: f64) -> bool {
        self.band.as_deref().is_none_or(|wanted| wanted == band)
            && self.min_value_at_risk.is_none_or(|minimum| value_at_risk >= minimum)
    }
}

fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Written {
        One(String),
        Several(Vec<String>),
    }
    Ok(match Written::deserialize(deserializer)? {
        Written::One(phrase) => vec![phrase],
        Written::Several(phrases) => phrases,
    })
}
