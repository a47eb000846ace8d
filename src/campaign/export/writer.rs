//! One trait for every format a list is written in; the file appears whole or not at all.
//!
//! csv is safe to open in a spreadsheet: a text cell that begins with `=`, `+`, `-`, `@`, tab, carriage return or line
//! feed is preceded by an apostrophe, so that no program takes it for a formula. A text that is a plain negative number
//! (`-5`, `-0.25`) cannot be one and stays as it is; numbers are never touched.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use polars::prelude::*;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet};
use tempfile::NamedTempFile;

use crate::campaign::Error;
use crate::time::Day;

/// Rows a worksheet holds beside its header.
const WORKSHEET_ROWS: usize = 1_048_575;

/// A format that lists are written in.
pub trait TableWriter {
    /// Writes the whole table into the open file.
    ///
    /// # Errors
    /// When the file cannot be written or the format cannot hold the table. `path` is for the message only.
    fn write(&self, table: &DataFrame, file: &File, path: &Path) -> Result<(), Error>;
}

/// The writer for a file, by its extension.
///
/// # Errors
/// [`Error::UnknownFormat`] when the extension is none of csv, parquet, xlsx.
pub fn writer_for(path: &Path) -> Result<&'static dyn TableWriter, Error> {
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok(&Csv),
        Some("parquet") => Ok(&Parquet),
        Some("xlsx") => Ok(&Spreadsheet),
        _ => Err(Error::UnknownFormat { path: path.to_owned() }),
    }
}

/// Writes the table to `path` in the format of its extension: to a new file beside it first, then one rename.
///
/// # Errors
/// When the format is unknown or the file cannot be written.
pub fn write(table: &DataFrame, path: &Path) -> Result<(), Error> {
    let writer = writer_for(path)?;
    write_whole(path, |file| writer.write(table, file, path))
}

/// Fills a new file beside `path`, flushes it to disk, then gives it its name: whoever reads `path` sees all or nothing.
///
/// # Errors
/// What `fill` returned, or that the file cannot be written.
pub fn write_whole(path: &Path, fill: impl FnOnce(&File) -> Result<(), Error>) -> Result<(), Error> {
    let unwritable = |source| Error::Unwritable { path: path.to_owned(), source };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(folder).map_err(unwritable)?;
    let fresh = NamedTempFile::new_in(folder).map_err(unwritable)?;
    fill(fresh.as_file())?;
    fresh.as_file().sync_all().map_err(unwritable)?;
    persist(fresh, path).map_err(unwritable)
}

#[cfg(unix)]
fn persist(fresh: NamedTempFile, path: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fresh.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    fresh.persist(path).map(drop).map_err(|error| error.error)
}

#[cfg(not(unix))]
fn persist(fresh: NamedTempFile, path: &Path) -> io::Result<()> {
    fresh.persist(path).map(drop).map_err(|error| error.error)
}

/// Spreadsheet-safe csv, UTF-8, `\n` at line ends, empty cell = no value.
struct Csv;

impl TableWriter for Csv {
    fn write(&self, table: &DataFrame, file: &File, path: &Path) -> Result<(), Error> {
        let mut out = file;
        csv_rows(table, &Cells::of(table)?, |text| out.write_all(text))
            .map_err(|source| Error::Unwritable { path: path.to_owned(), source })
    }
}

