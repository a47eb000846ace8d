//! Looking at a file nobody has described yet: format, separator, header, what each column seems to be. For `init`.

use std::path::Path;

use super::instant::{TimeFormat, TimeParser};
use super::names::{self, NAMES, core, plain};
use super::typed::is_plain_number;
use super::{Error, compressed, delimited, files, ndjson, parquet};
use crate::project::{FileFormat, Project, TableSource};
use crate::tables::{ColumnType, TableName};
use crate::time::Zone;

/// Rows looked at.
const SAMPLE: usize = 2_000;

/// What a file seems to be.
#[derive(Debug, Clone)]
pub struct Look {
    /// Its format.
    pub format: FileFormat,
    /// Whether the format follows from the name, so that the project file need not say it.
    pub is_by_name: bool,
    /// Separator, if it is not a comma.
    pub separator: Option<char>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// The columns in order.
    pub columns: Vec<LookColumn>,
}

/// What a column seems to be.
#[derive(Debug, Clone)]
pub struct LookColumn {
    /// Its name.
    pub name: String,
    /// Formats of time all its values have, likeliest first.
    pub time_formats: Vec<&'static str>,
    /// Whether all its values are numbers.
    pub is_number: bool,
    /// Whether every value looked at differs.
    pub is_distinct: bool,
    /// Its values, ascending, if there are at most two.
    pub levels: Vec<String>,
}

/// Patterns tried after ISO, likeliest first.
const TIME_FORMATS: [&str; 12] = [
    "iso",
    "%Y%m%d",
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d.%m.%Y",
    "%d-%m-%Y",
    "%Y/%m/%d",
    "%d/%m/%y",
    "%m/%d/%y",
    "%d/%m/%Y %H:%M",
    "%m/%d/%Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
];

/// Looks at the first rows of a file.
///
/// # Errors
/// [`Error`]: the file cannot be read, or its format not be told.
pub fn look(path: &Path) -> Result<Look, Error> {
    let shown = path.display().to_string();
    let by_name = files::format_of(path);
    if by_name == Some(FileFormat::Parquet) {
        return parquet_look(path, &shown);
    }
    let unreadable = |error: std::io::Error| Error::Unreadable { path: shown.clone(), reason: error.to_string() };
    let content = compressed::read(path).map_err(unreadable)?;
    let sample = beginning(&content.bytes);
    let text = String::from_utf8_lossy(sample);
    let first = text.trim_start_matches('\u{feff}').lines().find(|line| !line.trim().is_empty());
    let Some(first) = first else { return Err(Error::Empty { path: shown }) };
    let (format, separator) = format_and_separator(first, by_name);
    let mut source = TableSource { format: Some(format), separator, header: true, ..TableSource::default() };
    let raw = if format == FileFormat::Ndjson {
        ndjson::read(sample, &shown, &source, &std::collections::BTreeSet::new())?
    } else {
        let named = delimited::read(sample, &shown, format, &source);
        source.header = named.as_ref().is_ok_and(|raw| raw.columns.iter().all(|name| is_name(name)));
        if source.header { named? } else { delimited::read(sample, &shown, format, &source)? }
    };
    let names = raw.columns.iter();
    let columns = names.map(|name| {
        let texts = raw.frame.column(name).ok().and_then(|column| column.str().ok());
        let texts: Vec<&str> = texts.map(|texts| texts.iter().flatten().collect()).unwrap_or_default();
        column(name, &texts)
    });
    let columns = columns.collect();
    Ok(Look { format, is_by_name: by_name == Some(format), separator, header: source.header, columns })
}

fn parquet_look(path: &Path, shown: &str) -> Result<Look, Error> {
    use polars::prelude::{DataType, IdxSize};
    let failed = |error: polars::error::PolarsError| Error::Unreadable {
        path: shown.to_owned(),
        reason: parquet::first_line(&error.to_string()),
    };
    let sample = IdxSize::try_from(SAMPLE).unwrap_or(IdxSize::MAX);
    let frame = parquet::scan(path, shown, false)?.limit(sample).collect().map_err(failed)?;
    let mut columns = Vec::new();
    for values in frame.columns() {
        let texts = values.cast(&DataType::String).map_err(failed)?;
        let texts: Vec<&str> = texts.str().map_err(failed)?.iter().flatten().collect();
        let mut of_file = column(values.name(), &texts);
        if values.dtype().is_temporal() {
            of_file.time_formats = vec!["iso"];
        }
        columns.push(of_file);
    }
    Ok(Look { format: FileFormat::Parquet, is_by_name: true, separator: None, header: true, columns })
}

