//! csv, tsv and white-space text: divided into fields by us, so that a short or long row is seen and named.

use csv::{ByteRecord, ReaderBuilder};

use super::Error;
use super::raw::{Fault, FaultKind, NullTexts, Raw, RawBuilder, distinct, shortened};
use crate::project::{FileFormat, TableSource};

/// Reads separated values or white-space text.
pub(super) fn read(bytes: &[u8], path: &str, format: FileFormat, source: &TableSource) -> Result<Raw, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let unreadable = |reason: String| Error::Unreadable { path: path.to_owned(), reason };
    let builder = match format {
        FileFormat::Text => words(bytes, path, source)?,
        FileFormat::Tsv => separated(bytes, path, source, b'\t')?,
        _ => separated(bytes, path, source, separator(source, path)?)?,
    };
    builder.finish().map_err(|error| unreadable(error.to_string()))
}

/// The separator as a byte.
fn separator(source: &TableSource, path: &str) -> Result<u8, Error> {
    let separator = source.separator.unwrap_or(',');
    u8::try_from(separator).ok().filter(u8::is_ascii).ok_or_else(|| Error::Unreadable {
        path: path.to_owned(),
        reason: format!("the separator `{separator}` is not an ASCII character"),
    })
}

fn separated(bytes: &[u8], path: &str, source: &TableSource, separator: u8) -> Result<RawBuilder, Error> {
    let mut reader = ReaderBuilder::new().delimiter(separator).has_headers(false).flexible(true).from_reader(bytes);
    let unreadable = |error: csv::Error| Error::Unreadable { path: path.to_owned(), reason: error.to_string() };
    let mut record = ByteRecord::new();
    let mut more = reader.read_byte_record(&mut record).map_err(unreadable)?;
    if !more {
        return Err(Error::Empty { path: path.to_owned() });
    }
    let fields = record.iter().map(|field| String::from_utf8_lossy(field).into_owned()).collect();
    let mut rows = RawBuilder::new(names(fields, path, source.header)?);
    let nulls = NullTexts::of(source);
    if source.header {
        more = reader.read_byte_record(&mut record).map_err(unreadable)?;
    }
    while more {
        let line = record.position().map_or(0, csv::Position::line);
        push_record(&mut rows, line, &record, separator, &nulls);
        more = reader.read_byte_record(&mut record).map_err(unreadable)?;
    }
    Ok(rows)
}

fn push_record(rows: &mut RawBuilder, line: u64, record: &ByteRecord, separator: u8, nulls: &NullTexts<'_>) {
    let expected = rows.names().len();
    // A line of white space alone is no row, unless white space is all there can be.
    if record.len() == 1 && expected > 1 && record.get(0).is_some_and(|field| field.trim_ascii().is_empty()) {
        return;
    }
    let text = || shortened(&String::from_utf8_lossy(&record.iter().collect::<Vec<_>>().join(&separator)));
    if record.len() != expected {
        let kind = FaultKind::Fields { found: record.len(), expected };
        rows.faults.push(Fault { line, kind, text: text() });
        return;
    }
    let fields: Vec<_> = record.iter().map(std::str::from_utf8).collect();
    if let Some(at) = fields.iter().position(Result::is_err) {
        let kind = FaultKind::NotText { column: rows.names()[at].clone() };
        rows.faults.push(Fault { line, kind, text: text() });
        return;
    }
    rows.push(line, fields.into_iter().map(|field| field.ok().and_then(|field| nulls.value(field))));
}

fn words(bytes: &[u8], path: &str, source: &TableSource) -> Result<RawBuilder, Error> {
    let mut lines = (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty());
    let mut lines = std::iter::from_fn(move || lines.next()).peekable();
    let Some((_, first)) = lines.peek() else {
        return Err(Error::Empty { path: path.to_owned() });
    };
    let fields = String::from_utf8_lossy(first).split_whitespace().map(str::to_owned).collect();
    let mut rows = RawBuilder::new(names(fields, path, source.header)?);
    let nulls = NullTexts::of(source);
    for (line, bytes) in lines.skip(usize::from(source.header)) {
        let Ok(text) = std::str::from_utf8(bytes) else {
            let kind = FaultKind::NotText { column: rows.names().first().cloned().unwrap_or_default() };
            rows.faults.push(Fault { line, kind, text: shortened(&String::from_utf8_lossy(bytes)) });
            continue;
        };
        let fields: Vec<&str> = text.split_whitespace().collect();
        if fields.len() == rows.names().len() {
            rows.push(line, fields.into_iter().map(|field| nulls.value(field)));
        } else {
            let kind = FaultKind::Fields { found: fields.len(), expected: rows.names().len() };
            rows.faults.push(Fault { line, kind, text: shortened(text) });
        }
    }
    Ok(rows)
}

/// Column names: the header, or `column_1`, `column_2`, ...
fn names(first: Vec<String>, path: &str, header: bool) -> Result<Vec<String>, Error> {
    if !header {
        return Ok((1..=first.len()).map(|number| format!("column_{number}")).collect());
    }
    // A nameless column (an index some tool wrote) gets a name it can be mapped by.
    let named = (1..).zip(first).map(|(number, name)| if name.is_empty() { format!("column_{number}") } else { name });
    let names: Vec<String> = named.collect();
    distinct(path, &names)?;
    Ok(names)
}
