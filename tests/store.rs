//! A night reads only what is new, and publishes what a full recompute publishes: the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::{Column, DataFrame, DataType, NamedFrom as _, ParquetWriter, Series};

use crate::crash::{kill_when_paused, start};
use crate::fixture::{Answer, Project, SHOP, files, orders};

const PROJECT: &str = r#"[project]
name = "shop"
max_data_age_days = 90
time_zone = "Europe/Berlin"

[tables.orders]
files = ["orders/*.csv"]
on_bad_rows = "quarantine"

[tables.events]
files = ["events/*.parquet"]
columns = { customer = "who", at = "at", kind = "what", known_at = "seen" }

[tables.tickets]
files = ["tickets.csv"]

[tables.customers]
files = ["customers.csv"]
static = ["region"]

[target.churn]
kind = "inactivity"
table = "orders"
active_within_days = 120
horizon_days = 60

[train]
terms = "linear"

[kpi]
enabled = false
"#;

/// A repeatable draw.
struct Luck(u64);

impl Luck {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }
}

/// What the company delivers: files by their names.
#[derive(Clone, Default)]
struct Delivery {
    files: BTreeMap<String, Vec<u8>>,
}

impl Delivery {
    fn put(&mut self, name: &str, content: impl Into<Vec<u8>>) {
        self.files.insert(name.to_owned(), content.into());
    }

    /// Makes the project's folder what was delivered; files that are as they were are left alone.
    fn unpack(&self, project: &Project) {
        for folder in ["orders", "events"] {
            fs::create_dir_all(project.path().join(folder)).expect("a folder");
            for entry in fs::read_dir(project.path().join(folder)).expect("a folder") {
                let path = entry.expect("an entry").path();
                let name = format!("{folder}/{}", path.file_name().expect("a name").to_string_lossy());
                if !self.files.contains_key(&name) {
                    fs::remove_file(path).expect("removed");
                }
            }
        }
        for (name, content) in &self.files {
            let path = project.path().join(name);
            if fs::read(&path).ok().as_ref() != Some(content) {
                fs::write(path, content).expect("written");
            }
        }
    }
}

/// A shop's rows: each line of orders with its day, and what happened beside them.
struct Shop {
    lines: Vec<(String, String)>,
    delivery: Delivery,
    luck: Luck,
}

impl Shop {
    fn new(seed: u64) -> Self {
        let text = orders(200);
        let lines = text.lines().skip(1).map(|line| (line.split(',').nth(1).unwrap_or("").to_owned(), line.to_owned()));
        let mut shop = Self { lines: lines.collect(), delivery: Delivery::default(), luck: Luck(seed | 1) };
        shop.delivery.put("tidewatch.toml", PROJECT);
        let customers = (0..200).map(|at| format!("c{at:03},{}\n", ["north", "south"][at % 2]));
        shop.delivery.put("customers.csv", format!("customer,region\n{}", customers.collect::<String>()));
        shop
    }

    /// Everything known on the evening before `as_of`: orders by month, events by quarter, tickets that are resolved or not.
    fn deliver(&mut self, as_of: &str) {
        let mut months: BTreeMap<&str, String> = BTreeMap::new();
        let mut late = String::new();
        for (at, (day, line)) in self.lines.iter().enumerate().filter(|(_, (day, _))| day.as_str() < as_of) {
            // Every seventeenth line comes late, in a file of its own.
            let text = if at % 17 == 0 { &mut late } else { months.entry(&day[..7]).or_default() };
            *text += line;
            *text += "\n";
        }
        for (month, text) in months {
            let bad = if month == "2024-02" { "c001,2024-02-30,1.0\n" } else { "" };
            self.delivery
                .files
                .insert(format!("orders/{month}.csv"), format!("customer,at,amount\n{text}{bad}").into_bytes());
        }
        self.delivery.put("orders/late.csv", format!("customer,at,amount\n{late}"));
        let lines: Vec<&(String, String)> = self.lines.iter().filter(|(day, _)| day.as_str() < as_of).collect();
        for half in ["2023-", "2024-0", "2024-1"] {
            let rows = lines.iter().filter(|(day, _)| day.starts_with(half)).step_by(3);
            let rows: Vec<(&str, &str)> =
                rows.map(|(day, line)| (line.split(',').next().unwrap_or(""), &day[..])).collect();
            if !rows.is_empty() {
                self.delivery.put(&format!("events/{half}x.parquet"), parquet(&rows));
            }
        }
        let tickets = lines.iter().step_by(11).map(|(day, line)| {
            let resolved = if day[8..].parse::<u8>().unwrap_or(0) % 3 == 0 { "" } else { "2024-11-20" };
            format!("{},{day},{resolved}\n", line.split(',').next().unwrap_or(""))
        });
        self.delivery.put("tickets.csv", format!("customer,opened_at,resolved_at\n{}", tickets.collect::<String>()));
    }

