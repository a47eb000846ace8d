//! `[features]`: which features are computed, and the form in which every feature is declared.
//!
//! A feature is a *kind* (how rows become a number, in `feature::kinds`) and a *declaration* (which rows, which window).
//! The shipped declarations (`models/specs/features/*.toml`) and the project's own (`[features.define.NAME]`) have one
//! form and one parser. A declaration may stand for several features: one per entry of `windows`, one per level of
//! `each`.

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tables::TableName;

/// Which features are computed.
#[derive(Debug, Clone, Default, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureSettings {
    /// Families of shipped features; all if left out, none if empty.
    pub presets: Option<Vec<String>>,
    /// Only features of these names; a trailing `*` matches any ending. All if empty.
    pub only: Vec<String>,
    /// No features of these names; a trailing `*` matches any ending.
    pub except: Vec<String>,
    /// Event kinds that always get their own features, seen in the data or not.
    pub kinds: Vec<String>,
    /// The project's own features, by name.
    pub define: IndexMap<String, FeatureDeclaration>,
}

/// One declared feature, or several that differ in window or level.
#[derive(Debug, Clone, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct FeatureDeclaration {
    /// How rows become a value: a name of `list features --kinds`.
    pub kind: String,
    /// The table whose rows are looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub table: Option<TableName>,
    /// The column the kind works on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<String>,
    /// Only rows of these event kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub kinds: Vec<String>,
    /// No rows of these event kinds.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_kinds: Vec<String>,
    /// Only what customers did: kinds listed under `[roles] passive` do not count.
    #[serde(skip_serializing_if = "is_false")]
    pub activity: bool,
    /// Only rows for which this SQL expression over the row's own columns holds (none that become known later).
    #[serde(rename = "where", skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Only rows whose later times of these names have passed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub happened: Vec<String>,
    /// Only rows whose later times of these names have not passed yet.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub pending: Vec<String>,
    /// Only rows whose flags of these names are known and true.
    #[serde(rename = "is", skip_serializing_if = "Vec::is_empty")]
    pub is_true: Vec<String>,
    /// Only rows whose flags of these names are known and false.
    #[serde(rename = "is_not", skip_serializing_if = "Vec::is_empty")]
    pub is_false: Vec<String>,
    /// Days before the cutoff that are looked at; the whole history if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Span>,
    /// One feature per window, named `NAME_DAYS` (`NAME_all` for the whole history).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub windows: Vec<Span>,
    /// Half-life of decayed sums, in days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_life: Option<f64>,
    /// One feature per level of this text column; `{level}` in the name stands for the level.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub each: Option<String>,
    /// Only rows with one of these levels in these text columns.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub levels: IndexMap<String, Vec<String>>,
    /// `indicator`: the level that counts as 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    /// `ratio`, `difference`: the feature above the line, or the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub numerator: Option<String>,
    /// `ratio`, `difference`: the feature below the line, or the second.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub denominator: Option<String>,
    /// Added above and below the line of a ratio; 0 if left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plus: Option<f64>,
    /// The value where the kind's own is undefined, as for customers without rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub empty: Option<f64>,
    /// Computed for other features only, never written.
    #[serde(skip_serializing_if = "is_false")]
    pub hidden: bool,
    /// Family, for grouping reasons and lists; `own` for a project's features.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub family: String,
    /// Unit of the value.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub unit: String,
    /// Why the feature is there, in words a marketer understands.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub why: String,
}

/// A window: days before the cutoff, or the whole history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Span {
    /// `[D - days, D)`.
    Days(u32),
    /// `"all"`.
    Whole(Whole),
}

/// The whole history before the cutoff.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Whole {
    /// Everything before the cutoff.
    All,
}

impl Span {
    /// The number of days; nothing for the whole history.
    #[must_use]
    pub const fn days(self) -> Option<u32> {
        match self {
            Self::Days(days) => Some(days),
            Self::Whole(Whole::All) => None,
        }
    }
}

impl FeatureSettings {
    /// Whether the settings keep a feature of that name.
    #[must_use]
    pub fn keeps(&self, name: &str) -> bool {
        let listed = |patterns: &[String]| patterns.iter().any(|pattern| matches(pattern, name));
        (self.only.is_empty() || listed(&self.only)) && !listed(&self.except)
    }

    /// Whether the settings keep shipped features of that family.
    #[must_use]
    pub fn keeps_family(&self, family: &str) -> bool {
        self.presets.as_ref().is_none_or(|presets| presets.iter().any(|preset| preset == family || preset == "all"))
    }

    /// All declarations in force: the shipped ones of the chosen families, then the project's own, which replace shipped
    /// ones of the same name.
    ///
    /// # Errors
    /// If a shipped file is not valid TOML: a bug, caught by a test.
    pub fn declarations(&self) -> Result<IndexMap<String, FeatureDeclaration>, toml::de::Error> {
        let mut all: IndexMap<String, FeatureDeclaration> =
            shipped()?.into_iter().filter(|(_, declared)| self.keeps_family(&declared.family)).collect();
        for (name, declared) in &self.define {
            let mut declared = declared.clone();
            if declared.family.is_empty() {
                "own".clone_into(&mut declared.family);
            }
            all.insert(name.clone(), declared);
        }
        Ok(all)
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
const fn is_false(flag: &bool) -> bool {
    !*flag
}

/// The shipped families and their declarations.
const SHIPPED: [(&str, &str); 18] = [
    ("recency", include_str!("../../models/specs/features/recency.toml")),
    ("frequency", include_str!("../../models/specs/features/frequency.toml")),
    ("monetary", include_str!("../../models/specs/features/monetary.toml")),
    ("attribute", include_str!("../../models/specs/features/attribute.toml")),
    ("trend", include_str!("../../models/specs/features/trend.toml")),
    ("decay", include_str!("../../models/specs/features/decay.toml")),
    ("inter_event", include_str!("../../models/specs/features/inter_event.toml")),
    ("breadth", include_str!("../../models/specs/features/breadth.toml")),
    ("ratio", include_str!("../../models/specs/features/ratio.toml")),
    ("support", include_str!("../../models/specs/features/support.toml")),
    ("survey", include_str!("../../models/specs/features/survey.toml")),
    ("message", include_str!("../../models/specs/features/message.toml")),
    ("social", include_str!("../../models/specs/features/social.toml")),
    ("subscription", include_str!("../../models/specs/features/subscription.toml")),
    ("payment", include_str!("../../models/specs/features/payment.toml")),
    ("calendar", include_str!("../../models/specs/features/calendar.toml")),
    ("loyalty", include_str!("../../models/specs/features/loyalty.toml")),
    ("visit", include_str!("../../models/specs/features/visit.toml")),
];

/// Every shipped declaration, family after family, each in its file's order.
///
/// # Errors
/// If a shipped file is not valid TOML: a bug, caught by a test.
pub fn shipped() -> Result<IndexMap<String, FeatureDeclaration>, toml::de::Error> {
    let mut all = IndexMap::new();
    for (family, text) in SHIPPED {
        let declared: IndexMap<String, FeatureDeclaration> = toml::from_str(text)?;
        all.extend(declared.into_iter().map(|(name, mut declaration)| {
            family.clone_into(&mut declaration.family);
            (name, declaration)
        }));
    }
    Ok(all)
}
