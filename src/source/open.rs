//! Opening a table: its files, each with mapping, types and fingerprint.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use polars::prelude::{DataFrame, DataType, Expr, IntoLazy as _, LazyFrame, PolarsError, PolarsResult, col};

use super::instant::{TimeFormat, TimeParser};
use super::join::{self, JoinedFile, Other};
use super::mapping::{self, MappedColumn, MappedFile};
use super::raw::{Fault, Raw};
use super::typed::{data_type, day, is_number_column, missing, typed};
use super::{Error, compressed, delimited, files, ndjson, parquet};
use crate::project::{FileFormat, Project, TableSource};
use crate::tables::{ColumnType, TableName};
use crate::time::Zone;

/// A table's files.
pub struct Opened {
    /// The table.
    pub name: TableName,
    /// One part per file, in the order of sources and sorted paths.
    pub parts: Vec<Part>,
}

/// One file of a table.
pub struct Part {
    /// The table it belongs to.
    pub table: TableName,
    /// The file as messages show it.
    pub path: String,
    /// Where it lies.
    pub file: PathBuf,
    /// Position of its source among the table's sources.
    pub source: usize,
    /// Size on disk in bytes.
    pub bytes: u64,
    /// blake3 of the bytes on disk.
    pub blake3: String,
    /// Rows as the file has them.
    pub raw: LazyFrame,
    /// The same with [`super::LINE`].
    pub numbered: LazyFrame,
    /// Canonical columns.
    pub columns: Vec<MappedColumn>,
    /// Attributes of customers with their type in `raw`.
    pub attributes: Vec<(String, DataType)>,
    /// Files joined to this one.
    pub joined: Vec<JoinedFile>,
    /// Columns of the file, and of those joined to it.
    pub file_columns: Vec<String>,
    /// Columns of the file that nothing is mapped to.
    pub unmapped: Vec<String>,
    /// Rows that could not be divided into fields.
    pub faults: Vec<Fault>,
    /// The zone in which days are counted.
    pub zone: Zone,
    /// Whether lines count from a text file (else rows).
    pub is_text: bool,
}

/// A file that a source names, before it is opened.
#[derive(Debug, Clone)]
pub struct Listed {
    /// Position of its source among the table's sources.
    pub source: usize,
    /// Where it lies.
    pub file: PathBuf,
    /// The file as messages show it.
    pub path: String,
}

/// Size in bytes and blake3 of a file.
pub type Fingerprint = (u64, String);

impl Listed {
    /// Whether rows can be read from the file again and again at no cost before they are asked for.
    #[must_use]
    pub fn is_parquet(&self, project: &Project, table: TableName) -> bool {
        let declared = project.sources(table).get(self.source).and_then(|source| source.format);
        declared.or_else(|| files::format_of(&self.file)) == Some(FileFormat::Parquet)
    }
}

/// The files of a table, in the order of sources and sorted paths.
///
/// # Errors
/// [`Error`]: a source names no file.
pub fn list(project: &Project, table: TableName) -> Result<Vec<Listed>, Error> {
    let mut listed = Vec::new();
    for (index, source) in project.sources(table).iter().enumerate() {
        let files = files::resolve(project, table, source)?.into_iter();
        listed.extend(files.map(|file| Listed { source: index, path: files::shown(project, &file), file }));
    }
    Ok(listed)
}

/// Opens all sources of a table.
///
/// # Errors
/// [`Error`].
pub fn open(project: &Project, table: TableName) -> Result<Opened, Error> {
    let listed = list(project, table)?;
    let parts = listed.iter().map(|listed| open_file(project, table, listed, None)).collect::<Result<_, _>>()?;
    Ok(Opened { name: table, parts })
}

/// Opens one file. Where its fingerprint is `known`, parquet is not read for it.
///
/// # Errors
/// [`Error`].
pub fn open_file(
    project: &Project,
    table: TableName,
    listed: &Listed,
    known: Option<&Fingerprint>,
) -> Result<Part, Error> {
    let (index, path, shown) = (listed.source, &listed.file, listed.path.clone());
    let source = &project.sources(table)[index];
    let unknown = || Error::UnknownFormat { path: shown.clone() };
    let format = source.format.or_else(|| files::format_of(path)).ok_or_else(unknown)?;
    let bad_format = || Error::TimeFormat { table, format: source.at_format.clone().unwrap_or_default() };
    let format_of_times = TimeFormat::named(source.at_format.as_deref()).ok_or_else(bad_format)?;
    let times = Arc::new(TimeParser { format: format_of_times, zone: project.project.time_zone.clone() });
    let read = if format == FileFormat::Parquet { from_parquet } else { from_text };
    let request = Request { table, source, path, shown: &shown, format, times: &times, known };
    let others: Vec<Other> =
        source.join.iter().map(|join| join::read(project, &request, join)).collect::<Result<_, _>>()?;
    let mut part = read(&request, &others)?;
    part.joined = others.into_iter().flat_map(|other| other.files).collect();
    part.source = index;
    Ok(part)
}

