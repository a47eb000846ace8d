//! `init`:
//! 1. look at the files: format, columns, types,
//! 2. guess which table each holds, and a target,
//! 3. write the project file down with comments, try it on the data, settle `as_of` of frozen data,
//! 4. write it, or say what could not be told.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use super::{Failure, clock};
use crate::contract::{self, Checked};
use crate::error::{Exit, Explain};
use crate::progress::Progress;
use crate::project::{FileFormat, PROJECT_FILE};
use crate::publish;
use crate::source::guess::{self, Guess, Look, LookColumn};
use crate::tables::TableName;
use crate::time::{Day, Zone};

/// Why no project file was written.
#[derive(Debug, thiserror::Error)]
pub enum InitError {
    /// There is one already.
    #[error("there is already a project file `{}`", .0.display())]
    Exists(PathBuf),
    /// No table fits a file.
    #[error("could not tell which table `{}` holds", path.display())]
    Unclear {
        /// The file.
        path: PathBuf,
        /// Its columns.
        columns: Vec<String>,
    },
    /// A file is not there.
    #[error("there is no file `{}`", .0.display())]
    NoFile(PathBuf),
}

impl Explain for InitError {
    fn exit(&self) -> Exit {
        match self {
            Self::Exists(_) => Exit::Output,
            Self::Unclear { .. } | Self::NoFile(_) => Exit::Input,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Unclear { columns, .. } => {
                Some(format!("columns that name a customer and a time or an amount; it has `{}`", columns.join("`, `")))
            }
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Exists(_) => "remove it, or start in another folder".to_owned(),
            Self::Unclear { .. } => {
                "leave the file out and map it by hand: `tidewatch list tables` shows what can be mapped".to_owned()
            }
            Self::NoFile(_) => "name files that exist; globs are left to the shell".to_owned(),
        })
    }
}

/// A file with what it seems to be.
struct Found {
    shown: String,
    look: Look,
    guess: Guess,
}

/// What was written.
#[derive(Debug, Clone)]
pub struct Initialised {
    /// The file.
    pub path: PathBuf,
    /// Table and file.
    pub tables: Vec<(TableName, String)>,
    /// What could not be told for sure.
    pub doubts: Vec<String>,
    /// The frozen date that was set.
    pub as_of: Option<Day>,
}

/// Writes `dir/tidewatch.toml` for the files.
///
/// # Errors
/// [`Failure`]: a file cannot be read or understood, the data break the contract, the file cannot be written.
pub fn init(dir: &Path, files: &[PathBuf], progress: &Progress) -> Result<Initialised, Failure> {
    let path = dir.join(PROJECT_FILE);
    if path.exists() {
        return Err(InitError::Exists(path).into());
    }
    std::fs::create_dir_all(dir).map_err(|_| crate::project::Error::NoFolder(dir.to_owned()))?;
    let stage = progress.stage("look at files", Some(files.len() as u64))?;
    let mut found = Vec::with_capacity(files.len());
    for file in files {
        found.push(look(dir, file)?);
        stage.advance(1)?;
    }
    drop(stage);
    let name = dir.canonicalize().ok().and_then(|dir| Some(dir.file_name()?.to_string_lossy().into_owned()));
    let name = name.unwrap_or_else(|| "project".to_owned());
    let today = clock::today(&Zone::utc());
    let (checked, set_aside) = try_on(&name, &found, dir, today, progress)?;
    let settled = Settled { as_of: frozen(&checked, today), set_aside };
    publish::write_file(&path, text(&name, &found, &settled).as_bytes())?;
    let tables = found.iter().map(|file| (file.guess.table, file.shown.clone())).collect();
    let guesses =
        found.iter().flat_map(|file| file.guess.doubts.iter().map(|doubt| format!("{}: {doubt}", file.shown)));
    let doubts = guesses.chain(settled.set_aside.iter().map(|(table, rows)| set_aside_doubt(*table, *rows)));
    Ok(Initialised { path, tables, doubts: doubts.collect(), as_of: settled.as_of })
}

/// What the data themselves had to say about the project file.
#[derive(Default)]
struct Settled {
    /// The date of frozen data.
    as_of: Option<Day>,
    /// Tables with rows that miss what is required, and how many.
    set_aside: BTreeMap<TableName, u64>,
}

