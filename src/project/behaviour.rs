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
    /// So many rows at least make the behaviour.
    #[serde(default = "one")]
    pub at_least: u32,
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

const fn one() -> u32 {
    1
}