/// What is to be read, and how.
pub(super) struct Request<'a> {
    pub(super) table: TableName,
    pub(super) source: &'a TableSource,
    path: &'a Path,
    shown: &'a str,
    pub(super) format: FileFormat,
    times: &'a Arc<TimeParser>,
    known: Option<&'a Fingerprint>,
}

impl Request<'_> {
    fn unreadable(&self, error: &std::io::Error) -> Error {
        Error::Unreadable { path: self.shown.to_owned(), reason: error.to_string() }
    }

    fn failed(&self, error: &PolarsError) -> Error {
        Error::Unreadable { path: self.shown.to_owned(), reason: parquet::first_line(&error.to_string()) }
    }

    fn file<'b>(&'b self, columns: &'b [String]) -> MappedFile<'b> {
        MappedFile { path: self.shown, table: self.table, source: self.source, columns }
    }
}

fn from_parquet(request: &Request<'_>, others: &[Other]) -> Result<Part, Error> {
    let (bytes, blake3) = match request.known {
        Some(known) => known.clone(),
        None => compressed::fingerprint(request.path).map_err(|error| request.unreadable(&error))?,
    };
    if bytes == 0 {
        return Err(Error::Empty { path: request.shown.to_owned() });
    }
    let mut raw = parquet::scan(request.path, request.shown, false)?;
    let mut numbered = parquet::scan(request.path, request.shown, true)?;
    for other in others {
        let added = join::added(other, &names_of(request, &mut raw)?);
        raw = join::joined(raw, other, &added);
        numbered = join::joined(numbered, other, &added);
    }
    let names = names_of(request, &mut raw)?;
    let schema = raw.collect_schema().map_err(|error| request.failed(&error))?;
    let file = request.file(&names);
    let expressions = mapping::raw_expressions(&file)?;
    let attributes = mapping::attributes(&file, &expressions);
    let unmapped = mapping::unmapped(&file, &expressions);
    let type_of = |name: &String| schema.get(name).cloned().unwrap_or(DataType::Null);
    let attributes = attributes.into_iter().map(|name| (name.clone(), type_of(&name))).collect();
    let columns = mapping::typed_columns(&file, &raw, expressions, request.times)?;
    Ok(Part {
        table: request.table,
        path: request.shown.to_owned(),
        file: request.path.to_owned(),
        source: 0,
        bytes,
        blake3,
        raw,
        numbered,
        columns,
        attributes,
        joined: Vec::new(),
        file_columns: names,
        unmapped,
        faults: Vec::new(),
        zone: request.times.zone.clone(),
        is_text: false,
    })
}

fn names_of(request: &Request<'_>, frame: &mut LazyFrame) -> Result<Vec<String>, Error> {
    let schema = frame.collect_schema().map_err(|error| request.failed(&error))?;
    Ok(schema.iter_names().map(ToString::to_string).collect())
}

fn from_text(request: &Request<'_>, others: &[Other]) -> Result<Part, Error> {
    let content = compressed::read(request.path).map_err(|error| request.unreadable(&error))?;
    let Raw { mut frame, columns: mut names, faults } = match request.format {
        FileFormat::Ndjson => ndjson::read(&content.bytes, request.shown, request.source, &wanted_keys(request))?,
        format => delimited::read(&content.bytes, request.shown, format, request.source)?,
    };
    drop(content.bytes);
    for other in others {
        let added = join::added(other, &names);
        frame = join::joined(frame.lazy(), other, &added).collect().map_err(|error| request.failed(&error))?;
        names.extend(added);
    }
    let file = request.file(&names);
    let expressions = mapping::raw_expressions(&file)?;
    let attributes = mapping::attributes(&file, &expressions);
    let unmapped = mapping::unmapped(&file, &expressions);
    let attributes = attributes.into_iter().map(|name| (name, DataType::String)).collect();
    let (frame, numeric) = with_numbers(frame, &mapping::computed_from(&expressions));
    let expressions = expressions
        .into_iter()
        .map(|(column, from, expression)| (column, from, mapping::reading_numbers(expression, &numeric)))
        .collect();
    let raw = frame.lazy();
    let columns = mapping::typed_columns(&file, &raw, expressions, request.times)?;
    Ok(Part {
        table: request.table,
        path: request.shown.to_owned(),
        file: request.path.to_owned(),
        source: 0,
        bytes: content.size,
        blake3: content.blake3,
        numbered: raw.clone(),
        raw,
        columns,
        attributes,
        joined: Vec::new(),
        file_columns: names,
        unmapped,
        faults,
        zone: request.times.zone.clone(),
        is_text: true,
    })
}

