//! Batches of rows become a history: ids and levels numbered, rows put where their customer's rows lie.
//!
//! Batches may come from any number of threads and in any order. A customer's number is the position of his id among the
//! sorted ids, a level's likewise; rows are counted per customer, then every column is put into place at once and the
//! batch it came from given back to memory. The result does not depend on how the rows were divided into batches.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::{Arc, Mutex, PoisonError};

use rayon::prelude::*;

use super::batch::{BatchColumn, RowBatch};
use super::codes::{Codes, positions_among};
use super::customers::{CustomerIndex, NO_LEVEL};
use super::history::{Column, History, NEVER, Sources, TableHistory, Values};
use super::intern::Interner;
use super::needs::{Needs, ORDER_HEAD, TableNeeds, known_with};
use super::numbers::Numbers;
use super::places::{Owners, Places};
use super::store::Block;
use crate::source::Texts;
use crate::tables::TableName;

/// A history in the making.
pub struct Gathering {
    ids: Mutex<Interner>,
    tables: BTreeMap<TableName, Mutex<Gathered>>,
}

/// Orders the pieces of a table among each other: what is stored before what is read, then by position.
type Place = (bool, usize);

/// Rows are gathered in pieces of about so many: large ones go back to the system when they are no longer needed.
const PIECE_ROWS: usize = if cfg!(test) { 8 } else { 1 << 23 };

/// A table in the making.
#[derive(Default)]
struct Gathered {
    pieces: Vec<Packed>,
    /// What was added, in the order of arrival.
    segments: Vec<Segment>,
    /// Levels of each column; unused where it is not text.
    levels: Vec<Interner>,
    /// Numbers of the source files in the order of their arrival.
    sources: Vec<u32>,
    dated: bool,
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
struct Packed {
    owners: Owners,
    days: Vec<i32>,
    known: Option<Vec<i32>>,
    columns: Vec<PackedColumn>,
    /// Which source file each row is from, where the rows were stored; segments know it of others.
    sources: Option<Codes>,
}

enum PackedColumn {
    Number(Numbers),
    Text(Codes),
    Flag(Vec<u8>),
    Day(Vec<i32>),
}

impl Gathering {
    /// Begins a history of the tables.
    #[must_use]
    pub fn new(tables: impl IntoIterator<Item = TableName>) -> Self {
        let tables = tables.into_iter().map(|name| (name, Mutex::default())).collect();
        Self { ids: Mutex::default(), tables }
    }

    /// Adds rows of a table; `place` orders batches of a table among each other, `source` is the number of the file they are
    /// from, where the store is to know it.
    pub fn add(&self, table: TableName, place: usize, source: Option<u32>, batch: RowBatch) {
        let Some(gathered) = self.tables.get(&table) else { return };
        let rows = batch.len();
        let numbers = self.ids.lock().unwrap_or_else(PoisonError::into_inner).number_levels(&batch.customers);
        let owners = Owners::Each(renumbered(batch.customers, &numbers));
        let is_dated = batch.days.is_some();
        let days = batch.days.unwrap_or_else(|| vec![i32::MIN; rows]);
        let known = batch.known.map(|mut known| {
            known.iter_mut().zip(&days).for_each(|(known, day)| *known = (*known).max(*day));
            known
        });
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let source = source.map(|source| gathered.source(source));
        gathered.levels.resize_with(batch.columns.len(), Interner::default);
        let columns = batch.columns.into_iter().zip(&mut gathered.levels).map(|(column, levels)| match column {
            BatchColumn::Number(numbers) => PackedColumn::Number(numbers),
            BatchColumn::Flag(flags) => PackedColumn::Flag(flags),
            BatchColumn::Day(days) => PackedColumn::Day(days),
            BatchColumn::Text(texts) => {
                let numbers = levels.number_levels(&texts);
                PackedColumn::Text(renumbered(texts, &numbers).into())
            }
        });
        let columns = columns.collect();
        gathered.dated |= is_dated;
        gathered.push((true, place), source, Packed { owners, days, known, columns, sources: None });
    }

