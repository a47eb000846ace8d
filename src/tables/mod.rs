//! The canonical tables: their names, columns, types, and which columns of a row become known only later.
//!
//! This is the vocabulary shared by every stage. It knows no frames and no files; `source` maps files onto it,
//! `contract` proves it, `observe` uses [`Column::known_with`] to make rows "grow up".

mod catalogue;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A canonical table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum TableName {
    /// One row a customer (or, with `valid_from`, one per state of a customer).
    Customers,
    /// Anything that happened at an instant.
    Events,
    /// Order lines; lines that share `order` are one order.
    Orders,
    /// Contracts with a start and, when over, an end.
    Subscriptions,
    /// Support tickets.
    Tickets,
    /// Survey answers and reviews.
    Surveys,
    /// Campaign messages sent to customers.
    Messages,
    /// Advertising, aggregated by day and campaign.
    Ads,
    /// Visits to a site or app.
    Visits,
    /// Prospects.
    Leads,
    /// Posts in social networks.
    Posts,
    /// Referrals made by customers.
    Referrals,
    /// Loyalty points earned and redeemed.
    Loyalty,
    /// Membership in named programmes.
    Programs,
    /// Attempted payments.
    Payments,
}

/// The type a canonical column has after `source` has read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// UTF-8 text; ids stay text, leading zeros kept.
    Text,
    /// A finite `f64`.
    Number,
    /// An instant, `Datetime(µs, UTC)`; beside column `x` stands `x_day`, its local `Date` in the project's zone.
    Time,
    /// A Boolean.
    Flag,
}

/// One canonical column.
#[derive(Debug, Clone, Copy)]
pub struct Column {
    /// Its name in project files, expressions and frames.
    pub name: &'static str,
    /// Its type.
    pub kind: ColumnType,
    /// Whether a table without it, or a row without a value, is broken.
    pub required: bool,
    /// The later time of the same row with which this column becomes known (a resolution flag with `resolved_at`).
    /// As of D it reads null while that time is `>= D` or missing. A later time is known with itself.
    pub known_with: Option<&'static str>,
}

/// A canonical table with its columns.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: TableName,
    /// The column that says when the row happened; `None` for `customers`, whose `signup_at` is optional.
    pub time: Option<&'static str>,
    /// The column that names the customer, where there is one.
    pub customer: Option<&'static str>,
    /// All columns, in the contract's order; `known_at` comes last in every table.
    pub columns: &'static [Column],
}

impl TableName {
    /// All tables in the contract's order.
    pub const ALL: [Self; 15] = [
        Self::Customers,
        Self::Events,
        Self::Orders,
        Self::Subscriptions,
        Self::Tickets,
        Self::Surveys,
        Self::Messages,
        Self::Ads,
        Self::Visits,
        Self::Leads,
        Self::Posts,
        Self::Referrals,
        Self::Loyalty,
        Self::Programs,
        Self::Payments,
    ];

    /// The table's definition.
    #[must_use]
    pub fn table(self) -> &'static Table {
        &catalogue::TABLES[self as usize]
    }

    /// The name as the project file spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Customers => "customers",
            Self::Events => "events",
            Self::Orders => "orders",
            Self::Subscriptions => "subscriptions",
            Self::Tickets => "tickets",
            Self::Surveys => "surveys",
            Self::Messages => "messages",
            Self::Ads => "ads",
            Self::Visits => "visits",
            Self::Leads => "leads",
            Self::Posts => "posts",
            Self::Referrals => "referrals",
            Self::Loyalty => "loyalty",
            Self::Programs => "programs",
            Self::Payments => "payments",
        }
    }
}

impl Table {
    /// The column of that name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&'static Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The required columns.
    pub fn required(&self) -> impl Iterator<Item = &'static Column> {
        self.columns.iter().filter(|column| column.required)
    }
}

impl fmt::Display for TableName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_stands_in_the_order_of_the_names() {
        for name in TableName::ALL {
            assert_eq!(name.table().name, name);
        }
    }

    #[test]
    fn whatever_a_column_is_known_with_is_a_time_of_the_same_table() {
        for table in TableName::ALL.map(TableName::table) {
            for column in table.columns {
                let Some(with) = column.known_with else { continue };
                let later = table.column(with).expect("a column of the table");
                assert_eq!(later.kind, ColumnType::Time, "{}.{}", table.name, column.name);
            }
        }
    }

    #[test]
    fn every_table_may_say_when_a_row_became_known() {
        assert!(TableName::ALL.iter().all(|name| name.table().column("known_at").is_some()));
    }
}
