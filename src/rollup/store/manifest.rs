//! `manifest.json`: which files of the store count, and what they were made of.
//!
//! The first line says `tidewatch-store`, the format, and the blake3 of all that follows; then comes the manifest as JSON.
//! It is replaced by one rename after every file it names has reached the disk, so the store is always what some manifest
//! says, whole; files that no manifest names are swept up by the next update.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::stamp::Stamp;
use super::{Error, Warning};
use crate::contract::FileCheck;
use crate::publish;
use crate::tables::TableName;

/// Version of the store: of this file, of the part files, and of what a row in them means.
pub const STORE_FORMAT: u32 = 2;
/// The manifest's name.
pub const MANIFEST_FILE: &str = "manifest.json";
const WORD: &str = "tidewatch-store";

/// What the store holds.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The number the next new source file gets; a number is never given out twice.
    pub next_source: u32,
    /// By table.
    pub tables: BTreeMap<TableName, TableEntry>,
}

/// What the store holds of one table.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct TableEntry {
    /// Fingerprint of the declarations that decide what rows say: mapping, filters, zone; and of the engine.
    pub signature: String,
    /// Fingerprint of the columns that are kept, which also depends on what the files have.
    pub columns: String,
    /// The files whose rows count.
    pub sources: Vec<SourceEntry>,
    /// The part files with those rows. They may hold rows of other sources too, which no longer count.
    pub parts: Vec<PartEntry>,
}

/// One source file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceEntry {
    /// Its number in the part files.
    pub number: u32,
    /// The file system's word about it.
    pub stamp: Stamp,
    /// Whether that word can be trusted: the file had been at rest.
    pub settled: bool,
    /// What the check found in it.
    pub check: FileCheck,
}

/// One part file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartEntry {
    /// Its name in the store's folder.
    pub file: String,
    /// blake3 of its bytes, in hex.
    pub blake3: String,
    /// Its size.
    pub bytes: u64,
    /// Its rows, of whatever source.
    pub rows: u64,
    /// Whether its rows are those of one night, read after the table's other parts were put together.
    pub is_night: bool,
    /// The sources whose rows are in it, ascending.
    pub sources: Vec<u32>,
}

/// Reads the manifest. One that is not there, damaged or of an older format is empty, with a warning where there was one.
///
/// # Errors
/// [`Error::Newer`].
pub fn read(folder: &Path) -> Result<(Manifest, Option<Warning>), Error> {
    let path = folder.join(MANIFEST_FILE);
    let Ok(bytes) = fs::read(&path) else { return Ok((Manifest::default(), None)) };
    let file = MANIFEST_FILE.to_owned();
    match parsed(&bytes) {
        Ok(manifest) => Ok((manifest, None)),
        Err(Unread::Format(found)) if found > STORE_FORMAT => Err(Error::Newer { path, found, readable: STORE_FORMAT }),
        Err(Unread::Format(found)) => Ok((Manifest::default(), Some(Warning::Older { file, found }))),
        Err(Unread::Damaged) => Ok((Manifest::default(), Some(Warning::Damaged { file }))),
    }
}

enum Unread {
    Format(u32),
    Damaged,
}

fn parsed(bytes: &[u8]) -> Result<Manifest, Unread> {
    let end = bytes.iter().position(|&byte| byte == b'\n').ok_or(Unread::Damaged)?;
    let (first, body) = (&bytes[..end], &bytes[end + 1..]);
    let first = std::str::from_utf8(first).map_err(|_| Unread::Damaged)?;
    let mut words = first.split(' ');
    let (Some(WORD), Some(format), Some(hash)) = (words.next(), words.next(), words.next()) else {
        return Err(Unread::Damaged);
    };
    let format: u32 = format.parse().map_err(|_| Unread::Damaged)?;
    if format != STORE_FORMAT {
        return Err(Unread::Format(format));
    }
    if blake3::hash(body).to_hex().as_str() != hash {
        return Err(Unread::Damaged);
    }
    serde_json::from_slice(body).map_err(|_| Unread::Damaged)
}

/// Makes `manifest` the one that counts. Every file it names must have reached the disk before.
///
/// # Errors
/// [`Error::Write`]; then the old one still counts.
pub fn write(folder: &Path, manifest: &Manifest) -> Result<(), Error> {
    // Names, numbers and texts always are JSON.
    let body = serde_json::to_vec(manifest).unwrap_or_default();
    let mut bytes = format!("{WORD} {STORE_FORMAT} {}\n", blake3::hash(&body).to_hex()).into_bytes();
    bytes.extend_from_slice(&body);
    Ok(publish::write_file(&folder.join(MANIFEST_FILE), &bytes)?)
}