    /// Adds rows of a table that were stored.
    pub fn add_block(&self, table: TableName, place: usize, block: Block) {
        let Some(gathered) = self.tables.get(&table) else { return };
        let numbers = self.ids.lock().unwrap_or_else(PoisonError::into_inner).number_texts(&block.ids);
        let owners = Owners::Runs(numbers.into_iter().zip(block.counts).collect());
        let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
        let numbers: Vec<u32> = block.sources.numbers.iter().map(|&source| gathered.source(source)).collect();
        let sources = Some(block.sources.codes.renumbered(&numbers));
        gathered.levels.resize_with(block.columns.len(), Interner::default);
        let columns = block.columns.into_iter().zip(&mut gathered.levels).map(|(column, known)| match column {
            Values::Number(numbers) => PackedColumn::Number(numbers),
            Values::Flag(flags) => PackedColumn::Flag(flags),
            Values::Day(days) => PackedColumn::Day(days),
            Values::Text { codes, levels } => PackedColumn::Text(codes.renumbered(&known.number_texts(&levels))),
        });
        let columns = columns.collect();
        gathered.dated |= block.is_dated;
        let packed = Packed { owners, days: block.days, known: block.known, columns, sources };
        gathered.push((false, place), None, packed);
    }

    /// Whether nothing was added to a table.
    #[must_use]
    pub fn is_empty(&self, table: TableName) -> bool {
        let gathered = self.tables.get(&table).map(|gathered| gathered.lock().unwrap_or_else(PoisonError::into_inner));
        gathered.is_none_or(|gathered| gathered.pieces.is_empty())
    }

    /// Forgets the rows of a table that were added so far: it will be read another way.
    pub fn forget(&self, table: TableName) {
        if let Some(gathered) = self.tables.get(&table) {
            *gathered.lock().unwrap_or_else(PoisonError::into_inner) = Gathered::default();
        }
    }

    /// The history of all rows added so far; nothing of them is left here.
    #[must_use]
    pub fn finish(&self, needs: &Needs) -> History {
        let tables = self.tables.iter().filter_map(|(&name, gathered)| {
            let gathered = std::mem::take(&mut *gathered.lock().unwrap_or_else(PoisonError::into_inner));
            Some((name, gathered, needs.tables.get(&name)?))
        });
        let tables: Vec<(TableName, Gathered, &TableNeeds)> = tables.collect();
        let ids = std::mem::take(&mut *self.ids.lock().unwrap_or_else(PoisonError::into_inner));
        let (ids, position) = of_rows(ids, &tables);
        let mut history = History {
            first_seen: vec![NEVER; ids.len()],
            signup: vec![NEVER; ids.len()],
            timeless: tables.iter().all(|(_, table, needs)| {
                !table.dated && (table.pieces.is_empty() || !needs.columns.contains("signup_at"))
            }),
            ..History::default()
        };
        for (name, gathered, needs) in tables {
            let mut table = gathered.finished(name, needs, &position, ids.len());
            if needs.columns.contains(ORDER_HEAD) {
                table.columns.push(order_heads(&table));
            }
            history.see(name, &table);
            history.tables.insert(name, table);
        }
        history.customers = Arc::new(CustomerIndex { ids });
        history
    }
}

impl Interner {
    /// The number of every level.
    fn number_levels(&mut self, texts: &Texts) -> Vec<u32> {
        let mut numbers = Vec::with_capacity(texts.levels.len());
        self.number_all(&texts.levels, &mut numbers);
        numbers
    }
}

/// The codes with other numbers for the levels.
fn renumbered(texts: Texts, numbers: &[u32]) -> Vec<u32> {
    let mut codes = texts.codes;
    for code in &mut codes {
        *code = numbers.get(*code as usize).copied().unwrap_or(NO_LEVEL);
    }
    codes
}

/// The sorted ids of those customers who have rows, and for each number of arrival its position among them.
fn of_rows(ids: Interner, tables: &[(TableName, Gathered, &TableNeeds)]) -> (Vec<String>, Vec<u32>) {
    let (ids, mut position) = ids.sorted();
    let mut has_rows = vec![false; ids.len()];
    for piece in tables.iter().flat_map(|(_, table, _)| &table.pieces) {
        piece.owners.customers().for_each(|arrival| has_rows[position[arrival as usize] as usize] = true);
    }
    if has_rows.iter().all(|has| *has) {
        return (ids, position);
    }
    // A dictionary may hold texts that no row has, and a table may have been read twice.
    let kept = positions_among(&has_rows);
    for number in &mut position {
        *number = kept[*number as usize];
    }
    (ids.into_iter().zip(has_rows).filter(|(_, has)| *has).map(|(id, _)| id).collect(), position)
}

impl Gathered {
    /// The number of a source file in this table.
    fn source(&mut self, source: u32) -> u32 {
        let position = self.sources.iter().rposition(|&known| known == source).unwrap_or_else(|| {
            self.sources.push(source);
            self.sources.len() - 1
        });
        u32::try_from(position).unwrap_or(NO_LEVEL)
    }

