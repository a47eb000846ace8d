//! Sequences of nights: whatever files came, changed, vanished, however often the process was killed and whatever rotted on
//! the disk, what the store hands back is what the present files say.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::contract::FileCheck;
use crate::progress::Cancelled;
use crate::rollup::customers::NO_LEVEL;
use crate::rollup::history::NEVER;

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
        1 => Just(Change::Declare),
        1 => Just(Change::Full),
    ]
}

/// The block of some rows.
fn block(rows: &[Row], source: u32) -> Block {
    let number = |row: &Row| if row.3 % 7 == 0 { f64::NAN } else { f64::from(row.3) / 4.0 };
    let all = Rows {
        // Not sorted, one twice, one of nobody.
        ids: [6, 5, 4, 3, 2, 1, 0, 3, 9].map(|customer: u8| format!("c{customer}")).to_vec(),
        customers: rows.iter().map(|row| 6 - u32::from(row.0)).collect(),
        is_dated: true,
        days: rows.iter().map(|row| row.1).collect(),
        known: Some(rows.iter().map(|row| row.1 + row.2).collect()),
        columns: vec![
            Cells::Number(rows.iter().map(number).collect()),
            Cells::Text {
                codes: rows.iter().map(|row| row.4.map_or(NO_LEVEL, u32::from)).collect(),
                levels: (0..9).map(|level| format!("item {}", level * 7 % 5)).collect(),
            },
            Cells::Flag(rows.iter().map(|row| row.5).collect()),
            Cells::Day(rows.iter().map(|row| row.6.unwrap_or(NEVER)).collect()),
        ],
    };
    all.sorted(source)
}

/// The rows of a block in words, each with its place in its customer's time, sorted; customers and levels beside them.
fn said(block: &Block) -> (Vec<String>, Vec<String>, Vec<String>) {
    let mut texts = Vec::new();
    let mut levels = Vec::new();
    for (id, span) in block.ids.iter().zip(block.offsets.windows(2)) {
        assert!(block.days[span[0]..span[1]].is_sorted(), "{id}: days are not sorted");
        for row in span[0]..span[1] {
            let known = block.known.as_ref().map(|known| known[row]);
            let mut words = vec![id.clone(), block.days[row].to_string(), format!("{known:?}")];
            for column in &block.columns {
                words.push(match column {
                    Cells::Number(numbers) => format!("{:x}", numbers.at(row).to_bits()),
                    Cells::Flag(flags) => flags[row].to_string(),
                    Cells::Day(days) => days[row].to_string(),
                    Cells::Text { codes, levels: all } => {
                        levels.clone_from(all);
                        format!("{:?}", all.get(codes[row] as usize))
                    }
                });
            }
            texts.push(words.join(" "));
        }
    }
    texts.sort();
    (block.ids.clone(), levels, texts)
}

fn stamp(folder: &Path) -> Stamp {
    Stamp::of(folder).expect("a stamp")
}

/// One night: what is unchanged comes from the store, the rest from the "files"; killed before step `kill`.
fn night(root: &Path, files: &Files, signature: &str, full: bool, kill: Option<usize>) -> Option<Block> {
    let mut store = if full { Store::empty(root).expect("a store") } else { Store::open(root).expect("a store").0 };
    let mut update = TableUpdate { signature: signature.to_owned(), ..TableUpdate::default() };
    let mut kept: BTreeMap<String, SourceEntry> = BTreeMap::new();
    if let Some(entry) = store.table(TABLE, signature) {
        let loaded = store.load(entry);
        let whole = entry.sources.iter().filter(|source| !loaded.lost.contains(&source.number));
        kept.extend(whole.map(|source| (source.check.path.clone(), source.clone())));
        update.held = loaded.held;
    }
    for (path, rows) in files {
        let check = FileCheck { path: path.clone(), blake3: format!("{rows:?}"), ..FileCheck::default() };
        if let Some(source) = kept.remove(path).filter(|source| source.check == check) {
            update.sources.push(source);
        } else {
            let number = store.number();
            update.fresh.push(block(rows, number));
            update.sources.push(SourceEntry { number, stamp: stamp(root), settled: true, check });
        }
    }
    let mut left = kill;
    let mut steps = |_: &'static str| match &mut left {
        Some(0) => Err(Cancelled),
        Some(steps) => {
            *steps -= 1;
            Ok(())
        }
        None => Ok(()),
    };
    let rows = store.update(BTreeMap::from([(TABLE, update)]), &mut steps);
    Some(Block::merged(rows.ok()?.remove(&TABLE).expect("the table")))
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

