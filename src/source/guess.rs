//! Looking at a file nobody has described yet: format, separator, header, what each column seems to be. For `init`.

use std::path::Path;

use super::instant::{TimeFormat, TimeParser};
use super::typed::is_plain_number;
use super::{Error, compressed, delimited, files, ndjson, parquet};
use crate::project::{FileFormat, Project, TableSource};
use crate::tables::TableName;
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
    TIME_FORMATS.iter().filter(fits).copied().collect()
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

/// Names by which the world calls canonical columns; compared without case, blanks and signs.
const NAMES: [(&str, &[&str]); 22] = [
    (
        "customer",
        &[
            "customer",
            "customerid",
            "custid",
            "userid",
            "user",
            "clientid",
            "client",
            "accountid",
            "account",
            "memberid",
            "member",
            "householdid",
            "buyerid",
            "subscriberid",
            "loyaltynumber",
            "id",
        ],
    ),
    ("started_at", &["startedat", "startdate", "starttime", "subscriptionstart", "contractstart"]),
    (
        "ended_at",
        &["endedat", "enddate", "endtime", "cancelledat", "canceledat", "canceldate", "subscriptionend", "churndate"],
    ),
    ("opened_at", &["openedat", "submittedat", "ticketcreatedat", "reportedat", "createdat", "opened"]),
    (
        "signup_at",
        &[
            "signupat",
            "signupdate",
            "signup",
            "joined",
            "joinedat",
            "joindate",
            "registeredat",
            "registrationdate",
            "enrollmentdate",
            "createdat",
        ],
    ),
    (
        "at",
        &[
            "at",
            "date",
            "time",
            "timestamp",
            "datetime",
            "ts",
            "eventtime",
            "eventdate",
            "occurredat",
            "orderdate",
            "purchasedate",
            "invoicedate",
            "transactiondate",
            "transactiontimestamp",
            "surveydate",
            "createdat",
            "day",
            "usagedate",
        ],
    ),
    (
        "amount",
        &[
            "amount",
            "total",
            "revenue",
            "price",
            "sales",
            "salesvalue",
            "dollarvalue",
            "ordervalue",
            "totalamount",
            "totalprice",
            "sum",
            "value",
            "spent",
        ],
    ),
    (
        "order",
        &["order", "orderid", "ordernumber", "invoice", "invoiceno", "invoicenumber", "basketid", "transactionid"],
    ),
    ("quantity", &["quantity", "qty", "numberofcds", "units"]),
    ("item", &["item", "itemid", "productid", "product", "sku", "stockcode"]),
    ("category", &["category", "productcategory", "department"]),
    ("currency", &["currency", "currencycode"]),
    ("kind", &["kind", "event", "eventtype", "eventname", "type", "action", "activity"]),
    ("channel", &["channel", "source", "medium"]),
    ("subscription", &["subscription", "subscriptionid", "contractid"]),
    ("plan", &["plan", "plantier", "planname", "product", "tier"]),
    ("mrr", &["mrr", "mrramount", "monthlyfee", "monthlyprice", "monthlycharges"]),
    ("ticket", &["ticket", "ticketid", "caseid", "issueid"]),
    ("resolved_at", &["resolvedat", "closedat", "resolved", "closed"]),
    ("severity", &["severity", "priority"]),
    ("score", &["score", "nps", "csat", "rating", "answer"]),
    ("question", &["question", "survey", "surveytype"]),
];

/// Tables in the order they are tried, with words of file names and the columns that decide.
const TABLES: [(TableName, &[&str], &[&str]); 6] = [
    (TableName::Subscriptions, &["subscription", "contract"], &["customer", "started_at"]),
    (TableName::Tickets, &["ticket", "support", "case"], &["customer", "opened_at"]),
    (TableName::Surveys, &["survey", "nps", "csat", "review"], &["at", "score"]),
    (TableName::Orders, &["order", "transaction", "purchase", "sale", "invoice"], &["customer", "at", "amount"]),
    (TableName::Events, &["event", "activity", "log", "usage", "click"], &["customer", "at"]),
    (TableName::Customers, &["customer", "account", "member", "user", "client"], &["customer"]),
];

/// Guesses the table a file holds; `None` if no table fits.
#[must_use]
pub fn guess(path: &Path, look: &Look) -> Option<Guess> {
    let file = path.file_name().map(|name| name.to_string_lossy().to_lowercase()).unwrap_or_default();
    let fits = |needed: &[&str], table: TableName| needed.iter().all(|column| find(look, table, column).is_some());
    let named = TABLES
        .iter()
        .find(|(table, words, needed)| words.iter().any(|word| file.contains(word)) && fits(needed, *table));
    // A file whose name says nothing is told by its columns; one with a question of tickets is no ticket.
    let by_columns = || {
        let sure = |table: TableName| !matches!(table, TableName::Tickets | TableName::Surveys);
        TABLES.iter().find(|(table, _, needed)| sure(*table) && fits(needed, *table))
    };
    let (table, _, _) = named.or_else(by_columns)?;
    Some(describe(*table, look))
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
        if canonical.kind == crate::tables::ColumnType::Time && at_format.is_none() {
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

/// The column of the file that seems to be the canonical one.
fn find<'a>(look: &'a Look, table: TableName, canonical: &str) -> Option<&'a LookColumn> {
    let kind = table.table().column(canonical)?.kind;
    let (_, names) = NAMES.iter().find(|(name, _)| *name == canonical)?;
    let plain = |name: &str| name.chars().filter(|letter| letter.is_alphanumeric()).collect::<String>().to_lowercase();
    let suits = |column: &&LookColumn| match kind {
        crate::tables::ColumnType::Time => !column.time_formats.is_empty(),
        crate::tables::ColumnType::Number => column.is_number,
        _ => true,
    };
    let named = names
        .iter()
        .find_map(|wanted| look.columns.iter().filter(suits).find(|column| plain(&column.name) == **wanted));
    let only_time = || {
        let mut times = look.columns.iter().filter(|column| !column.time_formats.is_empty());
        let first = times.next().filter(|_| canonical == "at")?;
        times.next().is_none().then_some(first)
    };
    named.or_else(only_time)
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