/// Checks the data; where rows are bad, once more with those rows set aside. What else is wrong is told as it is.
fn try_on(
    name: &str,
    found: &[Found],
    dir: &Path,
    today: Day,
    progress: &Progress,
) -> Result<(Checked, BTreeMap<TableName, u64>), Failure> {
    let strict = guess::project(&text(name, found, &Settled::default()), dir)?;
    let refusal = match contract::check(&strict, today, progress) {
        Ok(checked) => return Ok((checked, BTreeMap::new())),
        Err(refusal) if refusal.exit() == Exit::Contract => refusal,
        Err(refusal) => return Err(refusal.into()),
    };
    let set_aside = found.iter().map(|file| (file.guess.table, 0)).collect();
    let lenient = guess::project(&text(name, found, &Settled { as_of: None, set_aside }), dir)?;
    let Ok(checked) = contract::check(&lenient, today, progress) else { return Err(refusal.into()) };
    let bad = checked.tables.iter().filter(|(_, table)| table.quarantined > 0);
    let bad = bad.map(|(table, checked)| (*table, checked.quarantined)).collect();
    Ok((checked, bad))
}

fn set_aside_doubt(table: TableName, rows: u64) -> String {
    let rows = if rows == 1 { "1 row is".to_owned() } else { format!("{rows} rows are") };
    format!("{table}: {rows} not usable and set aside; `tidewatch check` writes them to quarantine/ with the reason")
}

fn look(dir: &Path, file: &Path) -> Result<Found, Failure> {
    if !file.is_file() {
        return Err(InitError::NoFile(file.to_owned()).into());
    }
    let look = guess::look(file).map_err(contract::Error::from)?;
    let Some(guess) = guess::guess(file, &look) else {
        let columns = look.columns.iter().map(|column| column.name.clone()).collect();
        return Err(InitError::Unclear { path: file.to_owned(), columns }.into());
    };
    Ok(Found { shown: guess::relative(dir, file), look, guess })
}

/// The day after the data, if they ended more than a month ago.
fn frozen(checked: &Checked, today: Day) -> Option<Day> {
    let end = checked.tables.values().filter_map(|table| table.covered_until).max()?;
    (today.since(end) > 31).then_some(end)
}

fn text(name: &str, found: &[Found], settled: &Settled) -> String {
    let mut text = format!(
        "# A tidewatch project, begun by `tidewatch init`. Look it over: guesses are marked. Paths are relative to this folder.\n\
         # `tidewatch list tables` shows all columns that can be mapped, `tidewatch list targets` what can be predicted.\n\n\
         [project]\nname = {}\ntime_zone = \"UTC\"          # IANA name, such as Europe/Berlin: decides where a day begins\n",
        quoted(name)
    );
    match settled.as_of {
        Some(day) => {
            let _ = writeln!(
                text,
                "as_of = \"{day}\"         # the data end here; remove the line once they are fed every day"
            );
        }
        None => text.push_str("# as_of = \"2025-06-01\"     # only for frozen data; else --as-of, or today\n"),
    }
    let mut tables: Vec<TableName> = found.iter().map(|file| file.guess.table).collect();
    tables.sort_unstable();
    tables.dedup();
    let is_flat = tables == [TableName::Customers];
    for table in &tables {
        let files: Vec<&Found> = found.iter().filter(|file| file.guess.table == *table).collect();
        for file in &files {
            table_text(&mut text, file, files.len() > 1, settled.set_aside.contains_key(table));
            if *table == TableName::Customers {
                attributes_text(&mut text, file, is_flat);
            }
        }
    }
    target_text(&mut text, found, &tables);
    text
}