    /// One of the things that happen to deliveries.
    fn happen(&mut self) {
        let names: Vec<String> =
            self.delivery.files.keys().filter(|name| name.starts_with("orders/2")).cloned().collect();
        let at = usize::try_from(self.luck.below(names.len() as u64)).expect("a position");
        match self.luck.below(4) {
            0 => drop(self.delivery.files.remove(&names[at])),
            1 => {
                // A corrected file: another amount, one row less.
                let text = String::from_utf8(self.delivery.files[&names[at]].clone()).expect("text");
                let mut lines: Vec<&str> = text.lines().collect();
                lines.truncate(lines.len().max(3) - 1);
                self.delivery.put(&names[at], lines.join("\n").replace(".50", ".25") + "\n");
            }
            2 => self.delivery.put("orders/new.csv", "customer,at,amount\nnew1,2024-06-01,3\nc001,2024-07-01,4\n"),
            _ => {
                let moved = self.delivery.files.remove(&names[at]).expect("there");
                self.delivery.put(&names[at].replace("orders/", "orders/moved-"), moved);
            }
        }
    }
}

fn parquet(rows: &[(&str, &str)]) -> Vec<u8> {
    let text = |name: &str, texts: Vec<&str>| Column::from(Series::new(name.into(), texts));
    let date = |name: &str| {
        let days = text(name, rows.iter().map(|row| row.1).collect());
        days.cast(&DataType::Date).expect("dates")
    };
    let kinds = (0..rows.len()).map(|at| ["login", "chat"][at % 2]).collect();
    let who = text("who", rows.iter().map(|row| row.0).collect());
    let columns = vec![who, date("at"), text("what", kinds), date("seen")];
    let mut frame = DataFrame::new(rows.len(), columns).expect("a frame");
    let mut bytes = Vec::new();
    ParquetWriter::new(&mut bytes).finish(&mut frame).expect("parquet");
    bytes
}

fn published(project: &Project, as_of: &str) -> BTreeMap<PathBuf, Vec<u8>> {
    let folder = project.path().join("runs").join(as_of);
    let names = files(&folder).into_iter().filter(|name| name != Path::new("timing.json"));
    names.map(|name| (name.clone(), fs::read(folder.join(name)).expect("readable"))).collect()
}

fn night(project: &Project, as_of: &str, further: &[&str]) -> Answer {
    let answer = project.answer(&[&["run", "--as-of", as_of], further].concat());
    assert!(matches!(answer.code, Some(0 | 6)), "{as_of}: {}", answer.stderr);
    answer
}

fn parts(project: &Project) -> BTreeSet<PathBuf> {
    let names = files(&project.path().join(".tidewatch/rollup")).into_iter();
    names.filter(|name| name.extension().is_some_and(|extension| extension == "part")).collect()
}

fn assert_equal(nightly: &Project, whole: &Project, as_of: &str, what: &str) {
    let (a, b) = (published(nightly, as_of), published(whole, as_of));
    assert!(a.len() >= 3 && a.keys().eq(b.keys()), "{what}, {as_of}: {:?} and {:?}", a.keys(), b.keys());
    for (name, bytes) in &a {
        let is_equal = *bytes == b[name];
        let (a, b) = (String::from_utf8_lossy(bytes), String::from_utf8_lossy(&b[name]));
        let is_text = name.extension().is_some_and(|extension| extension == "json");
        assert!(
            is_equal,
            "{what}, {as_of}: {} differs{}",
            name.display(),
            if is_text { format!("\n{a}\n{b}") } else { String::new() }
        );
    }
}

