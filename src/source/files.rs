//! Which files a source names, and in which format they are.

use std::path::{Path, PathBuf};

use super::Error;
use crate::project::{FileFormat, Project, TableSource};
use crate::tables::TableName;

/// The files of a source, sorted, each once.
pub(super) fn resolve(project: &Project, table: TableName, source: &TableSource) -> Result<Vec<PathBuf>, Error> {
    matching(project, table, &source.files)
}

/// The files that paths and globs name, sorted, each once.
pub(super) fn matching(project: &Project, table: TableName, patterns: &[String]) -> Result<Vec<PathBuf>, Error> {
    let mut files = Vec::new();
    for pattern in patterns {
        let path = project.path(pattern);
        let before = files.len();
        if path.is_file() {
            files.push(path);
            continue;
        }
        let bad = |_| Error::BadGlob { table, pattern: pattern.clone() };
        let text = path.to_string_lossy();
        files.extend(glob::glob(&text).map_err(bad)?.filter_map(Result::ok).filter(|path| path.is_file()));
        if files.len() == before {
            return Err(Error::NoFile { table, pattern: pattern.clone(), path });
        }
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The path as manifests and messages show it: relative to the project where it lies inside, with `/`.
pub(super) fn shown(project: &Project, path: &Path) -> String {
    path.strip_prefix(&project.root).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

/// The format that a file's name tells, `.gz` and `.zst` aside.
#[must_use]
pub fn format_of(path: &Path) -> Option<FileFormat> {
    let name = path.file_name()?.to_str()?.to_lowercase();
    let name = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst")).unwrap_or(&name);
    match name.rsplit_once('.')?.1 {
        "csv" => Some(FileFormat::Csv),
        "tsv" | "tab" => Some(FileFormat::Tsv),
        "txt" | "dat" => Some(FileFormat::Text),
        "ndjson" | "jsonl" => Some(FileFormat::Ndjson),
        "parquet" | "pq" => Some(FileFormat::Parquet),
        _ => None,
    }
}