/// The first lines.
fn beginning(bytes: &[u8]) -> &[u8] {
    let end = memchr::memchr_iter(b'\n', bytes).nth(SAMPLE).map_or(bytes.len(), |at| at + 1);
    &bytes[..end]
}

fn format_and_separator(first: &str, by_name: Option<FileFormat>) -> (FileFormat, Option<char>) {
    if by_name == Some(FileFormat::Ndjson) || first.trim_start().starts_with('{') {
        return (FileFormat::Ndjson, None);
    }
    if by_name == Some(FileFormat::Tsv) {
        return (FileFormat::Tsv, None);
    }
    let count = |separator: char| first.matches(separator).count();
    let best = [',', ';', '\t', '|'].into_iter().max_by_key(|separator| (count(*separator), *separator == ','));
    match best.filter(|separator| count(*separator) > 0) {
        Some(',') => (FileFormat::Csv, None),
        Some('\t') => (FileFormat::Tsv, None),
        Some(separator) => (FileFormat::Csv, Some(separator)),
        None if by_name == Some(FileFormat::Csv) => (FileFormat::Csv, None),
        None => (FileFormat::Text, None),
    }
}

/// A header is made of words; numbers and dates are data.
fn is_name(text: &str) -> bool {
    !text.trim().is_empty()
        && !is_plain_number(text)
        && text.chars().any(char::is_alphabetic)
        && time_formats(&[text]).is_empty()
}

fn column(name: &str, texts: &[&str]) -> LookColumn {
    let mut levels: Vec<&str> = texts.to_vec();
    levels.sort_unstable();
    levels.dedup();
    LookColumn {
        name: name.to_owned(),
        time_formats: time_formats(texts),
        is_number: !texts.is_empty() && texts.iter().all(|text| is_plain_number(text)),
        is_distinct: levels.len() == texts.len(),
        levels: if levels.len() <= 2 { levels.iter().map(|level| (*level).to_owned()).collect() } else { Vec::new() },
    }
}

fn time_formats(texts: &[&str]) -> Vec<&'static str> {
    if texts.is_empty() {
        return Vec::new();
    }
    let fits = |name: &&&'static str| {
        let Some(format) = TimeFormat::named(Some(name)) else { return false };
        let parser = TimeParser { format, zone: Zone::utc() };
        texts.iter().all(|text| parser.parse(text).is_some())
    };
    TIME_FORMATS.iter().filter(fits).copied().chain(unix_time(texts)).collect()
}

/// Whole numbers that count seconds, milliseconds or microseconds since 1970 in the years 2001 to 2286.
fn unix_time(texts: &[&str]) -> Option<&'static str> {
    let digits = |length: usize| {
        texts
            .iter()
            .all(|text| text.len() == length && !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()))
    };
    [(10, "unix_s"), (13, "unix_ms"), (16, "unix_us")]
        .into_iter()
        .find(|(length, _)| digits(*length))
        .map(|(_, name)| name)
}

