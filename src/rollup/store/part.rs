//! A part file: one block of rows, written once and never changed.
//!
//! Format 1, all numbers little-endian: the eight bytes `TWPART1\n`; the length of the header as `u32`; the header as
//! JSON ([`Header`]); then the columns as it says ([`super::packed`]). Customers are texts and numbers of rows, ascending;
//! their rows lie together, by day. The file's blake3 stands in the manifest, so damage is seen before anything is decoded.

use serde::{Deserialize, Serialize};

use super::block::{Block, Cells, Sources};
use super::packed::{Numbers, Packed, pack, pack_numbers};

const MAGIC: &[u8; 8] = b"TWPART1\n";

/// What lies where.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    customers: Texts,
    counts: Packed,
    days: Packed,
    is_dated: bool,
    known: Option<Packed>,
    sources: Packed,
    columns: Vec<StoredCells>,
}

/// Texts: their lengths, and their bytes one after another.
#[derive(Debug, Serialize, Deserialize)]
struct Texts {
    lengths: Packed,
    at: usize,
    bytes: usize,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredCells {
    Number(Numbers),
    Text { codes: Packed, levels: Texts },
    Flag(Packed),
    Day(Packed),
}

/// The bytes of a part file.
#[must_use]
pub fn encoded(block: &Block) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(block.height() * 8);
    let spans = block.offsets.windows(2);
    let counts: Vec<i64> = spans.map(|span| whole(span[1] - span[0])).collect();
    let sources = match &block.sources {
        Sources::One(number) => pack(&mut bytes, std::iter::repeat_n(i64::from(*number), block.height().min(1))),
        Sources::Each(numbers) => pack(&mut bytes, numbers.iter().map(|&number| i64::from(number))),
    };
    let header = Header {
        customers: texts(&mut bytes, &block.ids),
        counts: pack(&mut bytes, counts.into_iter()),
        is_dated: block.is_dated,
        days: days(&mut bytes, &block.days),
        known: block.known.as_ref().map(|known| days(&mut bytes, known)),
        sources,
        columns: block.columns.iter().map(|cells| stored(&mut bytes, cells)).collect(),
    };
    // Columns and numbers always are JSON.
    let header = serde_json::to_vec(&header).unwrap_or_default();
    let mut file = Vec::with_capacity(bytes.len() + header.len() + 12);
    file.extend_from_slice(MAGIC);
    file.extend_from_slice(&u32::try_from(header.len()).unwrap_or(u32::MAX).to_le_bytes());
    file.extend_from_slice(&header);
    file.append(&mut bytes);
    file
}

/// A place as a whole number.
fn whole(place: usize) -> i64 {
    i64::try_from(place).unwrap_or(i64::MAX)
}

fn days(bytes: &mut Vec<u8>, days: &[i32]) -> Packed {
    pack(bytes, days.iter().map(|&day| i64::from(day)))
}

fn texts(bytes: &mut Vec<u8>, texts: &[String]) -> Texts {
    let lengths = pack(bytes, texts.iter().map(|text| whole(text.len())));
    let at = bytes.len();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
    }
    Texts { lengths, at, bytes: bytes.len() - at }
}

fn stored(bytes: &mut Vec<u8>, cells: &Cells) -> StoredCells {
    match cells {
        Cells::Number(numbers) => {
            let numbers: Vec<f64> = (0..numbers.len()).map(|row| numbers.at(row)).collect();
            StoredCells::Number(pack_numbers(bytes, &numbers))
        }
        Cells::Flag(flags) => StoredCells::Flag(pack(bytes, flags.iter().map(|&flag| i64::from(flag)))),
        Cells::Day(cells) => StoredCells::Day(days(bytes, cells)),
        Cells::Text { codes, levels } => {
            // One more, so that a missing level (the largest code) is 0 and the others are small.
            let codes = codes.iter().map(|&code| i64::from(code.wrapping_add(1)));
            StoredCells::Text { codes: pack(bytes, codes), levels: texts(bytes, levels) }
        }
    }
}

/// The block of a part file; `None` if the bytes are not one.
#[must_use]
pub fn decoded(file: &[u8]) -> Option<Block> {
    let (length, rest) = file.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let (header, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let ids = header.customers.read(bytes)?;
    let mut offsets = vec![0];
    for count in header.counts.unpack(bytes, |count| usize::try_from(count).ok())? {
        offsets.push(count?.checked_add(*offsets.last()?)?);
    }
    let height = *offsets.last()?;
    let known = match header.known {
        Some(known) => Some(read_days(&known, bytes)?),
        None => None,
    };
    let columns: Option<Vec<Cells>> = header.columns.iter().map(|column| column.read(bytes)).collect();
    let sources = match header.sources.constant() {
        Some(number) => Sources::One(u32::try_from(number).ok()?),
        None => Sources::Each(
            header.sources.unpack(bytes, |number| u32::try_from(number).ok())?.into_iter().collect::<Option<_>>()?,
        ),
    };
    let (columns, days) = (columns?, read_days(&header.days, bytes)?);
    let block = Block { ids, offsets, is_dated: header.is_dated, days, known, columns, sources };
    block.is_whole(height).then_some(block)
}

fn read_days(packed: &Packed, bytes: &[u8]) -> Option<Vec<i32>> {
    packed.unpack(bytes, |day| i32::try_from(day).unwrap_or(i32::MAX))
}

impl Texts {
    fn read(&self, bytes: &[u8]) -> Option<Vec<String>> {
        let mut rest = bytes.get(self.at..self.at.checked_add(self.bytes)?)?;
        let lengths = self.lengths.unpack(bytes, |length| usize::try_from(length).ok())?;
        let mut texts = Vec::with_capacity(lengths.len());
        for length in lengths {
            let (text, after) = rest.split_at_checked(length?)?;
            texts.push(std::str::from_utf8(text).ok()?.to_owned());
            rest = after;
        }
        rest.is_empty().then_some(texts)
    }
}

impl StoredCells {
    fn read(&self, bytes: &[u8]) -> Option<Cells> {
        Some(match self {
            Self::Number(numbers) => Cells::Number(numbers.unpack(bytes)?.into()),
            Self::Flag(flags) => Cells::Flag(flags.unpack(bytes, |flag| u8::try_from(flag).unwrap_or(2))?),
            Self::Day(days) => Cells::Day(read_days(days, bytes)?),
            Self::Text { codes, levels } => {
                let code = |code| u32::try_from(code).unwrap_or(0).wrapping_sub(1);
                Cells::Text { codes: codes.unpack(bytes, code)?, levels: levels.read(bytes)? }
            }
        })
    }
}

impl Block {
    /// Whether everything has as many rows as it must, and no row names a level that is not there.
    fn is_whole(&self, height: usize) -> bool {
        let of_height = |cells: &Cells| match cells {
            Cells::Number(numbers) => numbers.len() == height,
            Cells::Flag(flags) => flags.len() == height,
            Cells::Day(days) => days.len() == height,
            Cells::Text { codes, levels } => {
                let is_level = |code: &u32| code.wrapping_add(1) as usize <= levels.len();
                codes.len() == height && codes.iter().all(is_level)
            }
        };
        let has_sources = match &self.sources {
            Sources::One(_) => true,
            Sources::Each(each) => each.len() == height,
        };
        has_sources
            && self.ids.len() + 1 == self.offsets.len()
            && self.days.len() == height
            && self.known.as_ref().is_none_or(|known| known.len() == height)
            && self.columns.iter().all(of_height)
    }
}
