//! Which columns of which tables somebody needs; all others are never decoded.

use std::collections::{BTreeMap, BTreeSet};

use super::derived::derived;
use crate::contract::{Checked, Shaped};
use crate::project::{FeatureDeclaration, Project, Target, TargetKind};
use crate::tables::{ColumnType, TableName};

/// Kinds of features that compare a row with the next, so that the order within a day matters to them.
const COMPARING_KINDS: [&str; 3] = ["change", "steps_up", "steps_down"];

/// What is needed of all tables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// By table; every table with customers is read, at least for when they were seen.
    pub tables: BTreeMap<TableName, TableNeeds>,
}

/// What is needed of one table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableNeeds {
    /// Canonical, derived and attribute columns.
    pub columns: BTreeSet<String>,
    /// Row filters, as SQL over canonical columns.
    pub expressions: BTreeSet<String>,
    /// Whether rows of one day must lie in an order of their own: some feature compares one row with the next.
    pub ordered: bool,
}

impl Needs {
    /// What the project's features, targets and value need.
    ///
    /// # Errors
    /// If a shipped feature file is not valid: a bug.
    pub fn of(project: &Project, checked: &Checked) -> Result<Self, toml::de::Error> {
        let wanted = Self::wanted(project)?;
        let tables = checked.tables.values().filter_map(|table| Some((table.name, wanted.available(table)?)));
        Ok(Self { tables: tables.collect() })
    }

    /// The same before it is known what the tables have.
    ///
    /// # Errors
    /// If a shipped feature file is not valid: a bug.
    pub fn wanted(project: &Project) -> Result<Self, toml::de::Error> {
        let mut needs = Self::default();
        for declared in project.features.declarations()?.values() {
            needs.add_feature(declared);
        }
        for target in project.targets.values() {
            needs.add_target(target);
        }
        needs.add_value();
        needs.add_small_tables();
        Ok(needs)
    }

    fn table(&mut self, name: TableName) -> &mut TableNeeds {
        self.tables.entry(name).or_default()
    }

    fn add_feature(&mut self, declared: &FeatureDeclaration) {
        let Some(table) = declared.table else { return };
        let needs = self.table(table);
        let lists = [&declared.happened, &declared.pending, &declared.is_true, &declared.is_false];
        needs.columns.extend(lists.into_iter().flatten().cloned());
        needs.columns.extend(declared.column.iter().chain(&declared.each).chain(declared.levels.keys()).cloned());
        if !declared.kinds.is_empty() || !declared.not_kinds.is_empty() || declared.activity {
            needs.columns.insert("kind".to_owned());
        }
        needs.expressions.extend(declared.filter.clone());
        needs.ordered |= COMPARING_KINDS.contains(&declared.kind.as_str());
        needs.ordered |= declared.is_true.iter().chain(&declared.is_false).any(|flag| flag == ORDER_HEAD);
    }

    fn add_target(&mut self, target: &Target) {
        if target.kind == TargetKind::Advocacy {
            for (table, columns) in [
                (TableName::Surveys, &["question", "score", "scale_min", "scale_max"][..]),
                (TableName::Posts, &["kind", "sentiment"]),
            ] {
                self.table(table).columns.extend(columns.iter().map(|&column| column.to_owned()));
            }
        }
        self.table(TableName::Customers).columns.extend(target.column.clone());
        for table in target.table.map_or_else(|| vec![TableName::Orders, TableName::Events], |table| vec![table]) {
            let needs = self.table(table);
            needs.columns.insert("kind".to_owned());
            needs.expressions.extend(target.filter.clone());
        }
    }

    fn add_value(&mut self) {
        self.table(TableName::Orders).columns.insert("amount".to_owned());
        self.table(TableName::Subscriptions).columns.insert("mrr".to_owned());
    }

    /// Tables of contracts and cases are small, and their later times are what makes their rows grow up.
    fn add_small_tables(&mut self) {
        for table in [TableName::Subscriptions, TableName::Tickets, TableName::Programs] {
            let columns = table.table().columns.iter();
            let kept = columns.filter(|column| column.kind == ColumnType::Time || column.name == "end_reason");
            self.table(table).columns.extend(kept.map(|column| column.name.to_owned()));
        }
        let customers = self.table(TableName::Customers);
        customers.columns.extend(["valid_from", "valid_to", "signup_at"].map(str::to_owned));
        customers.ordered = true;
    }

    /// What is needed of a table and there, with the later times that columns become known with; every table with
    /// customers is read, at least for when they were seen.
    pub fn available(&self, table: &impl Shaped) -> Option<TableNeeds> {
        let name = table.name();
        if !name.has_history() {
            return None;
        }
        let mut needs = self.tables.get(&name).cloned().unwrap_or_default();
        let usable = table.attributes().iter().filter(|attribute| attribute.usable);
        needs.columns.extend(usable.map(|attribute| attribute.name.clone()));
        for column in std::mem::take(&mut needs.columns).into_iter().filter(|column| has_column(table, column)) {
            needs.columns.extend(known_with(name, &column).filter(|with| table.has(with)).map(str::to_owned));
            needs.columns.insert(column);
        }
        if needs.columns.contains(ORDER_HEAD) {
            needs.columns.extend(["order", "amount"].into_iter().filter(|name| table.has(name)).map(str::to_owned));
        }
        needs.expressions.retain(|text| roots(text).is_none_or(|roots| roots.iter().all(|root| table.has(root))));
        Some(needs)
    }
}

impl TableNeeds {
    /// The columns that rows are read with, in their order.
    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.columns.iter().filter(|column| *column != ORDER_HEAD).chain(&self.expressions)
    }
}

/// Flag of `orders`: the first known line of its order (of its returns, if it has a negative amount).
pub const ORDER_HEAD: &str = "order_head";

/// The columns an SQL expression reads; nothing if it cannot be parsed.
#[must_use]
pub fn roots(text: &str) -> Option<Vec<String>> {
    let parsed = polars::sql::sql_expr(text).ok()?;
    Some(parsed.meta().root_names().into_iter().map(|name| name.to_string()).collect())
}

/// The later time with which a column of a table becomes known.
pub fn known_with(table: TableName, column: &str) -> Option<&'static str> {
    let canonical = table.table().column(column).and_then(|column| column.known_with);
    canonical.or_else(|| derived(table, column).and_then(|made| made.known_with))
}

/// Whether a table has a canonical, derived or attribute column that can be read.
#[must_use]
pub fn has_column(table: &impl Shaped, column: &str) -> bool {
    let time = table.name().table().time;
    let structural = ["customer", "referrer", "known_at"].contains(&column) || time == Some(column);
    let made = derived(table.name(), column).is_some_and(|made| made.from.iter().all(|from| table.has(from)));
    let attribute = table.attributes().iter().any(|attribute| attribute.name == column);
    let head = table.name() == TableName::Orders && column == ORDER_HEAD;
    !structural && (table.has(column) || made || attribute || head)
}

impl TableName {
    /// Whether the table's rows belong to customers. Prospects are not customers yet, advertising is nobody's.
    #[must_use]
    pub fn has_history(self) -> bool {
        !matches!(self, Self::Leads | Self::Ads)
    }
}