    /// Adds rows to the last piece, or begins another.
    fn push(&mut self, place: Place, source: Option<u32>, packed: Packed) {
        let rows = packed.days.len();
        let first = match self.pieces.last_mut() {
            Some(last) if last.days.len() + rows <= PIECE_ROWS && last.is_alike(&packed) => {
                let first = last.days.len();
                last.append(packed);
                first
            }
            _ => {
                self.pieces.push(packed);
                0
            }
        };
        self.segments.push(Segment { place, piece: self.pieces.len() - 1, rows: first..first + rows, source });
    }

    /// Rows by customer, then day, then, where that matters, everything else: the order of arrival leaves no trace.
    fn finished(mut self, name: TableName, needs: &TableNeeds, position: &[u32], customers: usize) -> TableHistory {
        self.segments.sort_by_key(|segment| segment.place);
        let mut pieces = self.pieces;
        let owners = pieces.iter_mut().map(|piece| std::mem::take(&mut piece.owners)).collect();
        let order = self.segments.iter().map(|segment| (segment.piece, segment.rows.clone()));
        let places = Places::new(owners, order, position, customers);
        let sources = sources(&mut pieces, &self.segments, self.sources, &places);
        let days: Vec<Vec<i32>> = pieces.iter_mut().map(|piece| std::mem::take(&mut piece.days)).collect();
        let days = placed(days, &places, i32::MIN);
        let known: Option<Vec<Vec<i32>>> = pieces.iter_mut().map(|piece| piece.known.take()).collect();
        let known = known.filter(|known| !known.is_empty()).map(|known| placed(known, &places, NEVER));
        let mut columns: Vec<Vec<PackedColumn>> = needs.names().map(|_| Vec::new()).collect();
        for piece in pieces {
            columns.iter_mut().zip(piece.columns).for_each(|(column, part)| column.push(part));
        }
        self.levels.resize_with(columns.len(), Interner::default);
        let columns = columns.into_par_iter().zip(self.levels).map(|(parts, levels)| whole(parts, levels, &places));
        let values: Vec<Option<Values>> = columns.collect();
        let named = needs.names().zip(values).filter_map(|(name, values)| Some((name.clone(), values?)));
        let mut columns: Vec<Column> = named.map(|(name, values)| Column { name, known_with: None, values }).collect();
        link(name, &mut columns);
        TableHistory { offsets: places.offsets, is_dated: self.dated, days, known, columns, sources }
            .in_order(needs.ordered)
    }
}

impl Packed {
    /// Whether rows can be added without changing the form of any column.
    fn is_alike(&self, other: &Self) -> bool {
        let columns = || self.columns.iter().zip(&other.columns).all(|(column, other)| column.is_alike(other));
        matches!((&self.owners, &other.owners), (Owners::Each(_), Owners::Each(_)))
            && self.known.is_some() == other.known.is_some()
            && columns()
    }