fn from_scratch(files: &Files) -> Block {
    Block::merged(files.values().zip(1..).map(|(rows, number)| block(rows, number)).collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn the_store_says_what_the_files_say(changes in proptest::collection::vec(change(), 1..40)) {
        let root = tempfile::tempdir().expect("a folder");
        let mut files = Files::new();
        let mut declared = 0;
        for change in changes {
            let (mut full, mut kill) = (false, None);
            match change {
                Change::Write(file, rows) => drop(files.insert(format!("{file:02}.csv"), rows)),
                Change::Vanish(file) => drop(files.remove(&format!("{file:02}.csv"))),
                Change::Rot(at, gone) => rot(root.path(), at, gone),
                Change::Kill(step) => kill = Some(usize::from(step)),
                Change::Declare => declared += 1,
                Change::Full => full = true,
            }
            let expected = said(&from_scratch(&files));
            if let Some(block) = night(root.path(), &files, &declared.to_string(), full, kill) {
                prop_assert_eq!(said(&block), expected);
            } else {
                prop_assert!(kill.is_some(), "only a kill ends a night");
            }
        }
        let after = night(root.path(), &files, &declared.to_string(), false, None).expect("a good night");
        prop_assert_eq!(said(&after), said(&from_scratch(&files)));
        let (store, warning) = Store::open(root.path()).expect("opens");
        prop_assert!(warning.is_none());
        let parts = store.manifest.tables.values().map(|table| table.parts.len()).sum::<usize>();
        let left = fs::read_dir(root.path().join(STORE_FOLDER)).expect("listed").count();
        prop_assert_eq!(left, parts + 1, "nothing but the parts and the manifest is left");
    }

    #[test]
    fn a_part_file_gives_back_its_block(rows in proptest::collection::vec(row(), 0..30)) {
        let one = block(&rows, 9);
        let back = part::decoded(&part::encoded(&one)).expect("a part");
        prop_assert_eq!(said(&back), said(&one));
        prop_assert!(rows.is_empty() || back.sources == one.sources);
        prop_assert_eq!(part::encoded(&back), part::encoded(&one));
    }

    #[test]
    fn bytes_that_are_no_part_are_refused_not_believed(rows in proptest::collection::vec(row(), 1..9), at in any::<u16>()) {
        let mut bytes = part::encoded(&block(&rows, 1));
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

#[test]
fn killed_before_every_step_the_next_night_is_right_and_sweeps_up() {
    let mut kills = 0;
    loop {
        let root = tempfile::tempdir().expect("a folder");
        let mut files = three_files();
        night(root.path(), &files, "1", false, None).expect("a good night");
        files.insert("d.csv".to_owned(), vec![(4, 19_100, 0, 5, None, 2, Some(19_200))]);
        files.insert("b.csv".to_owned(), vec![(1, 19_001, 0, 6, None, 2, None)]);
        let finished = night(root.path(), &files, "1", false, Some(kills)).is_some();
        let after = night(root.path(), &files, "1", false, None).expect("a good night");
        assert_eq!(said(&after), said(&from_scratch(&files)), "killed before step {kills}");
        if finished {
            break;
        }
        kills += 1;
    }
    assert!(kills >= 6, "compaction, parts, manifest, sweeping and removals: {kills} steps");
}

#[test]
fn a_damaged_part_is_named_and_only_its_sources_are_lost() {
    let root = tempfile::tempdir().expect("a folder");
    night(root.path(), &three_files(), "1", false, None).expect("a good night");
    let (store, _) = Store::open(root.path()).expect("opens");
    let entry = store.table(TABLE, "1").expect("there");
    let part = &entry.parts[0];
    let path = root.path().join(STORE_FOLDER).join(&part.file);
    let mut bytes = fs::read(&path).expect("read");
    *bytes.last_mut().expect("bytes") ^= 1;
    fs::write(&path, bytes).expect("written");
    let loaded = store.load(entry);
    assert_eq!(loaded.lost, part.sources);
    assert_eq!(loaded.warnings, [Warning::Damaged { file: part.file.clone() }]);
    assert!(loaded.warnings[0].to_string().contains(&part.file), "{}", loaded.warnings[0]);
    assert_eq!(loaded.held.len() + 1, entry.parts.len());
    fs::remove_file(&path).expect("removed");
    assert_eq!(store.load(entry).warnings, [Warning::Missing { file: part.file.clone() }]);
}

#[test]
fn another_signature_or_format_is_not_believed() {
    let root = tempfile::tempdir().expect("a folder");
    night(root.path(), &three_files(), "1", false, None).expect("a good night");
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
    night(root.path(), &three_files(), "1", false, None).expect("a good night");
    let manifest = root.path().join(STORE_FOLDER).join("manifest.json");
    let before = Stamp::of(&manifest).expect("there");
    night(root.path(), &three_files(), "1", false, None).expect("a good night");
    assert_eq!(Stamp::of(&manifest).expect("there"), before);
}