fn table_text(text: &mut String, file: &Found, is_one_of_several: bool, has_bad_rows: bool) {
    let Found { shown, look, guess } = file;
    let table = guess.table;
    let _ =
        if is_one_of_several { writeln!(text, "\n[[tables.{table}]]") } else { writeln!(text, "\n[tables.{table}]") };
    for doubt in &guess.doubts {
        let _ = writeln!(text, "# guess: {doubt}");
    }
    let _ = writeln!(text, "files = [{}]", quoted(shown));
    if !look.is_by_name {
        let format = match look.format {
            FileFormat::Csv => "csv",
            FileFormat::Tsv => "tsv",
            FileFormat::Text => "text",
            FileFormat::Ndjson => "ndjson",
            FileFormat::Parquet => "parquet",
        };
        let _ = writeln!(text, "format = \"{format}\"");
    }
    if let Some(separator) = look.separator {
        let _ = writeln!(text, "separator = {}", quoted(&separator.to_string()));
    }
    if !look.header {
        text.push_str("header = false               # the columns are column_1, column_2, ...\n");
    }
    if let Some(format) = guess.at_format {
        let _ = writeln!(text, "at_format = {}", quoted(format));
    }
    let columns = guess.columns.iter().map(|(name, from)| format!("{name} = {}", quoted(from)));
    let _ = writeln!(text, "columns = {{ {} }}", columns.collect::<Vec<_>>().join(", "));
    if has_bad_rows {
        text.push_str("on_bad_rows = \"quarantine\"   # rows without what is required are set aside and counted\n");
    }
    let free = |name: &String| !guess.columns.iter().any(|(_, from)| from == name);
    let names = look.columns.iter().map(|column| column.name.clone());
    let unused: Vec<String> = names.filter(free).collect();
    if !unused.is_empty() && table != TableName::Customers {
        let _ = writeln!(text, "# not mapped: {}", unused.join(", "));
    }
}

/// Which attributes may feed a model: in flat data with an outcome all but those that merely name a row, else none yet.
fn attributes_text(text: &mut String, file: &Found, is_flat: bool) {
    let Found { look, guess, .. } = file;
    if !is_flat || guess::outcome(look).is_none() {
        text.push_str(
            "static = []                  # attributes that never change and may feed a model; \"*\" = all\n",
        );
        return;
    }
    text.push_str(
        "static = \"*\"                 # guess: all columns may feed the model; leave out what is filled in later\n",
    );
    let names_a_row = |column: &&LookColumn| {
        let name = column.name.to_lowercase().replace(['_', ' ', '-', '.'], "");
        let is_number_of_row = ["rownumber", "rownum", "row", "index", "rowid", "unnamed:0"].contains(&name.as_str());
        let is_mapped = guess.columns.iter().any(|(_, from)| *from == column.name);
        !is_mapped && column.is_distinct && (is_number_of_row || (!column.is_number && column.time_formats.is_empty()))
    };
    let ignored: Vec<String> = look.columns.iter().filter(names_a_row).map(|column| quoted(&column.name)).collect();
    if !ignored.is_empty() {
        let _ = writeln!(text, "ignore = [{}]    # guess: they only name the row", ignored.join(", "));
    }
}

fn target_text(text: &mut String, found: &[Found], tables: &[TableName]) {
    let mut outcome = found.iter().filter(|file| file.guess.table == TableName::Customers);
    let outcome = outcome.find_map(|file| guess::outcome(&file.look));
    let dated = |table| tables.contains(&table);
    if dated(TableName::Subscriptions) {
        text.push_str(
            "\n[target.churn]               # guess: the customer's subscriptions end in the next 90 days\n\
             kind = \"subscription_end\"\nhorizon_days = 90\ngrace_days = 14              # a new one within so many days is no churn\n",
        );
    } else if dated(TableName::Orders) || dated(TableName::Events) {
        let table = if dated(TableName::Orders) { "orders" } else { "events" };
        let _ = write!(
            text,
            "\n[target.churn]               # guess: nothing in the next 90 days, of those active in the last 180\n\
             kind = \"inactivity\"\ntable = \"{table}\"\nactive_within_days = 180\nhorizon_days = 90\n"
        );
    } else if let Some((column, positive)) = outcome {
        let _ = write!(
            text,
            "\n[target.churn]               # guess: this column is the outcome\nkind = \"column\"\ncolumn = {}\npositive = {}\n",
            quoted(&column.name),
            quoted(positive)
        );
    } else {
        text.push_str("\n# No table shows an outcome: see `tidewatch list targets` for what can be predicted.\n");
    }
}

/// A TOML string.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