#[test]
fn any_sequence_of_nights_publishes_what_full_recomputes_publish() {
    let mut shop = Shop::new(20_250_101);
    let (nightly, whole, small) = (Project::new(PROJECT), Project::new(PROJECT), Project::new(PROJECT));
    // Rows of one customer at a time, of some, of all.
    let budgets = [&["--memory", "1B"][..], &["--memory", "40KiB"], &["--memory", "2GiB"], &[]];
    let nights = ["2024-11-15", "2024-11-18", "2024-11-21", "2024-12-01", "2024-12-02", "2024-12-30"];
    for (at, as_of) in nights.iter().enumerate() {
        shop.deliver(as_of);
        for _ in 0..at.min(2) {
            shop.happen();
        }
        let zone = if at > 3 { "Asia/Tokyo" } else { "Europe/Berlin" };
        shop.delivery.put("tidewatch.toml", PROJECT.replace("Europe/Berlin", zone));
        for (project, further) in [(&nightly, &[][..]), (&whole, &["--full"]), (&small, budgets[at % budgets.len()])] {
            shop.delivery.unpack(project);
            night(project, as_of, further);
        }
        assert_equal(&nightly, &whole, as_of, "a night and a full recompute");
        assert_equal(&small, &whole, as_of, "a night with little memory and a full recompute");
    }
    // A past night, seen from before many rows: the same again.
    for (project, further) in [(&nightly, &[][..]), (&whole, &["--full"]), (&small, &["--memory", "20KiB"])] {
        night(project, "2024-11-20", further);
    }
    assert_equal(&nightly, &whole, "2024-11-20", "a past night");
    assert_equal(&small, &whole, "2024-11-20", "a past night with little memory");
}

#[test]
fn what_looks_at_everybody_is_the_same_with_little_memory() {
    // Levels with features of their own, lifetimes, horizons, insights, KPIs, profiles.
    let settings = PROJECT.replace("[kpi]\nenabled = false\n", "[value]\nbasis = \"clv_predicted\"\n")
        + "\n[behaviour.talked]\ntable = \"events\"\nwhere = \"kind = 'chat'\"\nwithin_days = 60\n";
    let settings = settings.replace("horizon_days = 60", "horizon_days = 60\nhorizons = [30, 60]");
    let mut shop = Shop::new(3);
    let (whole, small) = (Project::new(&settings), Project::new(&settings));
    shop.deliver("2024-12-01");
    shop.delivery.put("tidewatch.toml", settings);
    for (project, further) in
        [(&whole, &["--retrain", "always"][..]), (&small, &["--retrain", "always", "--memory", "30KiB"])]
    {
        shop.delivery.unpack(project);
        night(project, "2024-12-01", further);
    }
    assert!(published(&whole, "2024-12-01").len() >= 9, "{:?}", published(&whole, "2024-12-01").keys());
    assert_equal(&small, &whole, "2024-12-01", "all that a night computes");
    let stages = String::from_utf8(small.read("runs/2024-12-01/timing.json")).expect("text");
    assert!(stages.contains("store_survey"), "the rows were not held at once: {stages}");
}

#[test]
fn a_size_of_memory_has_a_unit() {
    let answer = Project::shop().answer(&["run", "--memory", "5"]);
    assert_eq!(answer.code, Some(2), "{}", answer.stderr);
    assert!(answer.stderr.contains("expected a size such as 512MiB"), "{}", answer.stderr);
}

#[test]
fn a_new_file_is_read_and_the_others_are_not() {
    let mut shop = Shop::new(7);
    let project = Project::new(PROJECT);
    shop.deliver("2024-12-01");
    shop.delivery.unpack(&project);
    night(&project, "2024-12-01", &["--retrain", "never"]);
    let before = parts(&project);
    shop.delivery.put("orders/new.csv", "customer,at,amount\nc001,2024-11-30,4\n");
    shop.delivery.unpack(&project);
    night(&project, "2024-12-01", &["--retrain", "never"]);
    let after = parts(&project);
    assert!(before.is_subset(&after), "parts of unchanged files stay: {before:?} {after:?}");
    assert_eq!(after.len(), before.len() + 1, "{after:?}");
    night(&project, "2024-12-01", &["--retrain", "never", "--full"]);
    assert!(parts(&project).is_disjoint(&after), "a full run writes everything anew");
}

