//! Sequences of nights: whatever files came, changed, vanished, however often the process was killed and whatever rotted on
//! the disk, what the store hands back is what the present files say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use polars::prelude::{NewChunkedArray as _, StringChunked};

use super::*;
use crate::contract::FileCheck;
use crate::progress::Cancelled;
use crate::rollup::apart::Arriving;
use crate::rollup::customers::NO_LEVEL;
use crate::rollup::history::{History, NEVER, TableHistory, Values};
use crate::rollup::{BatchColumn, Budget, Gathering, Needs, RowBatch, Shards, Spill, TableNeeds};
use crate::source::Texts;

const TABLE: TableName = TableName::Orders;

/// A row: customer, day, day it became known, number, text, flag, later day.
type Row = (u8, i32, i32, i32, Option<u8>, u8, Option<i32>);
/// The project's files.
type Files = BTreeMap<String, Vec<Row>>;

/// What happens before a night.
#[derive(Debug, Clone)]
enum Change {
    /// A file is written, new or in the place of another.
    Write(u8, Vec<Row>),
    /// A file vanishes.
    Vanish(u8),
    /// A byte of a part file flips, or the file vanishes.
    Rot(u8, bool),
    /// The process is killed before that step of the update.
    Kill(u8),
    /// From now on memory holds so many bytes of rows, or all.
    Budget(Option<u64>),
    /// The project file changes what rows say.
    Declare,
    /// The store is built again.
    Full,
}

fn row() -> impl Strategy<Value = Row> {
    let text = proptest::option::of(0u8..5);
    // Three years, so that there are months and years that are over.
    (0u8..7, 19_000i32..20_000, 0i32..60, -300i32..300, text, 0u8..3, proptest::option::of(19_000i32..20_100))
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        6 => (0u8..12, proptest::collection::vec(row(), 0..12)).prop_map(|(file, rows)| Change::Write(file, rows)),
        2 => (0u8..12).prop_map(Change::Vanish),
        1 => (any::<u8>(), any::<bool>()).prop_map(|(at, gone)| Change::Rot(at, gone)),
        2 => (0u8..14).prop_map(Change::Kill),
        2 => proptest::option::of(prop_oneof![Just(1u64), 100u64..4_000]).prop_map(Change::Budget),
        1 => Just(Change::Declare),
        1 => Just(Change::Full),
    ]
}

fn texts(levels: &[String], codes: Vec<u32>) -> Texts {
    let missing = codes.iter().filter(|&&code| code == NO_LEVEL).count();
    Texts { codes, missing, levels: StringChunked::from_slice("levels".into(), levels) }
}

/// The rows of a file as they are read.
fn batch(rows: &[Row]) -> RowBatch {
    let number = |row: &Row| if row.3 % 7 == 0 { f64::NAN } else { f64::from(row.3) / 4.0 };
    // Not sorted, one twice, one of nobody.
    let ids = [6, 5, 4, 3, 2, 1, 0, 3, 9].map(|customer: u8| format!("c{customer}")).to_vec();
    let items: Vec<String> = (0..9).map(|level| format!("item {}", level * 7 % 5)).collect();
    RowBatch {
        customers: texts(&ids, rows.iter().map(|row| 6 - u32::from(row.0)).collect()),
        days: Some(rows.iter().map(|row| row.1).collect()),
        known: Some(rows.iter().map(|row| row.1 + row.2).collect()),
        columns: vec![
            BatchColumn::Number(rows.iter().map(number).collect::<Vec<f64>>().into()),
            BatchColumn::Text(texts(&items, rows.iter().map(|row| row.4.map_or(NO_LEVEL, u32::from)).collect())),
            BatchColumn::Flag(rows.iter().map(|row| row.5).collect()),
            BatchColumn::Day(rows.iter().map(|row| row.6.unwrap_or(NEVER)).collect()),
        ],
    }
}

fn needs() -> Needs {
    let columns = ["a", "b", "c", "d"].map(str::to_owned).into();
    Needs { tables: BTreeMap::from([(TABLE, TableNeeds { columns, ..TableNeeds::default() })]) }
}