/// What is needed to write a project file about files.
#[derive(Debug, Clone)]
pub struct Guess {
    /// The table.
    pub table: TableName,
    /// Canonical column and the file's column.
    pub columns: Vec<(&'static str, String)>,
    /// The format of its times, if not ISO.
    pub at_format: Option<&'static str>,
    /// What could not be told for sure.
    pub doubts: Vec<String>,
}

/// Tables with words of file names and the columns they cannot do without. Told by their columns alone, they are tried
/// in this order; see [`tells`].
const TABLES: [(TableName, &[&str], &[&str]); 9] = [
    (
        TableName::Subscriptions,
        &["subscription", "contract", "abo", "vertrag", "vertraege"],
        &["customer", "started_at"],
    ),
    (TableName::Tickets, &["ticket", "support", "case"], &["customer", "opened_at"]),
    (TableName::Surveys, &["survey", "nps", "csat", "review", "feedback", "umfrage", "enquete"], &["at", "score"]),
    (TableName::Payments, &["payment", "charge", "zahlung", "paiement", "pago"], &["customer", "at", "amount"]),
    (
        TableName::Orders,
        &[
            "order",
            "transaction",
            "purchase",
            "sale",
            "invoice",
            "deal",
            "opportunit",
            "bestellung",
            "rechnung",
            "commande",
            "facture",
            "pedido",
            "factura",
            "venta",
        ],
        &["customer", "at", "amount"],
    ),
    (
        TableName::Messages,
        &["message", "campaign", "email", "mail", "newsletter", "send"],
        &["customer", "at", "campaign"],
    ),
    (TableName::Loyalty, &["loyalty", "point"], &["customer", "at", "earned"]),
    (TableName::Events, &["event", "activity", "log", "usage", "click", "ereignis"], &["customer", "at"]),
    (
        TableName::Customers,
        &["customer", "account", "member", "user", "client", "contact", "subscriber", "audience", "kunde", "cliente"],
        &["customer"],
    ),
];

/// Guesses the table a file holds; `None` if no table fits.
#[must_use]
pub fn guess(path: &Path, look: &Look) -> Option<Guess> {
    let file = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let fits = |needed: &[&str], table: TableName| needed.iter().all(|column| find(look, table, column).is_some());
    let named = TABLES
        .iter()
        .find(|(table, words, needed)| words.iter().any(|word| file.contains(word)) && fits(needed, *table));
    let by_columns = || TABLES.iter().find(|(table, _, needed)| fits(needed, *table) && tells(look, *table));
    let (table, _, _) = named.or_else(by_columns)?;
    Some(describe(*table, look))
}

/// Whether columns alone tell the table: a file whose name says nothing needs more than what its table cannot do without.
fn tells(look: &Look, table: TableName) -> bool {
    let has = |column: &str| find(look, table, column).is_some();
    let named = |names: &[&str]| look.columns.iter().any(|column| names.contains(&names::plain(&column.name).as_str()));
    let is_event = named(&["event", "eventname", "eventtype", "action", "activity", "ereignis", "evento", "evenement"]);
    match table {
        TableName::Subscriptions => !is_event && !has("session"),
        // A creation date alone is no ticket: it takes a requester, a case or a ticket's number.
        TableName::Tickets => {
            named(&["ticket", "ticketid", "ticketnumber", "casenumber", "caseid", "requesterid", "requester"])
        }
        TableName::Surveys => named(&["nps", "npsscore", "csat", "csatscore", "question", "surveyid", "survey"]),
        TableName::Payments => named(&["paymentid", "paymentmethod", "isfailed", "failed"]) && !has("order"),
        TableName::Orders => !is_event || has("order"),
        TableName::Messages => has("delivered_at") || has("clicked_at"),
        TableName::Loyalty => has("redeemed"),
        _ => true,
    }
}

fn describe(table: TableName, look: &Look) -> Guess {
    let mut columns: Vec<(&'static str, String)> = Vec::new();
    let mut doubts = Vec::new();
    let mut at_format = None;
    for canonical in table.table().columns {
        let Some(column) = find(look, table, canonical.name) else { continue };
        if columns.iter().any(|(_, taken)| *taken == column.name) {
            continue;
        }
        if canonical.kind == ColumnType::Time && at_format.is_none() {
            at_format = column.time_formats.first().copied();
            if let [first, second, ..] = column.time_formats[..] {
                doubts.push(format!("times of `{}` read as {first}, but {second} would fit as well", column.name));
            }
        }
        columns.push((canonical.name, column.name.clone()));
    }
    if table == TableName::Events && !columns.iter().any(|(name, _)| *name == "kind") {
        columns.push(("kind", "'event'".to_owned()));
        doubts.push("no column names the kind of an event: all are called `event`".to_owned());
    }
    if table == TableName::Surveys && !columns.iter().any(|(name, _)| *name == "question") {
        columns.push(("question", "'nps'".to_owned()));
        doubts.push("no column names the question: answers are taken as `nps`".to_owned());
    }
    Guess { table, columns, at_format: at_format.filter(|format| *format != "iso"), doubts }
}

/// The column of the file that seems to be the canonical one: by its name as written, by its name without units and
/// zones, by the words it is made of; a lone time is the time.
fn find<'a>(look: &'a Look, table: TableName, canonical: &str) -> Option<&'a LookColumn> {
    let kind = table.table().column(canonical)?.kind;
    let suits = |column: &&LookColumn| match kind {
        ColumnType::Time => !column.time_formats.is_empty(),
        ColumnType::Number => column.is_number,
        _ => true,
    };
    let known: Vec<(&LookColumn, String, String)> =
        look.columns.iter().filter(suits).map(|column| (column, plain(&column.name), core(&column.name))).collect();
    let names = names_of(look, table, canonical);
    let as_written = || names.iter().find_map(|wanted| known.iter().find(|(_, plain, _)| plain == wanted));
    let without_units = || names.iter().find_map(|wanted| known.iter().find(|(_, _, core)| core == wanted));
    let by_words = || known.iter().find(|(column, ..)| names::speaks_of(&column.name, canonical));
    let named = as_written().or_else(without_units).or_else(by_words).map(|(column, ..)| *column);
    let only_time = || {
        let is_date =
            |column: &&LookColumn| column.time_formats.first().is_some_and(|format| !format.starts_with("unix"));
        let mut times = look.columns.iter().filter(is_date);
        let first = times.next().filter(|_| canonical == "at")?;
        times.next().is_none().then_some(first)
    };
    named.or_else(only_time)
}

