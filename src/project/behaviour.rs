//! `[behaviour.NAME]`: something customers do, whose association with outcomes is measured.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::tables::TableName;

/// Something customers do, whose association with outcomes is measured.
///
/// ```toml
/// [behaviour.chat]                       # used the chat at least once in the 30 days before the cutoff
/// table = "events"
/// kinds = ["chat"]
/// at_least = 1
/// within_days = 30
///
/// [behaviour.no_incident]                # no urgent ticket in the last half year
/// table = "tickets"
/// where = "severity = 'urgent'"
/// at_most = 0
/// within_days = 180
/// description = "without an urgent ticket for half a year"
///
/// [behaviour.first_ticket_unresolved]    # compared with customers whose first ticket was resolved at once
/// table = "tickets"
/// first = true
/// where = "NOT first_contact_resolved"
/// description = "whose first ticket was not resolved on first contact"
/// ```
#[derive(Debug, Clone, Deserialize, Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Behaviour {
    /// The table whose rows show the behaviour.
    pub table: TableName,
    /// Kinds of rows that count (`events` and `posts`); all if left out.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// Which rows count: an SQL expression over canonical columns, as they were known at the cutoff.
    #[serde(default, rename = "where")]
    pub filter: Option<String>,
    /// So many rows at least make the behaviour; 1 if left out, 0 where `at_most` is given.
    #[serde(default)]
    pub at_least: Option<u32>,
    /// So many rows at most; no limit if left out. `at_most = 0` is the absence of something.
    #[serde(default)]
    pub at_most: Option<u32>,
    /// Only rows of so many days before the cutoff; the whole history if left out.
    #[serde(default)]
    pub within_days: Option<u32>,
    /// Count distinct values of this column instead of rows.
    #[serde(default)]
    pub distinct: Option<String>,
    /// Look only at each customer's first row: does it satisfy `where`? Customers without one are left out.
    #[serde(default)]
    pub first: bool,
    /// What these customers do, to follow "customers who": `used the chat`; may begin with `who`, `whose` or `with`.
    #[serde(default)]
    pub description: Option<String>,
}

impl Behaviour {
    /// Whether so many rows (or distinct values) make the behaviour.
    #[must_use]
    pub fn is_shown_by(&self, count: u32) -> bool {
        let least = self.at_least.unwrap_or(u32::from(self.at_most.is_none()));
        count >= least && self.at_most.is_none_or(|most| count <= most)
    }
}