/// The rows of a history in words, each with its place in its customer's time, sorted; customers, and the days on which
/// they were first seen, beside them.
fn said(shards: &Shards) -> (Vec<String>, Vec<i32>, Vec<String>) {
    let ids = shards.customers.ids.clone();
    let (mut texts, mut seen) = (Vec::new(), vec![NEVER; ids.len()]);
    let mut say = |history: &History| {
        let table = &history.tables[&TABLE];
        assert_eq!((&history.customers.ids, table.offsets.len()), (&ids, ids.len() + 1));
        for (id, span) in ids.iter().zip(table.offsets.windows(2)) {
            assert!(table.days.is_sorted(span[0]..span[1]), "{id}: days are not sorted");
            texts.extend((span[0]..span[1]).map(|row| words(id, table, row)));
        }
        seen.iter_mut().zip(&history.first_seen).for_each(|(seen, first)| *seen = *first.min(seen));
    };
    let each = shards.each(|history| {
        say(history);
        Ok::<(), crate::rollup::Error>(())
    });
    each.expect("the store is as it was written");
    texts.sort();
    (ids, seen, texts)
}

fn words(id: &str, table: &TableHistory, row: usize) -> String {
    let known = table.known.as_ref().map(|known| known[row]);
    let columns = table.columns.iter().map(|column| match &column.values {
        Values::Number(numbers) => format!("{:x}", numbers.at(row).to_bits()),
        Values::Flag(flags) => flags[row].to_string(),
        Values::Day(days) => days[row].to_string(),
        Values::Text { codes, levels } => format!("{:?}", levels.get(codes.at(row) as usize)),
    });
    format!("{id} {} {known:?} {}", table.days.at(row), columns.collect::<Vec<_>>().join(" "))
}

fn stamp(folder: &Path) -> Stamp {
    Stamp::of(folder).expect("a stamp")
}

/// How a night is spent.
#[derive(Default)]
struct Manner {
    /// Everything is read again.
    full: bool,
    /// The process is killed before that step of the update.
    kill: Option<usize>,
    /// So many bytes of rows are held in memory.
    bytes: Option<u64>,
}

/// One night: what is unchanged comes from the store, the rest from the "files"; nothing if it was killed.
fn night(root: &Path, files: &Files, signature: &str, manner: &Manner) -> Option<Shards> {
    let mut store =
        if manner.full { Store::empty(root).expect("a store") } else { Store::open(root).expect("a store").0 };
    let budget = manner.bytes.map(|bytes| format!("{bytes}B").parse::<Budget>().expect("a size"));
    let mut update = TableUpdate { signature: signature.to_owned(), ..TableUpdate::default() };
    let mut kept: BTreeMap<String, SourceEntry> = BTreeMap::new();
    let mut held = Vec::new();
    if let Some(entry) = store.table(TABLE, signature) {
        let loaded = store.load(entry, budget.is_none());
        let whole = entry.sources.iter().filter(|source| !loaded.lost.contains(&source.number));
        kept.extend(whole.map(|source| (source.check.path.clone(), source.clone())));
        held = loaded.held;
    }
    let gathering = match budget {
        Some(budget) => Gathering::spilling([TABLE], Spill::new(store.writer().expect("a writer"), budget)),
        None => Gathering::new([TABLE]),
    };
    for (place, (path, rows)) in files.iter().enumerate() {
        let check = FileCheck { path: path.clone(), blake3: format!("{rows:?}"), ..FileCheck::default() };
        if let Some(source) = kept.remove(path).filter(|source| source.check == check) {
            update.sources.push(source);
        } else {
            let number = store.number();
            gathering.add(TABLE, place, Some(number), batch(rows));
            update.sources.push(SourceEntry { number, stamp: stamp(root), settled: true, check });
        }
    }
    let mut left = manner.kill;
    let mut steps = |_: &'static str| match &mut left {
        Some(0) => Err(Cancelled),
        Some(steps) => {
            *steps -= 1;
            Ok(())
        }
        None => Ok(()),
    };
    if let Some(budget) = budget {
        return apart(&mut store, update, (held, &gathering), budget, &mut steps);
    }
    let live = update.sources.iter().map(|source| source.number).collect();
    for (place, Held { entry, block }) in held.into_iter().enumerate() {
        gathering.add_block(TABLE, place, block.only(&live));
        update.held.push(entry);
    }
    let history = finished(&gathering);
    update.rows = history.table(TABLE);
    store.update(BTreeMap::from([(TABLE, update)]), &history.customers.ids, &mut steps).ok()?;
    Some(history.into())
}

