//! Segments: by what KPIs are broken down, and which part a customer belongs to.

use polars::prelude::PlHashMap;

use super::error::Error;
use super::facts::Store;
use crate::contract::Checked;
use crate::tables::{ColumnType, TableName};

/// The part of customers whose value is not known. Parts, this one included, sum to the total.
pub const UNKNOWN: &str = "unknown";

/// What a segment is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Segment {
    /// One attribute of `customers`, or a pair of them (`a+b`).
    Attributes(Vec<String>),
    /// A text column of a table itself: its rows are split, and the KPIs made of that table alone.
    Own(TableName, String),
}

/// Which part every subject belongs to.
#[derive(Debug)]
pub struct Grouping {
    /// The segment's name.
    pub name: String,
    /// Labels of the parts, ascending.
    pub labels: Vec<String>,
    /// The position of each subject's label.
    pub codes: Vec<u32>,
}

/// Finds out what each name means. Unknown names are an error when they were asked for, and left to the contract's
/// warning when they come from the project file.
///
/// # Errors
/// [`Error::UnknownSegment`].
pub fn resolve(names: &[String], checked: &Checked, asked_for: bool) -> Result<Vec<(String, Segment)>, Error> {
    let mut segments = Vec::new();
    for name in names {
        let found = meanings(name, checked);
        if found.is_empty() && asked_for {
            return Err(Error::UnknownSegment { name: name.clone(), known: attributes(checked) });
        }
        segments.extend(found.into_iter().map(|segment| (name.clone(), segment)));
    }
    Ok(segments)
}

fn attributes(checked: &Checked) -> Vec<String> {
    let table = checked.table(TableName::Customers);
    table.map(|table| table.attributes.iter().map(|attribute| attribute.name.clone()).collect()).unwrap_or_default()
}

fn meanings(name: &str, checked: &Checked) -> Vec<Segment> {
    let known = attributes(checked);
    let parts: Vec<String> = if known.iter().any(|attribute| attribute == name) {
        vec![name.to_owned()]
    } else {
        name.split('+').map(str::to_owned).collect()
    };
    if parts.iter().all(|part| known.contains(part)) {
        return vec![Segment::Attributes(parts)];
    }
    let own = checked.tables.values().filter(|table| {
        let column = table.name.table().column(name);
        table.has(name) && column.is_some_and(|column| column.kind == ColumnType::Text && !is_key(name))
    });
    own.map(|table| Segment::Own(table.name, name.to_owned())).collect()
}

/// Columns that name one thing each: no segments.
fn is_key(column: &str) -> bool {
    matches!(
        column,
        "customer" | "order" | "session" | "ticket" | "subscription" | "visitor" | "lead" | "post" | "text"
    )
}

impl Grouping {
    /// Groups subjects by the value that `value_of` finds for each.
    pub fn new<'a>(name: &str, subjects: usize, value_of: impl Fn(usize) -> Option<std::borrow::Cow<'a, str>>) -> Self {
        let values: Vec<_> = (0..subjects).map(|subject| value_of(subject).unwrap_or(UNKNOWN.into())).collect();
        let mut labels: Vec<String> = values.iter().map(|value| value.clone().into_owned()).collect();
        labels.sort_unstable();
        labels.dedup();
        let positions: PlHashMap<&str, u32> = labels.iter().map(String::as_str).zip(0..).collect();
        let codes = values.iter().map(|value| positions.get(value.as_ref()).copied().unwrap_or(0)).collect();
        Self { name: name.to_owned(), codes, labels: labels.clone() }
    }

    /// Groups customers by attributes; anonymous units are unknown.
    #[must_use]
    pub fn by_attributes(name: &str, attributes: &[String], store: &Store) -> Self {
        Self::new(name, store.subjects.len(), |subject| {
            if let [attribute] = attributes {
                return store.attribute(attribute, subject).map(Into::into);
            }
            let parts = attributes.iter().map(|attribute| store.attribute(attribute, subject).unwrap_or(UNKNOWN));
            Some(parts.collect::<Vec<_>>().join("+").into())
        })
    }

    /// Groups split customers by the value they were split by.
    #[must_use]
    pub fn by_split(name: &str, store: &Store) -> Self {
        Self::new(name, store.subjects.len(), |subject| store.subjects.split_value(subject).map(Into::into))
    }
}
