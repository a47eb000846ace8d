//! The tables' files: csv, gzipped csv with a header that holds no time, or parquet; written as the blocks come.

use std::fs::{self, File};
use std::io::{BufWriter, Cursor, Write};
use std::path::{Path, PathBuf};

use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};
use polars::io::parquet::write::BatchedWriter;
use polars::prelude::*;

use super::rows::{HEADERS, LEAKS, Rows};
use super::{Error, Files, Request};
use crate::project::PROJECT_FILE;
use crate::tables::{ColumnType, TableName};

/// The folder being written.
pub(super) struct Writer {
    root: PathBuf,
    tables: Vec<Table>,
}

struct Table {
    path: PathBuf,
    columns: Vec<(String, Kind)>,
    sink: Sink,
    count: u64,
}

enum Sink {
    Plain(BufWriter<File>),
    Gzip(Box<GzEncoder<BufWriter<File>>>),
    Parquet(Box<BatchedWriter<File>>),
}

/// What a column's text means, for parquet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Number,
    Flag,
    Instant,
    Date,
}

impl Writer {
    /// Makes the folder and opens a file per table.
    pub(super) fn create(request: &Request) -> Result<Self, Error> {
        let root = request.out.clone();
        let occupied = fs::read_dir(&root).is_ok_and(|mut entries| entries.next().is_some());
        if occupied {
            return Err(Error::Occupied { path: root });
        }
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| Error::Write { path, source }
        };
        fs::create_dir_all(&root).map_err(at(&root))?;
        let tables = TableName::ALL.into_iter().map(|name| Table::create(name, request)).collect::<Result<_, _>>()?;
        Ok(Self { root, tables })
    }

    /// Appends rows to the files.
    pub(super) fn write(&mut self, rows: &Rows) -> Result<(), Error> {
        for (position, table) in self.tables.iter_mut().enumerate() {
            if rows.count[position] > 0 {
                table.append(&rows.text[position])?;
                table.count += rows.count[position];
            }
        }
        Ok(())
    }

    /// Closes the tables, writes the truth and, last, the project file; returns the rows per table.
    pub(super) fn finish(self, truth: &serde_json::Value, project: &str) -> Result<Vec<u64>, Error> {
        let counts = self.tables.iter().map(|table| table.count).collect();
        for table in self.tables {
            table.close()?;
        }
        for (name, text) in [("truth.json", format!("{truth:#}\n")), (PROJECT_FILE, project.to_owned())] {
            let path = self.root.join(name);
            fs::write(&path, text).map_err(|source| Error::Write { path, source })?;
        }
        Ok(counts)
    }
}

impl Table {
    fn create(name: TableName, request: &Request) -> Result<Self, Error> {
        let columns = columns(name, request.leaks);
        let path = request.out.join(file_name(name, request.files));
        let failed = |source| Error::Write { path: path.clone(), source };
        let file = File::create(&path).map_err(failed)?;
        let heading = columns.iter().map(|(column, _)| column.as_str()).collect::<Vec<_>>().join(",") + "\n";
        let sink = match request.files {
            Files::Csv => {
                let mut plain = BufWriter::new(file);
                plain.write_all(heading.as_bytes()).map_err(failed)?;
                Sink::Plain(plain)
            }
            Files::Gzip => {
                let mut gzip = GzBuilder::new().mtime(0).write(BufWriter::new(file), Compression::best());
                gzip.write_all(heading.as_bytes()).map_err(failed)?;
                Sink::Gzip(Box::new(gzip))
            }
            Files::Parquet => {
                let schema = columns.iter().map(|(column, kind)| Field::new(column.as_str().into(), kind.data_type()));
                let writer = ParquetWriter::new(file).with_compression(ParquetCompression::Zstd(None));
                let batched = writer.batched(&schema.collect());
                Sink::Parquet(Box::new(batched.map_err(|source| Error::Parquet { path: path.clone(), source })?))
            }
        };
        Ok(Self { path, columns, sink, count: 0 })
    }

    fn append(&mut self, text: &[u8]) -> Result<(), Error> {
        let failed = |source| Error::Write { path: self.path.clone(), source };
        match &mut self.sink {
            Sink::Plain(plain) => plain.write_all(text).map_err(failed),
            Sink::Gzip(gzip) => gzip.write_all(text).map_err(failed),
            Sink::Parquet(writer) => frame(text, &self.columns)
                .and_then(|frame| writer.write_batch(&frame))
                .map_err(|source| Error::Parquet { path: self.path.clone(), source }),
        }
    }

    fn close(self) -> Result<(), Error> {
        let path = self.path;
        let done = match self.sink {
            Sink::Plain(mut plain) => plain.flush(),
            Sink::Gzip(gzip) => gzip.finish().and_then(|mut inner| inner.flush()),
            Sink::Parquet(writer) => {
                return writer.finish().map(|_| ()).map_err(|source| Error::Parquet { path, source });
            }
        };
        done.map_err(|source| Error::Write { path, source })
    }
}

/// The file of a table.
pub(super) fn file_name(table: TableName, files: Files) -> String {
    let extension = match files {
        Files::Csv => "csv",
        Files::Gzip => "csv.gz",
        Files::Parquet => "parquet",
    };
    format!("{table}.{extension}")
}

/// Columns of a table's file with what their text means.
fn columns(table: TableName, leaks: bool) -> Vec<(String, Kind)> {
    let extra = if leaks && table == TableName::Customers { &LEAKS[..] } else { &[] };
    HEADERS[table as usize].iter().chain(extra).map(|name| ((*name).to_owned(), kind(table, name))).collect()
}

fn kind(table: TableName, column: &str) -> Kind {
    let dates = matches!(table, TableName::Customers | TableName::Subscriptions | TableName::Programs | TableName::Ads);
    match (column, table.table().column(column).map(|column| column.kind)) {
        (_, Some(ColumnType::Time)) if dates => Kind::Date,
        (_, Some(ColumnType::Time)) => Kind::Instant,
        (_, Some(ColumnType::Number)) | ("final_invoice_number" | "retention_score", _) => Kind::Number,
        (_, Some(ColumnType::Flag)) => Kind::Flag,
        _ => Kind::Text,
    }
}

impl Kind {
    fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::String,
            Self::Number => DataType::Float64,
            Self::Flag => DataType::Boolean,
            Self::Instant => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
            Self::Date => DataType::Date,
        }
    }
}

/// The rows' text as a typed frame.
fn frame(text: &[u8], columns: &[(String, Kind)]) -> PolarsResult<DataFrame> {
    let read_as = |kind: Kind| match kind {
        Kind::Instant | Kind::Date => DataType::String,
        kind => kind.data_type(),
    };
    let schema: Schema = columns.iter().map(|(name, kind)| Field::new(name.as_str().into(), read_as(*kind))).collect();
    let read = CsvReadOptions::default().with_has_header(false).with_schema(Some(Arc::new(schema)));
    let frame = read.into_reader_with_file_handle(Cursor::new(text)).finish()?;
    let typed = columns.iter().map(|(name, kind)| {
        let column = col(name.as_str());
        let options = |format: &str| StrptimeOptions { format: Some(format.into()), ..Default::default() };
        match kind {
            Kind::Instant => column.str().to_datetime(
                Some(TimeUnit::Microseconds),
                Some(TimeZone::UTC),
                options("%Y-%m-%dT%H:%M:%SZ"),
                lit("raise"),
            ),
            Kind::Date => column.str().to_date(options("%Y-%m-%d")),
            _ => column,
        }
    });
    frame.lazy().select(typed.collect::<Vec<_>>()).collect()
}