/// The end of a night on which memory does not hold all rows.
fn apart(
    store: &mut Store,
    update: TableUpdate<'_>,
    (held, gathering): (Vec<Held>, &Gathering),
    budget: Budget,
    steps: Steps<'_>,
) -> Option<Shards> {
    if gathering.is_empty(TABLE) {
        gathering.add(TABLE, 0, None, batch(&[]));
    }
    let mut spilled = gathering.spilled().expect("written");
    let TableUpdate { signature, columns, sources, .. } = update;
    let entry = TableEntry { signature, columns, sources, parts: Vec::new() };
    let fresh = spilled.tables.remove(&TABLE).unwrap_or_default();
    let arriving = Arriving { entry, held, fresh };
    let arriving = (BTreeMap::from([(TABLE, arriving)]), spilled.weights);
    crate::rollup::apart::shards(store, needs(), arriving, budget, steps).ok()
}

/// What was gathered; if that is nothing, at least its columns.
fn finished(gathering: &Gathering) -> History {
    if gathering.is_empty(TABLE) {
        gathering.add(TABLE, 0, None, batch(&[]));
    }
    gathering.finish(&needs())
}

fn rot(root: &Path, at: u8, gone: bool) {
    let Ok(entries) = fs::read_dir(root.join(STORE_FOLDER)) else { return };
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    let Some(path) = paths.get(usize::from(at) % paths.len().max(1)) else { return };
    let mut bytes = fs::read(path).expect("readable");
    if gone || bytes.is_empty() {
        fs::remove_file(path).expect("removed");
    } else {
        let at = usize::from(at) * 37 % bytes.len();
        bytes[at] ^= 1;
        fs::write(path, bytes).expect("written");
    }
}

fn from_scratch(files: &Files) -> Shards {
    let gathering = Gathering::new([TABLE]);
    files.values().enumerate().for_each(|(place, rows)| gathering.add(TABLE, place, None, batch(rows)));
    finished(&gathering).into()
}

/// All rows of some files as one block.
fn block(rows: &[Row]) -> Block {
    let gathering = Gathering::new([TABLE]);
    gathering.add(TABLE, 0, Some(9), batch(rows));
    let history = gathering.finish(&needs());
    let everybody = Taken::Customers(0..history.customers.ids.len());
    Block::of(&history.tables[&TABLE], &history.customers.ids, &everybody)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_store_says_what_the_files_say(changes in proptest::collection::vec(change(), 1..40)) {
        let root = tempfile::tempdir().expect("a folder");
        let mut files = Files::new();
        let (mut declared, mut bytes) = (0, None);
        for change in changes {
            let mut manner = Manner { bytes, ..Manner::default() };
            match change {
                Change::Write(file, rows) => drop(files.insert(format!("{file:02}.csv"), rows)),
                Change::Vanish(file) => drop(files.remove(&format!("{file:02}.csv"))),
                Change::Rot(at, gone) => rot(root.path(), at, gone),
                Change::Kill(step) => manner.kill = Some(usize::from(step)),
                Change::Budget(most) => (bytes, manner.bytes) = (most, most),
                Change::Declare => declared += 1,
                Change::Full => manner.full = true,
            }
            let expected = said(&from_scratch(&files));
            if let Some(shards) = night(root.path(), &files, &declared.to_string(), &manner) {
                prop_assert_eq!(said(&shards), expected);
            } else {
                prop_assert!(manner.kill.is_some(), "only a kill ends a night");
            }
        }
        let manner = Manner { bytes, ..Manner::default() };
        let after = night(root.path(), &files, &declared.to_string(), &manner).expect("a good night");
        prop_assert_eq!(said(&after), said(&from_scratch(&files)));
        let (store, warning) = Store::open(root.path()).expect("opens");
        prop_assert!(warning.is_none());
        let parts = store.manifest.tables.values().map(|table| table.parts.len()).sum::<usize>();
        let left = fs::read_dir(root.path().join(STORE_FOLDER)).expect("listed").count();
        prop_assert_eq!(left, parts + 1, "nothing but the parts and the manifest is left");
    }

    #[test]
    fn a_part_file_gives_back_its_block(rows in proptest::collection::vec(row(), 0..30)) {
        let one = block(&rows);
        let back = part::decoded(&part::encoded(&one)).expect("a part");
        prop_assert_eq!(part::encoded(&back), part::encoded(&one));
        let gathering = Gathering::new([TABLE]);
        gathering.add_block(TABLE, 0, back);
        let files = BTreeMap::from([("a".to_owned(), rows)]);
        prop_assert_eq!(said(&gathering.finish(&needs()).into()), said(&from_scratch(&files)));
    }

    #[test]
    fn bytes_that_are_no_part_are_refused_not_believed(rows in proptest::collection::vec(row(), 1..9), at in any::<u16>()) {
        let mut bytes = part::encoded(&block(&rows));
        bytes.truncate(usize::from(at) % bytes.len());
        prop_assert!(part::decoded(&bytes).is_none());
    }
}