    fn append(&mut self, mut other: Self) {
        if let (Owners::Each(own), Owners::Each(others)) = (&mut self.owners, &mut other.owners) {
            own.append(others);
        }
        self.days.append(&mut other.days);
        if let (Some(own), Some(mut others)) = (&mut self.known, other.known) {
            own.append(&mut others);
        }
        self.columns.iter_mut().zip(other.columns).for_each(|(column, other)| column.append(other));
    }
}

impl PackedColumn {
    fn is_alike(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Number(own), Self::Number(other)) => own.is_alike(other),
            (Self::Text(own), Self::Text(other)) => own.is_alike(other),
            (Self::Flag(_), Self::Flag(_)) | (Self::Day(_), Self::Day(_)) => true,
            _ => false,
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
fn sorted(numbers: Vec<u32>) -> (Vec<u32>, Vec<u32>) {
    let mut ascending = numbers.clone();
    ascending.sort_unstable();
    let position = |number| u32::try_from(ascending.partition_point(|&other| other < number)).unwrap_or(NO_LEVEL);
    let positions = numbers.into_iter().map(position).collect();
    (ascending, positions)
}

/// Which file each row is from, in the rows' places; nothing if a piece does not know.
fn sources(pieces: &mut [Packed], segments: &[Segment], numbers: Vec<u32>, places: &Places) -> Option<Sources> {
    let none = |piece: &Packed| Codes::missing(piece.days.len(), numbers.len());
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
fn whole(parts: Vec<PackedColumn>, levels: Interner, places: &Places) -> Option<Values> {
    macro_rules! parts_of {
        ($kind:ident) => {
            parts.into_iter().filter_map(|part| if let PackedColumn::$kind(part) = part { Some(part) } else { None })
        };
    }
    Some(match parts.first()? {
        PackedColumn::Number(_) => {
            let parts: Vec<Numbers> = parts_of!(Number).collect();
            Values::Number(Numbers::placed(&parts, places))
        }
        PackedColumn::Flag(_) => Values::Flag(placed(parts_of!(Flag).collect(), places, 2)),
        PackedColumn::Day(_) => Values::Day(placed(parts_of!(Day).collect(), places, NEVER)),
        PackedColumn::Text(_) => {
            let (levels, position) = levels.sorted();
            let parts: Vec<Codes> = parts_of!(Text).collect();
            Values::Text { codes: Codes::placed(&parts, places, &position), levels: Arc::new(levels) }
        }
    })
}

/// Finds for every column the later time it becomes known with.
fn link(table: TableName, columns: &mut [Column]) {
    let names: Vec<String> = columns.iter().map(|column| column.name.clone()).collect();
    for column in columns {
        let with = known_with(table, &column.name);
        column.known_with = with.and_then(|with| names.iter().position(|name| name == with));
    }
}

impl TableHistory {
    /// Each customer's rows by day; if `ordered`, those of a day by everything else.
    fn in_order(self, ordered: bool) -> Self {
        let is_sorted = |span: &[usize]| self.days[span[0]..span[1]].is_sorted();
        if !ordered && self.offsets.windows(2).all(is_sorted) {
            return self;
        }
        let mut order: Vec<u32> = (0u32..).take(self.days.len()).collect();
        let mut spans = Vec::with_capacity(self.offsets.len());
        let mut rest = &mut order[..];
        for span in self.offsets.windows(2) {
            let (head, tail) = rest.split_at_mut(span[1] - span[0]);
            spans.push(head);
            rest = tail;
        }
        spans.into_par_iter().with_min_len(256).filter(|span| span.len() > 1).for_each(|span| {
            if ordered {
                span.sort_by(|&a, &b| self.compare(a as usize, b as usize));
            } else {
                span.sort_by_key(|&row| self.days[row as usize]);
            }
        });
        if order.is_sorted() { self } else { self.gathered(&order) }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        let known = |row: usize| self.known.as_ref().map(|known| known[row]);
        let others = || {
            let mut unequal = self.columns.iter().map(|column| column.compare(a, b)).filter(|order| order.is_ne());
            unequal.next().unwrap_or(Ordering::Equal)
        };
        self.days[a].cmp(&self.days[b]).then_with(|| known(a).cmp(&known(b))).then_with(others)
    }

    fn gathered(self, order: &[u32]) -> Self {
        let days = gather(&self.days, order);
        let known = self.known.map(|known| gather(&known, order));
        let columns = self.columns.into_par_iter().map(|column| column.gathered(order)).collect();
        let sources = self.sources.map(|Sources { numbers, codes }| Sources { numbers, codes: codes.gathered(order) });
        Self { days, known, columns, sources, ..self }
    }
}

impl Column {
    fn gathered(self, order: &[u32]) -> Self {
        let values = match self.values {
            Values::Number(numbers) => Values::Number(numbers.gathered(order)),
            Values::Text { codes, levels } => Values::Text { codes: codes.gathered(order), levels },
            Values::Flag(flags) => Values::Flag(gather(&flags, order)),
            Values::Day(days) => Values::Day(gather(&days, order)),
        };
        Self { values, ..self }
    }

    fn compare(&self, a: usize, b: usize) -> Ordering {
        match &self.values {
            Values::Number(numbers) => numbers.at(a).total_cmp(&numbers.at(b)),
            Values::Text { codes, .. } => codes.at(a).cmp(&codes.at(b)),
            Values::Flag(flags) => flags[a].cmp(&flags[b]),
            Values::Day(days) => days[a].cmp(&days[b]),
        }
    }
}

fn gather<T: Copy>(values: &[T], order: &[u32]) -> Vec<T> {
    order.iter().map(|&row| values[row as usize]).collect()
}

/// Which lines are the first of their orders, in the order in which they became known. Lines of one order with and without
/// a negative amount are an order and its return. Without order numbers every line is an order.
fn order_heads(table: &TableHistory) -> Column {
    let orders = table.column("order").map(|column| &column.values);
    let amounts = table.column("amount").map(|column| &column.values);
    let is_return = |row: usize| matches!(amounts, Some(Values::Number(amounts)) if amounts.at(row) < 0.0);
    let mut flags = vec![1u8; table.days.len()];
    if let Some(Values::Text { codes, .. }) = orders {
        let known = table.known.as_ref().unwrap_or(&table.days);
        for span in table.offsets.windows(2) {
            let mut rows: Vec<usize> = (span[0]..span[1]).filter(|&row| codes.at(row) != NO_LEVEL).collect();
            rows.sort_by_key(|&row| (codes.at(row), is_return(row), known[row], row));
            for pair in rows.windows(2) {
                let same = codes.at(pair[0]) == codes.at(pair[1]) && is_return(pair[0]) == is_return(pair[1]);
                flags[pair[1]] = u8::from(!same);
            }
        }
    }
    Column { name: ORDER_HEAD.to_owned(), known_with: None, values: Values::Flag(flags) }
}

impl History {
    /// Notes when customers were first seen and when they signed up.
    fn see(&mut self, name: TableName, table: &TableHistory) {
        let signup = table.column("signup_at").and_then(Column::days);
        let times = if name == TableName::Customers { signup } else { Some(&table.days[..]) };
        let Some(times) = times else { return };
        for customer in 0..self.first_seen.len() {
            let rows = table.offsets[customer]..table.offsets[customer + 1];
            let known = |row: usize| table.known.as_ref().map_or(times[row], |known| known[row].max(times[row]));
            // Rows of other tables lie in the order of their days.
            let is_first_enough = name != TableName::Customers && table.known.is_none();
            let looked_at = if is_first_enough { rows.start..rows.end.min(rows.start + 1) } else { rows.clone() };
            let first = looked_at.map(known).min().unwrap_or(NEVER);
            self.first_seen[customer] = self.first_seen[customer].min(first);
            if name == TableName::Customers {
                let signup = times[rows].iter().copied().min().unwrap_or(NEVER);
                self.signup[customer] = self.signup[customer].min(signup);
            }
        }
    }
}
