//! `join`: columns of another file added by a common key, such as the account that a subscription belongs to.

use polars::prelude::{DataFrame, DataType, Expr, IntoLazy as _, JoinType, LazyFrame, MaintainOrderJoin, col};

use super::open::Request;
use super::{Error, LINE, compressed, delimited, files, ndjson, parquet};
use crate::project::{FileFormat, Join, Project};

/// A file that was joined.
#[derive(Debug, Clone)]
pub struct JoinedFile {
    /// The file as messages show it.
    pub path: String,
    /// Size on disk in bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// blake3 of the bytes on disk.
    pub blake3: String,
}

/// The other side of a join.
pub(super) struct Other {
    pub(super) on: String,
    pub(super) frame: DataFrame,
    pub(super) files: Vec<JoinedFile>,
}

/// Copy of the key as text, on both sides.
const KEY: &str = "__key";

/// Reads the files of a join; its key must be distinct.
pub(super) fn read(project: &Project, request: &Request<'_>, join: &Join) -> Result<Other, Error> {
    let mut frame: Option<DataFrame> = None;
    let mut joined = Vec::new();
    for path in files::matching(project, request.table, &join.files)? {
        let shown = files::shown(project, &path);
        let (part, file) = read_file(request, &path, &shown)?;
        joined.push(file);
        let unreadable = |error: polars::error::PolarsError| unreadable(&shown, &error);
        frame = Some(match frame {
            Some(above) => above.vstack(&part).map_err(unreadable)?,
            None => part,
        });
    }
    let frame = frame.unwrap_or_default();
    let path = joined.first().map(|file| file.path.clone()).unwrap_or_default();
    let keys = frame.column(&join.on).map_err(|_| Error::MissingColumn {
        path: path.clone(),
        table: request.table,
        column: "join".to_owned(),
        missing: join.on.clone(),
        present: frame.get_column_names().iter().map(ToString::to_string).collect(),
    })?;
    let repeated = keys.len() - keys.n_unique().map_err(|error| unreadable(&path, &error))?;
    if repeated > 0 {
        return Err(Error::RepeatedKey { path, key: join.on.clone(), repeated });
    }
    Ok(Other { on: join.on.clone(), frame, files: joined })
}

fn unreadable(path: &str, error: &polars::error::PolarsError) -> Error {
    Error::Unreadable { path: path.to_owned(), reason: parquet::first_line(&error.to_string()) }
}

fn read_file(request: &Request<'_>, path: &std::path::Path, shown: &str) -> Result<(DataFrame, JoinedFile), Error> {
    let format = files::format_of(path).unwrap_or(request.format);
    let failed = |error: std::io::Error| Error::Unreadable { path: shown.to_owned(), reason: error.to_string() };
    let (frame, bytes, blake3) = if format == FileFormat::Parquet {
        let (bytes, blake3) = compressed::fingerprint(path).map_err(failed)?;
        let frame = parquet::scan(path, shown, false)?.collect().map_err(|error| unreadable(shown, &error))?;
        (frame, bytes, blake3)
    } else {
        let content = compressed::read(path).map_err(failed)?;
        let raw = match format {
            FileFormat::Ndjson => {
                ndjson::read(&content.bytes, shown, request.source, &std::collections::BTreeSet::new())?
            }
            format => delimited::read(&content.bytes, shown, format, request.source)?,
        };
        if let Some(fault) = raw.faults.first() {
            return Err(Error::Unreadable { path: shown.to_owned(), reason: format!("line {} is broken", fault.line) });
        }
        (raw.frame.drop(LINE).map_err(|error| unreadable(shown, &error))?, content.size, content.blake3)
    };
    let file = JoinedFile { path: shown.to_owned(), bytes, rows: frame.height() as u64, blake3 };
    Ok((frame, file))
}

/// Names the join adds to a file that has the columns `present`.
pub(super) fn added(other: &Other, present: &[String]) -> Vec<String> {
    let names = other.frame.get_column_names().into_iter().map(ToString::to_string);
    names.filter(|name| !present.contains(name)).collect()
}

/// The frame with the added columns, rows in their order.
pub(super) fn joined(frame: LazyFrame, other: &Other, added: &[String]) -> LazyFrame {
    let key = || col(other.on.as_str()).cast(DataType::String).alias(KEY);
    let mut columns: Vec<Expr> = vec![key()];
    columns.extend(added.iter().map(|name| col(name.as_str())));
    let right = other.frame.clone().lazy().select(columns);
    let builder = frame.with_columns([key()]).join_builder().with(right).left_on([col(KEY)]).right_on([col(KEY)]);
    let joined = builder.how(JoinType::Left).maintain_order(MaintainOrderJoin::Left).finish();
    joined.drop(polars::prelude::cols([KEY]))
}
