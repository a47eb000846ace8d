//! `[tables.X]`: files, format, column mapping, what to do with bad rows.

use std::fmt;

use indexmap::IndexMap;
use schemars::JsonSchema;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::time::Day;

/// One table or `[[tables.X]]` block.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TableSource {
    /// Paths or globs, relative to the project; `.gz` and `.zst` are read directly.
    pub files: Vec<String>,
    /// File format; by extension if left out.
    #[serde(default)]
    pub format: Option<FileFormat>,
    /// Whether the first line names the columns; without it they are `column_1`, `column_2`, ...
    #[serde(default = "yes")]
    pub header: bool,
    /// Field separator of csv, if it is not a comma.
    #[serde(default)]
    pub separator: Option<char>,
    /// What happens to rows that break the contract.
    #[serde(default)]
    pub on_bad_rows: OnBadRows,
    /// Canonical column = a column of the file, or an SQL expression over the file's columns.
    #[serde(default)]
    pub columns: IndexMap<String, String>,
    /// How times are written: strftime, `iso` (default), `unix_s`, `unix_ms`, `unix_us`.
    #[serde(default)]
    pub at_format: Option<String>,
    /// Texts that mean "no value", beside the empty text.
    #[serde(default)]
    pub null_values: Vec<String>,
    /// Further files whose columns are added by a common key, such as the account that a subscription belongs to.
    #[serde(default)]
    pub join: Vec<Join>,
    /// Row filter: an SQL expression over canonical columns.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// First day this table does not cover; by default the day after its latest time.
    #[serde(default)]
    pub covered_until: Option<Day>,
    /// `customers` only: attributes that do not change with time and may feed a model; `"*"` = all.
    #[serde(default, rename = "static")]
    pub static_attributes: AttributeNames,
    /// Columns never read; a trailing `*` matches any ending.
    #[serde(default)]
    pub ignore: Vec<String>,
}

/// A file whose columns are added to a table's own by a common key.
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Join {
    /// Paths or globs, relative to the project.
    pub files: Vec<String>,
    /// The column both files have; distinct in the joined one. A row without a partner gets no values.
    pub on: String,
}

/// One source or several.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum TableSources {
    /// `[[tables.X]]`, once per source.
    Several(Vec<TableSource>),
    /// `[tables.X]`.
    One(Box<TableSource>),
}

impl Default for TableSource {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            format: None,
            header: true,
            separator: None,
            on_bad_rows: OnBadRows::Error,
            columns: IndexMap::new(),
            at_format: None,
            null_values: Vec::new(),
            join: Vec::new(),
            filter: None,
            covered_until: None,
            static_attributes: AttributeNames::default(),
            ignore: Vec::new(),
        }
    }
}

impl TableSource {
    /// Whether a column of the file is never read.
    #[must_use]
    pub fn ignores(&self, column: &str) -> bool {
        self.ignore.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(beginning) => column.starts_with(beginning),
            None => pattern == column,
        })
    }
}

impl TableSources {
    /// The sources as a slice.
    #[must_use]
    pub fn as_slice(&self) -> &[TableSource] {
        match self {
            Self::Several(sources) => sources,
            Self::One(source) => std::slice::from_ref(source),
        }
    }
}

// By hand, not `untagged`: so that a mistake inside a source keeps its message and its place.
impl<'de> Deserialize<'de> for TableSources {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Sources;
        impl<'de> Visitor<'de> for Sources {
            type Value = TableSources;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table `[tables.NAME]` or several `[[tables.NAME]]`")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                let source = TableSource::deserialize(MapAccessDeserializer::new(map))?;
                Ok(TableSources::One(Box::new(source)))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, items: A) -> Result<Self::Value, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(items)).map(TableSources::Several)
            }
        }
        deserializer.deserialize_any(Sources)
    }
}

/// A file format.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FileFormat {
    /// Separated values, quotes allowed.
    Csv,
    /// Tab-separated values.
    Tsv,
    /// Fields divided by any white space.
    Text,
    /// One JSON object a line.
    Ndjson,
    /// Apache Parquet.
    Parquet,
}

/// What happens to rows that break the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnBadRows {
    /// Stop with a finding.
    #[default]
    Error,
    /// Set aside, count, report.
    Quarantine,
}

/// Names of attributes: a list, or `"*"` for all.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum AttributeNames {
    /// `"*"`.
    Pattern(String),
    /// Listed one by one.
    Listed(Vec<String>),
}

impl AttributeNames {
    /// Whether the attribute is named.
    #[must_use]
    pub fn names(&self, attribute: &str) -> bool {
        match self {
            Self::Pattern(pattern) => pattern == "*" || pattern == attribute,
            Self::Listed(names) => names.iter().any(|name| name == "*" || name == attribute),
        }
    }
}

impl Default for AttributeNames {
    fn default() -> Self {
        Self::Listed(Vec::new())
    }
}

const fn yes() -> bool {
    true
}
