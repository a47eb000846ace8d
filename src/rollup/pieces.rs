//! Rows of a table as they are gathered, in pieces, and how pieces are put in order.

use std::ops::Range;
use std::sync::Arc;

use rayon::prelude::*;

use super::batch::{BatchColumn, RowBatch};
use super::codes::Codes;
use super::customers::NO_LEVEL;
use super::days::Days;
use super::history::{Column, NEVER, Sources, TableHistory, Values};
use super::intern::{Interner, renumbered};
use super::numbers::Numbers;
use super::places::{Owners, Places};
use super::store::Block;

/// Orders the pieces of a table among each other: what is stored before what is read, then by position.
type Place = (bool, usize);

/// Rows are gathered in pieces of about so many. What is large from the beginning goes back to the system when it is no
/// longer needed, so they are given all their room at once as soon as they are not small.
const PIECE_ROWS: usize = if cfg!(test) { 8 } else { 1 << 25 };

/// With fewer rows a piece is small.
const SMALL_ROWS: usize = 1 << 17;

/// A table in the making.
#[derive(Default)]
pub(super) struct Gathered {
    pieces: Vec<Piece>,
    /// What was added, in the order of arrival.
    segments: Vec<Segment>,
    /// Levels of each column; unused where it is not text.
    levels: Vec<Interner>,
    /// Numbers of the source files in the order of their arrival.
    sources: Vec<u32>,
    is_dated: bool,
}

/// One batch within a piece.
struct Segment {
    place: Place,
    piece: usize,
    rows: Range<usize>,
    /// Number of the source file, where somebody asks for it and it is the same for all rows.
    source: Option<u32>,
}

/// Rows whose texts are numbered for the whole table.
struct Piece {
    rows: usize,
    owners: Owners,
    days: Days,
    known: Option<Vec<i32>>,
    columns: Vec<PieceColumn>,
    /// Which source file each row is from, where the rows were stored; segments know it of others.
    sources: Option<Codes>,
}

enum PieceColumn {
    Number(Numbers),
    Text(Codes),
    Flag(Vec<u8>),
    Day(Vec<i32>),
}

impl Gathered {
    /// Adds rows that were read, to pieces of no more than so many bytes; says how many bytes they take.
    pub fn add(&mut self, owners: Owners, place: usize, source: Option<u32>, batch: RowBatch, most: usize) -> usize {
        let rows = owners.rows();
        self.is_dated |= batch.days.is_some();
        let days = batch.days.unwrap_or_else(|| vec![i32::MIN; rows]);
        let known = batch.known.map(|mut known| {
            known.iter_mut().zip(&days).for_each(|(known, day)| *known = (*known).max(*day));
            known
        });
        let source = source.map(|source| self.source(source));
        self.levels.resize_with(batch.columns.len(), Interner::default);
        let columns = batch.columns.into_iter().zip(&mut self.levels).map(|(column, levels)| match column {
            BatchColumn::Number(numbers) => PieceColumn::Number(numbers),
            BatchColumn::Flag(flags) => PieceColumn::Flag(flags),
            BatchColumn::Day(days) => PieceColumn::Day(days),
            BatchColumn::Text(texts) => {
                let numbers = levels.number_levels(&texts);
                PieceColumn::Text(renumbered(texts, &numbers).into())
            }
        });
        let piece = Piece { rows, columns: columns.collect(), owners, days: days.into(), known, sources: None };
        let bytes = piece.bytes();
        self.push((true, place), source, piece, most);
        bytes
    }

    /// Adds rows that were stored.
    pub fn add_block(&mut self, owners: Owners, place: usize, block: Block) {
        let numbers: Vec<u32> = block.sources.numbers.iter().map(|&source| self.source(source)).collect();
        let sources = Some(block.sources.codes.renumbered(&numbers));
        self.levels.resize_with(block.columns.len(), Interner::default);
        let columns = block.columns.into_iter().zip(&mut self.levels).map(|(column, known)| match column {
            Values::Number(numbers) => PieceColumn::Number(numbers),
            Values::Flag(flags) => PieceColumn::Flag(flags),
            Values::Day(days) => PieceColumn::Day(days),
            Values::Text { codes, levels } => PieceColumn::Text(codes.renumbered(&known.number_texts(&levels))),
        });
        let columns = columns.collect();
        self.is_dated |= block.is_dated;
        let rows = owners.rows();
        let piece = Piece { rows, owners, days: block.days, known: block.known, columns, sources };
        self.push((false, place), None, piece, usize::MAX);
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// Whether the table has a time.
    pub const fn is_dated(&self) -> bool {
        self.is_dated
    }

    /// The customers of all rows, by their numbers of arrival, some more than once.
    pub fn customers(&self) -> impl Iterator<Item = u32> + '_ {
        self.pieces.iter().flat_map(|piece| piece.owners.customers())
    }

    /// The number of a source file in this table.
    fn source(&mut self, source: u32) -> u32 {
        let position = self.sources.iter().rposition(|&known| known == source).unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        u32::try_from(position).unwrap_or(NO_LEVEL)
    }