/// The table as spreadsheet-safe csv, for stdout.
///
/// # Errors
/// None that data can cause.
pub fn csv_text(table: &DataFrame) -> Result<String, Error> {
    let mut bytes = Vec::new();
    let keep = |text: &[u8]| {
        bytes.extend_from_slice(text);
        Ok(())
    };
    let unwritable = |source| Error::Unwritable { path: "-".into(), source };
    csv_rows(table, &Cells::of(table)?, keep).map_err(unwritable)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// Bytes gathered before they are handed on.
const CHUNK: usize = 1 << 20;

fn csv_rows(table: &DataFrame, cells: &Cells, mut out: impl FnMut(&[u8]) -> io::Result<()>) -> io::Result<()> {
    let mut text = Vec::with_capacity(CHUNK + (CHUNK >> 3));
    for (number, column) in table.columns().iter().enumerate() {
        if number > 0 {
            text.push(b',');
        }
        push_quoted(column.name(), &mut text);
    }
    text.push(b'\n');
    let mut digits = ryu::Buffer::new();
    for row in 0..table.height() {
        for (number, column) in cells.columns.iter().enumerate() {
            if number > 0 {
                text.push(b',');
            }
            column.push(row, &mut text, &mut digits)?;
        }
        text.push(b'\n');
        if text.len() >= CHUNK {
            out(&text)?;
            text.clear();
        }
    }
    out(&text)
}

/// Apache Parquet, zstd.
struct Parquet;

impl TableWriter for Parquet {
    fn write(&self, table: &DataFrame, file: &File, _path: &Path) -> Result<(), Error> {
        ParquetWriter::new(file).finish(&mut table.clone())?;
        Ok(())
    }
}

/// One worksheet; text cells are text, so nothing can be taken for a formula.
struct Spreadsheet;

impl TableWriter for Spreadsheet {
    fn write(&self, table: &DataFrame, file: &File, path: &Path) -> Result<(), Error> {
        if table.height() > WORKSHEET_ROWS {
            return Err(Error::TooManyRows { path: path.to_owned(), rows: table.height() });
        }
        let mut book = Workbook::new();
        // The library writes the clock into the file otherwise, and equal lists would differ in bytes.
        let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
        book.set_properties(&DocProperties::new().set_creation_datetime(&made));
        fill_sheet(book.add_worksheet(), table)?;
        book.save_to_writer(file)?;
        Ok(())
    }
}

fn fill_sheet(sheet: &mut Worksheet, table: &DataFrame) -> Result<(), Error> {
    let bold = Format::new().set_bold();
    let cells = Cells::of(table)?;
    sheet.set_freeze_panes(1, 0)?;
    for (number, (column, cells)) in (0u16..).zip(table.columns().iter().zip(&cells.columns)) {
        sheet.write_string_with_format(0, number, column.name().as_str(), &bold)?;
        for (line, row) in (1u32..).zip(0..table.height()) {
            cells.put(sheet, line, number, row)?;
        }
    }
    Ok(())
}

/// The columns of a table in the few shapes that cells have.
struct Cells {
    columns: Vec<CellColumn>,
}

enum CellColumn {
    Number(Float64Chunked),
    Integer(Int64Chunked),
    Flag(BooleanChunked),
    /// Days since 1970, and every one of them as text.
    Day(Int32Chunked, PlHashMap<i32, String>),
    Text(StringChunked),
}

impl Cells {
    fn of(table: &DataFrame) -> Result<Self, Error> {
        let columns = table.columns().iter().map(CellColumn::of).collect::<PolarsResult<_>>()?;
        Ok(Self { columns })
    }
}

impl CellColumn {
    fn of(column: &Column) -> PolarsResult<Self> {
        let column = column.as_materialized_series().rechunk();
        Ok(match column.dtype() {
            kind if kind.is_float() => Self::Number(column.cast(&DataType::Float64)?.f64()?.clone()),
            kind if kind.is_integer() => Self::Integer(column.cast(&DataType::Int64)?.i64()?.clone()),
            DataType::Boolean => Self::Flag(column.bool()?.clone()),
            DataType::Date => {
                let days = column.cast(&DataType::Int32)?.i32()?.clone();
                let distinct = days.unique()?;
                let named = |day| (day, Day::from_epoch_days(day).to_string());
                let names = distinct.iter().flatten().map(named).collect();
                Self::Day(days, names)
            }
            _ => Self::Text(column.cast(&DataType::String)?.str()?.clone()),
        })
    }

    /// Appends the cell as csv text.
    fn push(&self, row: usize, text: &mut Vec<u8>, digits: &mut ryu::Buffer) -> io::Result<()> {
        match self {
            Self::Number(values) => match values.get(row) {
                Some(value) if value.is_finite() => push_number(value, text, digits),
                _ => Ok(()),
            },
            Self::Integer(values) => values.get(row).map_or(Ok(()), |value| write!(text, "{value}")),
            Self::Flag(values) => values.get(row).map_or(Ok(()), |value| write!(text, "{value}")),
            Self::Day(days, names) => {
                if let Some(name) = days.get(row).and_then(|day| names.get(&day)) {
                    text.extend_from_slice(name.as_bytes());
                }
                Ok(())
            }
            Self::Text(values) => {
                if let Some(value) = values.get(row) {
                    push_quoted(value, text);
                }
                Ok(())
            }
        }
    }

    /// Puts the cell into a worksheet.
    fn put(&self, sheet: &mut Worksheet, line: u32, number: u16, row: usize) -> Result<(), Error> {
        match self {
            Self::Number(values) => {
                if let Some(value) = values.get(row).filter(|value| value.is_finite()) {
                    sheet.write_number(line, number, value)?;
                }
            }
            Self::Integer(values) => {
                if let Some(value) = values.get(row) {
                    sheet.write_number(line, number, value as f64)?;
                }
            }
            Self::Flag(values) => {
                if let Some(value) = values.get(row) {
                    sheet.write_boolean(line, number, value)?;
                }
            }
            Self::Day(days, names) => {
                if let Some(name) = days.get(row).and_then(|day| names.get(&day)) {
                    sheet.write_string(line, number, name)?;
                }
            }
            Self::Text(values) => {
                if let Some(value) = values.get(row) {
                    sheet.write_string(line, number, value)?;
                }
            }
        }
        Ok(())
    }
}

/// The shortest decimal that reads back as the same number, never with an exponent.
fn push_number(value: f64, text: &mut Vec<u8>, digits: &mut ryu::Buffer) -> io::Result<()> {
    let shortest = digits.format_finite(value);
    if shortest.contains('e') {
        return write!(text, "{value}");
    }
    text.extend_from_slice(shortest.strip_suffix(".0").unwrap_or(shortest).as_bytes());
    Ok(())
}

/// Appends a text so that no spreadsheet takes it for a formula, in quotes where it holds a separator, quote or line end.
fn push_quoted(value: &str, text: &mut Vec<u8>) {
    let is_special = value.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'));
    if is_special {
        text.push(b'"');
    }
    if reads_as_formula(value) {
        text.push(b'\'');
    }
    if is_special {
        for byte in value.bytes() {
            if byte == b'"' {
                text.push(b'"');
            }
            text.push(byte);
        }
        text.push(b'"');
    } else {
        text.extend_from_slice(value.as_bytes());
    }
}

fn reads_as_formula(value: &str) -> bool {
    match value.as_bytes() {
        [b'=' | b'+' | b'@' | b'\t' | b'\r' | b'\n', ..] => true,
        [b'-', digits @ ..] => !is_plain_number(digits),
        _ => false,
    }
}

/// Digits with at most one point inside.
fn is_plain_number(digits: &[u8]) -> bool {
    digits.first().is_some_and(u8::is_ascii_digit)
        && digits.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.')
        && digits.split(|byte| *byte == b'.').count() <= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> DataFrame {
        let texts = ["=1+1", "+49 30", "-5", "-2+3", "@SUM(A1)", "\tx", "plain, \"quoted\""];
        let numbers = [Some(-1.5), Some(0.1), None, Some(f64::NAN), Some(1e-7), Some(3.0), Some(-0.25)];
        let columns = vec![Column::new("=name".into(), texts), Column::new("n".into(), numbers)];
        DataFrame::new_infer_height(columns).expect("columns of equal length")
    }

    #[test]
    fn text_that_reads_as_a_formula_is_escaped_and_negative_numbers_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.csv");
        write(&table(), &path).expect("written");
        let text = std::fs::read_to_string(&path).expect("read");
        let expected = "'=name,n\n'=1+1,-1.5\n'+49 30,0.1\n-5,\n'-2+3,\n'@SUM(A1),0.0000001\n'\tx,3\n\"plain, \"\"quoted\"\"\",-0.25\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn parquet_and_xlsx_are_chosen_by_extension_and_repeat_byte_for_byte() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, magic) in [("a.parquet", b"PAR1".as_slice()), ("a.xlsx", b"PK".as_slice())] {
            let (first, second) = (folder.path().join(name), folder.path().join(format!("again-{name}")));
            write(&table(), &first).expect("written");
            write(&table(), &second).expect("written");
            let bytes = std::fs::read(&first).expect("read");
            assert!(bytes.starts_with(magic), "{name}");
            assert_eq!(bytes, std::fs::read(&second).expect("read"), "{name}");
        }
    }

    #[test]
    fn an_unknown_extension_is_refused_before_anything_is_written() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list.doc");
        assert!(matches!(write(&table(), &path), Err(Error::UnknownFormat { .. })));
        assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
    }
}