/// Keys an ndjson row may have although the first one has not: those the mapping reads.
fn wanted_keys(request: &Request<'_>) -> BTreeSet<String> {
    let mapped = request.source.columns.values().flat_map(|from| {
        if crate::project::sql::is_plain_name(from) {
            vec![from.clone()]
        } else {
            super::expression(from, &[]).map(|read| super::columns_of(&read)).unwrap_or_default()
        }
    });
    mapped.collect()
}

/// Adds a numeric copy of every text column in `wanted` all of whose values are numbers, and says which these are.
fn with_numbers(mut frame: DataFrame, wanted: &BTreeSet<String>) -> (DataFrame, BTreeSet<String>) {
    let mut numeric = BTreeSet::new();
    for name in wanted {
        let Ok(column) = frame.column(name) else { continue };
        let Ok(texts) = column.str() else { continue };
        if !is_number_column(texts) {
            continue;
        }
        let whole = texts.iter().flatten().all(|text| text.trim().parse::<i64>().is_ok());
        let to = if whole { DataType::Int64 } else { DataType::Float64 };
        let trimmed: polars::prelude::StringChunked = texts.iter().map(|text| text.map(str::trim)).collect();
        let Ok(mut numbers) = polars::prelude::IntoColumn::into_column(trimmed).cast(&to) else { continue };
        numbers.rename(format!("{}{name}", mapping::NUMERIC).into());
        if frame.with_column(numbers).is_ok() {
            numeric.insert(name.clone());
        }
    }
    (frame, numeric)
}

impl Part {
    /// The canonical value expressions, with a `x_day` beside every time `x`.
    #[must_use]
    pub fn canonical(&self) -> Vec<Expr> {
        self.columns.iter().map(|column| column.typed.clone().alias(column.column.name)).collect()
    }

    /// The `x_day` expressions over a frame of canonical columns.
    #[must_use]
    pub fn days(&self) -> Vec<Expr> {
        let times = self.columns.iter().filter(|column| column.column.kind == ColumnType::Time);
        times.map(|time| day(col(time.column.name), &self.zone).alias(format!("{}_day", time.column.name))).collect()
    }

    /// The attributes, and whether each is a number in all rows of this file.
    ///
    /// # Errors
    /// Reading failed.
    pub fn numeric_attributes(&self) -> PolarsResult<Vec<(String, bool)>> {
        let texts = self.attributes.iter().filter(|(_, kind)| *kind == DataType::String);
        let names: Vec<Expr> = texts.map(|(name, _)| col(name.as_str())).collect();
        let frame = self.raw.clone().select(names).collect()?;
        let is_numeric = |name: &str, kind: &DataType| match frame.column(name).and_then(|column| column.str()) {
            Ok(texts) => texts.null_count() == texts.len() || is_number_column(texts),
            Err(_) => kind.is_numeric(),
        };
        Ok(self.attributes.iter().map(|(name, kind)| (name.clone(), is_numeric(name, kind))).collect())
    }

    /// An attribute as a number or as text; null if this file has it not.
    pub fn attribute(&self, name: &str, numeric: bool) -> Expr {
        let kind = if numeric { ColumnType::Number } else { ColumnType::Text };
        let found = self.attributes.iter().find(|(known, _)| known == name);
        let times = Arc::new(TimeParser { format: TimeFormat::Iso, zone: self.zone.clone() });
        let value = found.and_then(|(name, found)| typed(col(name.as_str()), found, kind, &times));
        value.unwrap_or_else(|| missing(data_type(kind))).alias(name)
    }
}