/// The names a column of a table goes by, likeliest first.
fn names_of(look: &Look, table: TableName, canonical: &str) -> Vec<&'static str> {
    let names = NAMES.iter().find(|(name, _)| *name == canonical).map_or(&[][..], |(_, names)| *names);
    let has = |name: &str| look.columns.iter().any(|column| plain(&column.name) == name);
    match (table, canonical) {
        // Of customers, `id` is the customer; anywhere else it is the row.
        (TableName::Customers, "customer") => ["id", "recordid"].into_iter().chain(names.iter().copied()).collect(),
        // Shops export the order's number as `Name`, beside the names of its lines.
        (TableName::Orders, "order") if has("lineitemname") => {
            ["name"].into_iter().chain(names.iter().copied()).collect()
        }
        (TableName::Orders, "order") if has("stagename") || has("dealstage") => {
            names.iter().copied().chain(["id", "recordid"]).collect()
        }
        // A subscription's plain amount is what it costs a month.
        (TableName::Subscriptions, "mrr") => names.iter().copied().chain(["amount"]).collect(),
        (TableName::Subscriptions, "subscription") => names.iter().copied().chain(["id"]).collect(),
        _ => names.to_vec(),
    }
}

/// A column of `customers` that looks like an outcome: two values, and a name that says so.
#[must_use]
pub fn outcome(look: &Look) -> Option<(&LookColumn, &str)> {
    let tells = |name: &str| {
        ["churn", "cancel", "attrition", "exited", "left"].iter().any(|word| name.to_lowercase().contains(word))
    };
    let column = look.columns.iter().find(|column| column.levels.len() == 2 && tells(&column.name))?;
    let positive =
        column.levels.iter().find(|level| matches!(level.to_lowercase().as_str(), "yes" | "true" | "1" | "y"))?;
    Some((column, positive))
}

/// The path as a project in `dir` should name it.
#[must_use]
pub fn relative(dir: &Path, path: &Path) -> String {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let (dir, path) = (whole(dir), whole(path));
    let shown = path.strip_prefix(&dir).unwrap_or(&path);
    shown.to_string_lossy().replace('\\', "/")
}

/// The project that a text declares, rooted in `dir`, for trying it out before it is written.
///
/// # Errors
/// As [`Project::load`].
pub fn project(text: &str, dir: &Path) -> Result<Project, crate::project::Error> {
    let mut project = Project::parse(text, &dir.join(crate::project::PROJECT_FILE))?;
    dir.clone_into(&mut project.root);
    Ok(project)
}

#[cfg(test)]
mod tests;