fn three_files() -> Files {
    let row = |customer, day, number| (customer, day, 0, number, Some(1), 1, None);
    BTreeMap::from([
        ("a.csv".to_owned(), vec![row(1, 19_000, 1), row(2, 19_005, 2)]),
        ("b.csv".to_owned(), vec![row(1, 19_001, 3)]),
        ("c.csv".to_owned(), vec![row(3, 19_050, 4)]),
    ])
}

/// Enough rows for two parts.
fn large(number: i32) -> Vec<Row> {
    (0..30).map(|row| (u8::try_from(row % 7).unwrap_or(0), 19_000 + row, 0, number, None, 1, None)).collect()
}

#[test]
fn killed_before_every_step_the_next_night_is_right_and_sweeps_up() {
    assert!(kills(None) >= 7, "beginning, two parts, manifest, sweeping and two removals");
    assert!(kills(Some(100)) >= 12, "survey, beginning, parts by shards, manifest, sweeping and removals");
}

/// Kills a night before its every step, and says how many these are.
fn kills(bytes: Option<u64>) -> usize {
    let mut kills = 0;
    loop {
        let root = tempfile::tempdir().expect("a folder");
        let mut files = three_files();
        files.insert("large.csv".to_owned(), large(0));
        night(root.path(), &files, "1", &Manner::default()).expect("a good night");
        files.insert("large.csv".to_owned(), large(1));
        files.insert("d.csv".to_owned(), vec![(4, 19_100, 0, 5, None, 2, Some(19_200))]);
        files.insert("b.csv".to_owned(), vec![(1, 19_001, 0, 6, None, 2, None)]);
        let manner = Manner { kill: Some(kills), bytes, ..Manner::default() };
        let finished = night(root.path(), &files, "1", &manner).is_some();
        let after = night(root.path(), &files, "1", &Manner::default()).expect("a good night");
        assert_eq!(said(&after), said(&from_scratch(&files)), "killed before step {kills}");
        if finished {
            break;
        }
        kills += 1;
    }
    kills
}

#[test]
fn nights_stay_apart_until_they_make_up_an_eighth() {
    let root = tempfile::tempdir().expect("a folder");
    let mut files = BTreeMap::from([("large.csv".to_owned(), large(0))]);
    let parts = || -> Vec<PartEntry> {
        let (store, _) = Store::open(root.path()).expect("opens");
        store.table(TABLE, "1").expect("there").parts.clone()
    };
    night(root.path(), &files, "1", &Manner::default()).expect("a good night");
    let whole = parts();
    assert!(whole.len() == 2 && whole.iter().all(|part| !part.is_night), "30 rows, 16 a part: {whole:?}");
    for (nights, day) in (1..=3usize).zip(19_101..) {
        files.insert(format!("night {nights}.csv"), vec![(1, day, 0, 1, None, 1, None)]);
        night(root.path(), &files, "1", &Manner::default()).expect("a good night");
        let now = parts();
        assert_eq!(&now[..2], whole, "what is there stays as it is");
        assert!(now.len() == 2 + nights && now[2..].iter().all(|part| part.is_night && part.rows == 1));
    }
    files.insert("night 4.csv".to_owned(), vec![(2, 19_104, 0, 1, None, 1, None)]);
    night(root.path(), &files, "1", &Manner::default()).expect("a good night");
    let together = parts();
    assert!(together.iter().all(|part| !part.is_night && !whole.contains(part)), "4 of 30 are more than an eighth");
    assert_eq!(together.iter().map(|part| part.rows).sum::<u64>(), 34);
    files.remove("large.csv");
    night(root.path(), &files, "1", &Manner::default()).expect("a good night");
    assert_eq!(parts().iter().map(|part| part.rows).sum::<u64>(), 4, "rows that no longer count are gone");
}

