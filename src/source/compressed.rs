//! Whole files in memory, decompressed, with the fingerprint of the bytes on disk.

use std::io::Read as _;
use std::path::Path;

/// A file's content and the fingerprint of its bytes on disk.
pub(super) struct Content {
    /// The bytes, decompressed.
    pub(super) bytes: Vec<u8>,
    /// Size on disk.
    pub(super) size: u64,
    /// blake3 of the bytes on disk, in hex.
    pub(super) blake3: String,
}

/// Reads the file and undoes `.gz` or `.zst`.
pub(super) fn read(path: &Path) -> std::io::Result<Content> {
    let stored = std::fs::read(path)?;
    let blake3 = hash(&stored);
    let size = stored.len() as u64;
    let bytes = match path.extension().and_then(|extension| extension.to_str()) {
        Some("gz") => decoded(flate2::read::MultiGzDecoder::new(stored.as_slice()), stored.len() * 4)?,
        Some("zst") => decoded(zstd::stream::read::Decoder::new(stored.as_slice())?, stored.len() * 4)?,
        _ => stored,
    };
    Ok(Content { bytes, size, blake3 })
}

/// Size and blake3 of a file, read in pieces.
///
/// # Errors
/// If the file cannot be read.
pub fn fingerprint(path: &Path) -> std::io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut piece = vec![0; 1 << 20];
    let mut size = 0;
    loop {
        let count = file.read(&mut piece)?;
        if count == 0 {
            return Ok((size, hasher.finalize().to_hex().to_string()));
        }
        hasher.update(&piece[..count]);
        size += count as u64;
    }
}

fn hash(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

fn decoded(mut reader: impl std::io::Read, expected: usize) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(expected);
    reader.read_to_end(&mut bytes)?;
    Ok(bytes)
}