    /// Adds rows to the last piece, or begins another.
    fn push(&mut self, place: Place, source: Option<u32>, piece: Piece, most: usize) {
        let rows = piece.rows;
        let fits = |last: &Piece| last.rows + rows <= PIECE_ROWS && last.bytes() + piece.bytes() <= most;
        let first = match self.pieces.last_mut() {
            Some(last) if fits(last) && last.is_alike(&piece) => {
                let first = last.rows;
                last.make_room(rows, most);
                last.append(piece);
                first
            }
            _ => {
                self.pieces.push(piece);
                0
            }
        };
        self.segments.push(Segment { place, piece: self.pieces.len() - 1, rows: first..first + rows, source });
    }

    /// All rows by customer; columns have no names yet.
    pub fn placed(mut self, position: &[u32], customers: usize) -> TableHistory {
        self.segments.sort_by_key(|segment| segment.place);
        let (pieces, segments) = (std::mem::take(&mut self.pieces), std::mem::take(&mut self.segments));
        self.finished(position, customers).placed(pieces, &segments)
    }

    /// The same, but piece by piece: each is given back to memory before the next is put in order.
    pub fn each_piece(mut self, position: &[u32], customers: usize, mut take: impl FnMut(TableHistory)) {
        let mut segments: Vec<Vec<Segment>> = self.pieces.iter().map(|_| Vec::new()).collect();
        for segment in std::mem::take(&mut self.segments) {
            segments[segment.piece].push(Segment { piece: 0, ..segment });
        }
        let pieces = std::mem::take(&mut self.pieces);
        let finished = self.finished(position, customers);
        pieces.into_iter().zip(segments).for_each(|(piece, segments)| take(finished.placed(vec![piece], &segments)));
    }

    fn finished(self, position: &[u32], customers: usize) -> Finished<'_> {
        let levels = self.levels.into_par_iter().map(|levels| {
            let (levels, position) = levels.sorted();
            (Arc::new(levels), position)
        });
        Finished { levels: levels.collect(), sources: self.sources, is_dated: self.is_dated, position, customers }
    }
}

/// What all pieces of a table share when they are put in order.
struct Finished<'a> {
    /// The levels of each column, ascending, and what their numbers become.
    levels: Vec<(Arc<Vec<String>>, Vec<u32>)>,
    /// Numbers of the source files in the order of their arrival.
    sources: Vec<u32>,
    is_dated: bool,
    /// What the customers' numbers become.
    position: &'a [u32],
    /// How many customers there are.
    customers: usize,
}

impl Finished<'_> {
    /// The rows of some pieces by customer.
    fn placed(&self, mut pieces: Vec<Piece>, segments: &[Segment]) -> TableHistory {
        let owners = pieces.iter_mut().map(|piece| std::mem::take(&mut piece.owners)).collect();
        let order = segments.iter().map(|segment| (segment.piece, segment.rows.clone()));
        let places = Places::new(owners, order, self.position, self.customers);
        let days = {
            // Given back to memory as soon as they stand in their places.
            let days: Vec<Days> = pieces.iter_mut().map(|piece| std::mem::take(&mut piece.days)).collect();
            Days::placed(&days, &places)
        };
        let known: Option<Vec<Vec<i32>>> = pieces.iter_mut().map(|piece| piece.known.take()).collect();
        let known = known.filter(|known| !known.is_empty()).map(|known| placed(known, &places, NEVER));
        let mut columns: Vec<Vec<PieceColumn>> = Vec::new();
        for piece in &mut pieces {
            columns.resize_with(piece.columns.len(), Vec::new);
            columns.iter_mut().zip(std::mem::take(&mut piece.columns)).for_each(|(column, part)| column.push(part));
        }
        let columns = columns.into_par_iter().zip(&self.levels);
        let columns = columns.filter_map(|(parts, levels)| {
            let values = whole(parts, levels, &places)?;
            Some(Column { name: String::new(), known_with: None, values })
        });
        let columns = columns.collect();
        let sources = sources(&mut pieces, segments, &self.sources, &places);
        TableHistory { offsets: places.offsets, is_dated: self.is_dated, days, known, columns, sources }
    }
}

impl Piece {
    /// Whether rows can be added without changing the form of any column.
    fn is_alike(&self, other: &Self) -> bool {
        let columns = || self.columns.iter().zip(&other.columns).all(|(column, other)| column.is_alike(other));
        matches!((&self.owners, &other.owners), (Owners::Each(_), Owners::Each(_)))
            && self.days.is_alike(&other.days)
            && self.known.is_some() == other.known.is_some()
            && columns()
    }

    /// How much memory the rows take.
    fn bytes(&self) -> usize {
        let each = size_of::<u32>() + size_of::<i32>() * usize::from(self.known.is_some());
        self.rows * each + self.days.bytes() + self.columns.iter().map(PieceColumn::bytes).sum::<usize>()
    }

