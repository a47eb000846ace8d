//! One JSON object a line: every value as text, every key accounted for.

use std::collections::BTreeSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::Error;
use super::raw::{Fault, FaultKind, NullTexts, Raw, RawBuilder, shortened};
use crate::project::TableSource;

/// Reads JSON lines. The columns are the keys of the first object and those the mapping `wants`; a row with any other
/// key is a fault, because a key that nobody asked for would otherwise vanish without a word.
pub(super) fn read(bytes: &[u8], path: &str, source: &TableSource, wanted: &BTreeSet<String>) -> Result<Raw, Error> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines: Vec<(u64, &[u8])> =
        (1..).zip(bytes.split(|byte| *byte == b'\n')).filter(|(_, line)| !line.trim_ascii().is_empty()).collect();
    let Some((_, first)) = lines.first() else {
        return Err(Error::Empty { path: path.to_owned() });
    };
    let mut names: Vec<String> = object(first).map(|first| first.into_keys().collect()).unwrap_or_default();
    names.extend(wanted.iter().filter(|name| !names.contains(name)).cloned().collect::<Vec<_>>());
    let known: BTreeSet<String> = names.iter().cloned().collect();
    let nulls = NullTexts::of(source);
    let mut rows = RawBuilder::new(names.clone());
    for (line, bytes) in lines {
        let fault = |kind| Fault { line, kind, text: shortened(&String::from_utf8_lossy(bytes)) };
        let Some(row) = object(bytes) else {
            let kind = if std::str::from_utf8(bytes).is_ok() {
                FaultKind::NotAnObject
            } else {
                FaultKind::NotText { column: names.first().cloned().unwrap_or_default() }
            };
            rows.faults.push(fault(kind));
            continue;
        };
        if let Some(key) = row.keys().find(|key| !known.contains(*key) && !ignored(source, key)) {
            let kind = FaultKind::UnknownKey { key: key.clone() };
            rows.faults.push(fault(kind));
            continue;
        }
        let texts: Vec<Option<String>> = names.iter().map(|name| row.get(name).and_then(text)).collect();
        rows.push(line, texts.iter().map(|text| text.as_deref().and_then(|text| nulls.value(text))));
    }
    rows.finish().map_err(|error| Error::Unreadable { path: path.to_owned(), reason: error.to_string() })
}

fn object(bytes: &[u8]) -> Option<IndexMap<String, Value>> {
    serde_json::from_slice(bytes).ok()
}

/// A JSON value as text; lists and objects as JSON.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

fn ignored(source: &TableSource, key: &str) -> bool {
    source.ignores(key)
}