#[test]
fn a_damaged_store_is_named_and_built_again() {
    let mut shop = Shop::new(7);
    let (project, whole) = (Project::new(PROJECT), Project::new(PROJECT));
    shop.deliver("2024-12-01");
    for project in [&project, &whole] {
        shop.delivery.unpack(project);
        night(project, "2024-12-01", &["--retrain", "never"]);
    }
    let folder = project.path().join(".tidewatch/rollup");
    let part = parts(&project).into_iter().find(|name| name.to_string_lossy().starts_with("orders")).expect("a part");
    let path = folder.join(&part);
    let mut bytes = fs::read(&path).expect("readable");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 4;
    fs::write(&path, bytes).expect("written");
    let answer = night(&project, "2024-12-01", &["--retrain", "never"]);
    let named = format!("{} is damaged", part.display());
    assert!(answer.stdout.contains(&named), "{}", answer.stdout);
    assert_equal(&project, &whole, "2024-12-01", "after a part rotted");
    let answer = night(&project, "2024-12-01", &["--retrain", "never"]);
    assert!(!answer.stdout.contains("is damaged"), "{}", answer.stdout);
    fs::remove_dir_all(&folder).expect("the store may be deleted");
    night(&project, "2024-12-01", &["--retrain", "never"]);
    assert_equal(&project, &whole, "2024-12-01", "after the store was deleted");
    fs::write(folder.join("manifest.json"), "nonsense").expect("written");
    let answer = night(&project, "2024-12-01", &["--retrain", "never"]);
    assert!(answer.stdout.contains("manifest.json is damaged"), "{}", answer.stdout);
    assert_equal(&project, &whole, "2024-12-01", "after the manifest rotted");
}

#[test]
fn a_store_of_a_later_engine_is_refused_and_built_anew_on_demand() {
    let project = Project::shop();
    project.succeed(&["run"]);
    let manifest = ".tidewatch/rollup/manifest.json";
    let text = String::from_utf8(project.read(manifest)).expect("text");
    project.write(manifest, text.replacen("tidewatch-store 2 ", "tidewatch-store 3 ", 1));
    let answer = project.answer(&["run"]);
    assert_eq!(answer.code, Some(10), "{}", answer.stderr);
    assert!(answer.stderr.contains("run --full"), "{}", answer.stderr);
    project.succeed(&["run", "--full"]);
    project.succeed(&["run"]);
}

#[test]
fn killed_at_any_step_of_an_update_the_next_night_is_right() {
    let settings = format!("{SHOP}\n[train]\nterms = \"linear\"\n\n[kpi]\nenabled = false\n");
    let (project, whole) = (Project::new(&settings), Project::new(&settings));
    let mut text = orders(60);
    let steps = ["store_survey", "store_compact", "store_part", "store_manifest", "store_sweep", "store_remove"];
    for (at, step) in steps.into_iter().enumerate() {
        let memory: &[&str] = if step == "store_survey" || at % 2 == 0 { &["--memory", "1KiB"] } else { &[] };
        // The only file is corrected: its part is written anew and the old one removed.
        let _ = writeln!(text, "c001,2024-12-30,{}.25", step.len());
        for project in [&project, &whole] {
            project.write("orders.csv", &text);
        }
        let killed = [&["--retrain", "never", "--pause-before", step], memory].concat();
        kill_when_paused(&mut start(&project, &killed));
        night(&project, "2025-01-01", &["--retrain", "never"]);
        night(&whole, "2025-01-01", &["--retrain", "never", "--full"]);
        assert_equal(&project, &whole, "2025-01-01", &format!("killed before {step}"));
        let left = files(&project.path().join(".tidewatch/rollup"));
        let manifest = String::from_utf8(project.read(".tidewatch/rollup/manifest.json")).expect("text");
        let is_named = |file: &PathBuf| manifest.contains(&*file.to_string_lossy());
        assert_eq!(
            left.iter().filter(|file| !is_named(file)).count(),
            1,
            "only parts that count and the manifest: {left:?}"
        );
        assert!(left.len() == 2 || !memory.is_empty(), "one part and the manifest are left: {left:?}");
    }
}