#[test]
fn a_damaged_part_is_named_and_only_its_sources_are_lost() {
    let root = tempfile::tempdir().expect("a folder");
    night(root.path(), &three_files(), "1", &Manner::default()).expect("a good night");
    let (store, _) = Store::open(root.path()).expect("opens");
    let entry = store.table(TABLE, "1").expect("there");
    let part = &entry.parts[0];
    let path = root.path().join(STORE_FOLDER).join(&part.file);
    let mut bytes = fs::read(&path).expect("read");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&path, bytes).expect("written");
    let loaded = store.load(entry, true);
    assert_eq!(loaded.lost, part.sources);
    assert_eq!(loaded.warnings, [Warning::Damaged { file: part.file.clone() }]);
    assert!(loaded.warnings[0].to_string().contains(&part.file), "{}", loaded.warnings[0]);
    assert_eq!(loaded.held.len() + 1, entry.parts.len());
    fs::remove_file(&path).expect("removed");
    assert_eq!(store.load(entry, true).warnings, [Warning::Missing { file: part.file.clone() }]);
}

#[test]
fn a_part_that_rots_while_it_is_in_use_is_named() {
    let root = tempfile::tempdir().expect("a folder");
    let manner = Manner { bytes: Some(100), ..Manner::default() };
    let shards = night(root.path(), &three_files(), "1", &manner).expect("a good night");
    assert_eq!(said(&shards), said(&from_scratch(&three_files())));
    let (store, _) = Store::open(root.path()).expect("opens");
    let part = store.table(TABLE, "1").expect("there").parts[0].file.clone();
    fs::write(root.path().join(STORE_FOLDER).join(&part), "rot").expect("written");
    let error = shards.each(|_| Ok::<(), crate::rollup::Error>(())).expect_err("it is seen");
    assert!(error.to_string().contains(&part), "{error}");
}

#[test]
fn another_signature_or_format_is_not_believed() {
    let root = tempfile::tempdir().expect("a folder");
    night(root.path(), &three_files(), "1", &Manner::default()).expect("a good night");
    let (store, _) = Store::open(root.path()).expect("opens");
    assert!(store.table(TABLE, "2").is_none());
    let path = root.path().join(STORE_FOLDER).join("manifest.json");
    let text = fs::read_to_string(&path).expect("text");
    let of_format = |format: u32| text.replacen(&format!(" {STORE_FORMAT} "), &format!(" {format} "), 1);
    fs::write(&path, of_format(STORE_FORMAT - 1)).expect("written");
    let (store, warning) = Store::open(root.path()).expect("opens");
    assert!(store.table(TABLE, "1").is_none());
    assert!(matches!(warning, Some(Warning::Older { .. })), "{warning:?}");
    fs::write(&path, of_format(STORE_FORMAT + 1)).expect("written");
    let error = Store::open(root.path()).expect_err("a later engine's");
    assert!(matches!(error, Error::Newer { .. }), "{error}");
    fs::write(&path, text.replacen("generation", "generatiom", 1) + " ").expect("written");
    let (_, warning) = Store::open(root.path()).expect("opens");
    assert!(matches!(warning, Some(Warning::Damaged { .. })), "{warning:?}");
}

#[test]
fn a_night_without_news_writes_nothing() {
    let root = tempfile::tempdir().expect("a folder");
    night(root.path(), &three_files(), "1", &Manner::default()).expect("a good night");
    let manifest = root.path().join(STORE_FOLDER).join("manifest.json");
    let before = Stamp::of(&manifest).expect("there");
    night(root.path(), &three_files(), "1", &Manner::default()).expect("a good night");
    assert_eq!(Stamp::of(&manifest).expect("there"), before);
}