    /// Makes room for so many rows; if there is none, in a small piece for several times as many, in others for all it may
    /// come to hold.
    fn make_room(&mut self, rows: usize, most_bytes: usize) {
        let Owners::Each(owners) = &mut self.owners else { return };
        if owners.capacity() >= self.rows + rows {
            return;
        }
        let of_a_row = (self.bytes() / self.rows.max(1)).max(1);
        let whole = if self.rows + rows < SMALL_ROWS { self.rows * 4 } else { PIECE_ROWS };
        let most = whole.min(most_bytes / of_a_row);
        let room = most.max(self.rows + rows) - self.rows;
        if let Owners::Each(owners) = &mut self.owners {
            owners.reserve_exact(room);
        }
        self.days.reserve(room);
        if let Some(known) = &mut self.known {
            known.reserve_exact(room);
        }
        self.columns.iter_mut().for_each(|column| column.reserve(room));
    }

    fn append(&mut self, mut other: Self) {
        if let (Owners::Each(own), Owners::Each(others)) = (&mut self.owners, &mut other.owners) {
            own.append(others);
        }
        self.rows += other.rows;
        self.days.append(other.days);
        if let (Some(own), Some(mut others)) = (&mut self.known, other.known) {
            own.append(&mut others);
        }
        self.columns.iter_mut().zip(other.columns).for_each(|(column, other)| column.append(other));
    }
}

impl PieceColumn {
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => own.is_alike(other),
            (Self::Text(own), Self::Text(other)) => own.is_alike(other),
            (Self::Flag(_), Self::Flag(_)) | (Self::Day(_), Self::Day(_)) => true,
            _ => false,
        }
    }

    fn bytes(&self) -> usize {
        match self {
            Self::Number(numbers) => numbers.bytes(),
            Self::Text(codes) => codes.bytes(),
            Self::Flag(flags) => flags.len(),
            Self::Day(days) => size_of_val(&days[..]),
        }
    }

    fn reserve(&mut self, rows: usize) {
        match self {
            Self::Number(numbers) => numbers.reserve(rows),
            Self::Text(codes) => codes.reserve(rows),
            Self::Flag(flags) => flags.reserve_exact(rows),
            Self::Day(days) => days.reserve_exact(rows),
        }
    }

    fn append(&mut self, other: Self) {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => own.append(other),
            (Self::Text(own), Self::Text(other)) => own.append(other),
            (Self::Flag(own), Self::Flag(mut other)) => own.append(&mut other),
            (Self::Day(own), Self::Day(mut other)) => own.append(&mut other),
            _ => {}
        }
    }
}

/// Numbers ascending, and for each its position in that order.
fn sorted(numbers: &[u32]) -> (Vec<u32>, Vec<u32>) {
    let mut ascending = numbers.to_vec();
    ascending.sort_unstable();
    let position =
        |&number: &u32| u32::try_from(ascending.partition_point(|&other| other < number)).unwrap_or(NO_LEVEL);
    let positions = numbers.iter().map(position).collect();
    (ascending, positions)
}

/// Which file each row is from, in the rows' places; nothing if a piece does not know.
fn sources(pieces: &mut [Piece], segments: &[Segment], numbers: &[u32], places: &Places) -> Option<Sources> {
    let none = |piece: &Piece| Codes::missing(piece.rows, numbers.len());
    let codes = pieces.iter_mut().map(|piece| piece.sources.take().unwrap_or_else(|| none(piece)));
    let mut codes: Vec<Codes> = codes.collect();
    for segment in segments.iter().filter(|segment| !segment.rows.is_empty()) {
        match segment.source {
            Some(source) => codes[segment.piece].fill(segment.rows.clone(), source),
            None if segment.place.0 => return None,
            None => {}
        }
    }
    if numbers.is_empty() {
        return None;
    }
    let (numbers, position) = sorted(numbers);
    Some(Sources { numbers, codes: Codes::placed(&codes, places, &position) })
}

/// The values in their places; what they were taken from is given back to memory.
fn placed<T: Copy>(batches: Vec<Vec<T>>, places: &Places, missing: T) -> Vec<T> {
    let slices: Vec<&[T]> = batches.iter().map(Vec::as_slice).collect();
    let placed = places.filled(&slices, missing, |value| value);
    drop(batches);
    placed
}

/// One column from its parts; `None` if there are none, so that its type is not known.
fn whole(
    parts: Vec<PieceColumn>,
    (levels, position): &(Arc<Vec<String>>, Vec<u32>),
    places: &Places,
) -> Option<Values> {
    macro_rules! parts_of {
        ($kind:ident) => {
            parts.into_iter().filter_map(|part| if let PieceColumn::$kind(part) = part { Some(part) } else { None })
        };
    }
    Some(match parts.first()? {
        PieceColumn::Number(_) => {
            let parts: Vec<Numbers> = parts_of!(Number).collect();
            Values::Number(Numbers::placed(&parts, places))
        }
        PieceColumn::Flag(_) => Values::Flag(placed(parts_of!(Flag).collect(), places, 2)),
        PieceColumn::Day(_) => Values::Day(placed(parts_of!(Day).collect(), places, NEVER)),
        PieceColumn::Text(_) => {
            let parts: Vec<Codes> = parts_of!(Text).collect();
            Values::Text { codes: Codes::placed(&parts, places, position), levels: Arc::clone(levels) }
        }
    })
}
