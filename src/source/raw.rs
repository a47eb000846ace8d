//! What a text file says, before anything is made of it: columns of text, line numbers, and rows that have no place.

use polars::prelude::{Column, DataFrame, IntoColumn, NamedFrom, PlSmallStr, Series, StringChunkedBuilder};

use super::Error;
use crate::project::TableSource;

/// The column of a raw frame that holds the line in the file (the row for parquet), from 1.
pub const LINE: &str = "__line";

/// A row that cannot even be divided into its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Line in the file, from 1.
    pub line: u64,
    /// What is wrong.
    pub kind: FaultKind,
    /// The row as it stands in the file, shortened.
    pub text: String,
}

/// What is wrong with the form of a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// Another number of fields than the header has.
    Fields {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// Bytes that are not UTF-8.
    NotText {
        /// The column they are in.
        column: String,
    },
    /// Not a JSON object.
    NotAnObject,
    /// A key that neither the first line nor the mapping knows.
    UnknownKey {
        /// The key.
        key: String,
    },
}

/// A text file's rows.
pub(super) struct Raw {
    /// One text column per column of the file, then [`LINE`].
    pub(super) frame: DataFrame,
    /// Names of the file's columns, in its order.
    pub(super) columns: Vec<String>,
    /// Rows that are not in the frame.
    pub(super) faults: Vec<Fault>,
}

/// Collects rows of text.
pub(super) struct RawBuilder {
    names: Vec<String>,
    columns: Vec<StringChunkedBuilder>,
    lines: Vec<u64>,
    pub(super) faults: Vec<Fault>,
}

impl RawBuilder {
    pub(super) fn new(names: Vec<String>) -> Self {
        let columns = names.iter().map(|name| StringChunkedBuilder::new(PlSmallStr::from_str(name), 0)).collect();
        Self { names, columns, lines: Vec::new(), faults: Vec::new() }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// Adds a row; `fields` holds one entry per column.
    pub(super) fn push<'a>(&mut self, line: u64, fields: impl IntoIterator<Item = Option<&'a str>>) {
        for (column, field) in self.columns.iter_mut().zip(fields) {
            column.append_option(field);
        }
        self.lines.push(line);
    }

    pub(super) fn finish(self) -> Result<Raw, polars::error::PolarsError> {
        let mut columns: Vec<Column> = self.columns.into_iter().map(|column| column.finish().into_column()).collect();
        columns.push(Series::new(PlSmallStr::from_static(LINE), &self.lines).into_column());
        let frame = DataFrame::new(self.lines.len(), columns)?;
        Ok(Raw { frame, columns: self.names, faults: self.faults })
    }
}

/// Which texts mean "no value": the empty text, white space, and what the project lists.
pub(super) struct NullTexts<'a>(&'a [String]);

impl<'a> NullTexts<'a> {
    pub(super) fn of(source: &'a TableSource) -> Self {
        Self(&source.null_values)
    }

    /// The field, unless it means "no value".
    pub(super) fn value<'f>(&self, field: &'f str) -> Option<&'f str> {
        let trimmed = field.trim();
        let is_null = trimmed.is_empty() || self.0.iter().any(|null| null == field || null == trimmed);
        (!is_null).then_some(field)
    }
}

/// At most 80 characters of a row, for messages.
pub(super) fn shortened(text: &str) -> String {
    let text = text.trim_end_matches(['\r', '\n']);
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Refuses two columns of one name.
pub(super) fn distinct(path: &str, names: &[String]) -> Result<(), Error> {
    for (index, name) in names.iter().enumerate() {
        if names[..index].contains(name) {
            return Err(Error::DuplicateColumn { path: path.to_owned(), column: name.clone() });
        }
    }
    Ok(())
}
