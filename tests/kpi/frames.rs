//! Checked tables made by hand: columns in, a [`Checked`] out, with local days as the contract makes them.

use std::collections::BTreeMap;

use polars::prelude::*;
use tidewatch::contract::{Attribute, Checked, CheckedTable};
use tidewatch::project::Project;
use tidewatch::tables::TableName;
use tidewatch::time::{Day, Zone};

/// A day from its ISO text.
pub fn day(text: &str) -> Day {
    text.parse().expect("a date")
}

/// A project from the text of its file.
pub fn project(text: &str) -> Project {
    toml::from_str(&format!("[project]\nname = \"test\"\n{text}")).expect("a project")
}

/// Builds one table column by column.
pub struct Builder {
    name: TableName,
    zone: Zone,
    columns: Vec<Column>,
    mapped: Vec<String>,
    attributes: Vec<Attribute>,
}

/// A table under construction, in UTC.
pub fn table(name: TableName) -> Builder {
    Builder { name, zone: Zone::utc(), columns: Vec::new(), mapped: Vec::new(), attributes: Vec::new() }
}

impl Builder {
    /// Another zone for the local days that follow.
    pub fn zone(mut self, name: &str) -> Self {
        self.zone = Zone::named(name).expect("a zone");
        self
    }

    /// A text column.
    pub fn text<T: Into<Option<&'static str>> + Copy>(self, name: &str, values: &[T]) -> Self {
        let values: Vec<Option<&str>> = values.iter().map(|value| (*value).into()).collect();
        self.column(name, Column::new(name.into(), values))
    }

    /// A number column.
    pub fn number<T: Into<Option<f64>> + Copy>(self, name: &str, values: &[T]) -> Self {
        let values: Vec<Option<f64>> = values.iter().map(|value| (*value).into()).collect();
        self.column(name, Column::new(name.into(), values))
    }

    /// An attribute of customers.
    pub fn attribute<T: Into<Option<&'static str>> + Copy>(mut self, name: &str, values: &[T]) -> Self {
        self.attributes.push(Attribute { name: name.to_owned(), numeric: false, usable: true });
        let values: Vec<Option<&str>> = values.iter().map(|value| (*value).into()).collect();
        self.columns.push(Column::new(name.into(), values));
        self
    }

    /// A time column from ISO instants (`2025-01-01T12:00:00Z`) or dates (midnight UTC); empty is null.
    pub fn time<T: AsRef<str>>(mut self, name: &str, values: &[T]) -> Self {
        let instants: Vec<Option<jiff::Timestamp>> = values.iter().map(|value| instant(value.as_ref())).collect();
        let micros: Vec<Option<i64>> =
            instants.iter().map(|instant| instant.map(jiff::Timestamp::as_microsecond)).collect();
        let days: Vec<Option<i32>> =
            instants.iter().map(|instant| instant.map(|instant| self.zone.day_of(instant).epoch_days())).collect();
        let utc = DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC));
        let at = Column::new(name.into(), micros).cast(&utc).expect("a time");
        self.columns.push(Column::new(format!("{name}_day").into(), days).cast(&DataType::Date).expect("a date"));
        self.column(name, at)
    }

    fn column(mut self, name: &str, column: Column) -> Self {
        self.mapped.push(name.to_owned());
        self.columns.push(column);
        self
    }

    fn finish(self) -> CheckedTable {
        let frame = DataFrame::new_infer_height(self.columns).expect("columns of one length");
        let time = self.name.table().time.map(|time| format!("{time}_day"));
        let days =
            time.and_then(|time| frame.column(&time).ok().map(|column| column.cast(&DataType::Int32).expect("days")));
        let days: Vec<i32> =
            days.iter().flat_map(|days| days.i32().expect("days").iter().flatten().collect::<Vec<_>>()).collect();
        let span = days.iter().min().zip(days.iter().max());
        let span = span.map(|(first, last)| (Day::from_epoch_days(*first), Day::from_epoch_days(*last)));
        CheckedTable {
            name: self.name,
            rows: frame.height() as u64,
            frame: frame.lazy(),
            columns: self.mapped,
            attributes: self.attributes,
            quarantined: 0,
            span,
            newest: span.map(|(_, last)| last),
            covered_until: span.map(|(_, last)| last.plus(1)),
            files: Vec::new(),
        }
    }
}

fn instant(text: &str) -> Option<jiff::Timestamp> {
    let with_time = if text.contains('T') { text.to_owned() } else { format!("{text}T00:00:00Z") };
    (!text.is_empty()).then(|| with_time.parse().expect("an instant"))
}

/// Tables as the contract hands them on.
pub fn checked(tables: impl IntoIterator<Item = Builder>) -> Checked {
    let tables: BTreeMap<TableName, CheckedTable> =
        tables.into_iter().map(Builder::finish).map(|table| (table.name, table)).collect();
    Checked { tables, inputs: Vec::new(), findings: Vec::new() }
}
