//! A part file: one block of rows, written once and never changed.
//!
//! Format 2, all numbers little-endian: the eight bytes `TWPART2\n`; the length of the header as `u32`; the header as
//! JSON ([`Header`]); then the columns as it says ([`super::packed`]). Customers are texts and numbers of rows, ascending;
//! their rows lie together, by day. The file's blake3 stands in the manifest, so damage is seen before anything is decoded.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::block::Block;
use super::packed::{Numbers, Packed, pack, pack_bytes, pack_days, pack_from, pack_numbers, pack_short_days};
use crate::rollup::codes::Codes;
use crate::rollup::days::Days;
use crate::rollup::history::{NEVER, Sources, Values};

const MAGIC: &[u8; 8] = b"TWPART2\n";

/// What lies where.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    customers: Texts,
    counts: Packed,
    days: Packed,
    is_dated: bool,
    known: Option<Packed>,
    /// Numbers of the source files, and which of them each row is from.
    sources: (Vec<u32>, Packed),
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
    let header = Header {
        customers: texts(&mut bytes, &block.ids),
        counts: pack(&mut bytes, block.counts.iter().map(|&count| i64::from(count))),
        is_dated: block.is_dated,
        days: own_days(&mut bytes, &block.days),
        known: block.known.as_ref().map(|known| pack_days(&mut bytes, known)),
        sources: (block.sources.numbers.clone(), codes(&mut bytes, &block.sources.codes)),
        columns: block.columns.iter().map(|values| stored(&mut bytes, values)).collect(),
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

/// One more, so that a missing level (the largest code) is 0 and the others are small.
fn codes(bytes: &mut Vec<u8>, codes: &Codes) -> Packed {
    match codes {
        Codes::Few(codes) => pack_bytes(bytes, codes.iter().map(|code| code.wrapping_add(1))),
        Codes::Several(codes) => pack_from(bytes, 0, codes.iter().map(|code| i64::from(code.wrapping_add(1)))),
        Codes::Many(codes) => pack_from(bytes, 0, codes.iter().map(|code| i64::from(code.wrapping_add(1)))),
    }
}

fn texts(bytes: &mut Vec<u8>, texts: &[String]) -> Texts {
    let lengths = pack(bytes, texts.iter().map(|text| whole(text.len())));
    let at = bytes.len();
    for text in texts {
        bytes.extend_from_slice(text.as_bytes());
    }
    Texts { lengths, at, bytes: bytes.len() - at }
}

fn stored(bytes: &mut Vec<u8>, values: &Values) -> StoredCells {
    match values {
        Values::Number(numbers) => StoredCells::Number(pack_numbers(bytes, numbers)),
        Values::Flag(flags) => StoredCells::Flag(pack_bytes(bytes, flags.iter().copied())),
        Values::Day(own) => StoredCells::Day(pack_days(bytes, own)),
        Values::Text { codes: own, levels } => {
            StoredCells::Text { codes: codes(bytes, own), levels: texts(bytes, levels) }
        }
    }
}

/// The block of a part file; `None` if the bytes are not one.
#[must_use]
pub fn decoded(file: &[u8]) -> Option<Block> {
    let (length, rest) = file.strip_prefix(MAGIC)?.split_first_chunk::<4>()?;
    let (header, bytes) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    let header: Header = serde_json::from_slice(header).ok()?;
    let counts = header.counts.unpack(bytes, |count| u32::try_from(count).unwrap_or(0))?;
    let known = match header.known {
        Some(known) => Some(read_days(&known, bytes)?),
        None => None,
    };
    let columns: Option<Vec<Values>> = header.columns.iter().map(|column| column.read(bytes)).collect();
    let (numbers, codes) = header.sources;
    let block = Block {
        ids: header.customers.read(bytes)?,
        is_dated: header.is_dated,
        days: read_own_days(&header.days, bytes)?,
        known,
        columns: columns?,
        sources: Sources { numbers, codes: read_codes(&codes, bytes)? },
        counts,
    };
    block.is_whole().then_some(block)
}

fn read_codes(codes: &Packed, bytes: &[u8]) -> Option<Codes> {
    match codes.largest() {
        Some(0..=0xff) => Some(Codes::Few(codes.unpack(bytes, |code| code.to_le_bytes()[0].wrapping_sub(1))?)),
        Some(0x100..=0xffff) => {
            let code = |code: i64| u16::try_from(code).unwrap_or(0).wrapping_sub(1);
            Some(Codes::Several(codes.unpack(bytes, code)?))
        }
        _ => Some(codes.unpack(bytes, |code| u32::try_from(code).unwrap_or(0).wrapping_sub(1))?.into()),
    }
}

/// Days as short as they are where none of them is special, as most.
fn own_days(bytes: &mut Vec<u8>, days: &Days) -> Packed {
    match days {
        Days::Short(short) => {
            pack_short_days(bytes, short).unwrap_or_else(|| pack_days(bytes, &days.iter().collect::<Vec<i32>>()))
        }
        Days::Wide(wide) => pack_days(bytes, wide),
    }
}

fn read_own_days(packed: &Packed, bytes: &[u8]) -> Option<Days> {
    let short = packed.unpack(bytes, |day| i16::try_from(day).unwrap_or(i16::MAX))?;
    // The largest stands for what is not so short, the smallest for no day.
    let low = short.iter().fold(i16::MAX, |low, &day| low.min(day));
    let high = short.iter().fold(i16::MIN, |high, &day| high.max(day));
    if low == i16::MIN || high == i16::MAX {
        return Some(read_days(packed, bytes)?.into());
    }
    Some(Days::Short(short))
}

fn read_days(packed: &Packed, bytes: &[u8]) -> Option<Vec<i32>> {
    packed.unpack(bytes, |day| i32::try_from(day).unwrap_or(NEVER))
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
    fn read(&self, bytes: &[u8]) -> Option<Values> {
        Some(match self {
            Self::Number(numbers) => Values::Number(numbers.unpack(bytes)?),
            Self::Flag(flags) => Values::Flag(flags.unpack(bytes, |flag| u8::try_from(flag).unwrap_or(2))?),
            Self::Day(days) => Values::Day(read_days(days, bytes)?),
            Self::Text { codes, levels } => {
                Values::Text { codes: read_codes(codes, bytes)?, levels: Arc::new(levels.read(bytes)?) }
            }
        })
    }
}

impl Block {
    /// Whether everything has as many rows as it must, and no row names a level or source that is not there.
    fn is_whole(&self) -> bool {
        let height = self.counts.iter().map(|&count| count as usize).sum::<usize>();
        let of_height = |values: &Values| match values {
            Values::Number(numbers) => numbers.len() == height,
            Values::Flag(flags) => flags.len() == height,
            Values::Day(days) => days.len() == height,
            Values::Text { codes, levels } => codes.len() == height && codes.are_below(levels.len()),
        };
        self.ids.len() == self.counts.len()
            && self.days.len() == height
            && self.known.as_ref().is_none_or(|known| known.len() == height)
            && self.sources.codes.len() == height
            && self.sources.codes.are_below(self.sources.numbers.len())
            && self.columns.iter().all(of_height)
    }
}
