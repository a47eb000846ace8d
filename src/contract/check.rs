//! The check: every mapped table opened, audited file by file, and put together.

use std::collections::BTreeMap;

use polars::prelude::{DataType, Expr, LazyFrame, PolarsError, UnionArgs, col, concat, lit};

use super::across;
use super::audit::{self, Audit, Rule, RuleKind};
use super::{Attribute, Checked, CheckedTable, Error, Finding, InputFile, Severity, Shape};
use crate::progress::Progress;
use crate::project::{OnBadRows, Project, TableSource};
use crate::source::{self, Fault, FaultKind, Opened, Part, data_type, missing};
use crate::tables::{ColumnType, TableName};
use crate::time::Day;

/// Opens and checks all mapped tables as of `as_of`.
///
/// # Errors
/// [`Error`]: a source cannot be opened, or the data break the contract.
pub fn check(project: &Project, as_of: Day, progress: &Progress) -> Result<Checked, Error> {
    accept(look(project, as_of, progress)?)
}

/// Reads a table's rows in place of the check: one audit per part, all of whose rows keep the contract, or nothing if
/// they must be looked at closely.
pub type Reader<'a> = &'a mut dyn FnMut(&Opened, &Shape) -> Option<Vec<Audit>>;

/// The same for whoever reads the rows anyway, so that files are read once.
///
/// # Errors
/// [`Error`]: a source cannot be opened, or the data break the contract.
pub fn check_with(project: &Project, as_of: Day, progress: &Progress, reader: Reader<'_>) -> Result<Checked, Error> {
    accept(look_with(project, as_of, progress, reader)?)
}

fn accept(checked: Checked) -> Result<Checked, Error> {
    let errors = checked.findings.iter().filter(|finding| finding.severity == Severity::Error);
    let mut errors = errors.cloned();
    match errors.next() {
        Some(first) => Err(Error::Broken(Box::new(first), errors.count())),
        None => Ok(checked),
    }
}

/// The same, with findings of every severity instead of an error: for the report.
///
/// # Errors
/// [`Error`]: a source cannot be opened or read at all.
pub fn look(project: &Project, as_of: Day, progress: &Progress) -> Result<Checked, Error> {
    look_with(project, as_of, progress, &mut |_, _| None)
}

fn look_with(project: &Project, as_of: Day, progress: &Progress, reader: Reader<'_>) -> Result<Checked, Error> {
    let names: Vec<TableName> = TableName::ALL.into_iter().filter(|name| !project.sources(*name).is_empty()).collect();
    let stage = progress.stage("check", Some(names.len() as u64))?;
    let mut checked = Checked { tables: BTreeMap::new(), inputs: Vec::new(), findings: Vec::new() };
    for name in names {
        let opened = source::open(project, name)?;
        let table = Checking { project, as_of, checked: &mut checked }.table(&opened, reader)?;
        checked.tables.insert(name, table);
        stage.advance(1)?;
    }
    checked.inputs.sort();
    checked.inputs.dedup();
    let across = across::findings(project, &checked, as_of)?;
    checked.findings.extend(across);
    Ok(checked)
}

/// One table being checked.
struct Checking<'a> {
    project: &'a Project,
    as_of: Day,
    checked: &'a mut Checked,
}

impl Checking<'_> {
    fn table(&mut self, opened: &Opened, reader: Reader<'_>) -> Result<CheckedTable, Error> {
        let name = opened.name;
        let unreadable = |error: PolarsError| Error::Unreadable { table: name, reason: first_line(&error) };
        let columns = columns_of(opened);
        let attributes = self.attributes(opened).map_err(unreadable)?;
        let shape = Shape { name, columns, attributes };
        let audits = reader(opened, &shape);
        let Shape { columns, attributes, .. } = shape;
        let mut frames = Vec::with_capacity(opened.parts.len());
        let mut totals = Audit::default();
        let mut quarantined = 0;
        for (at, part) in opened.parts.iter().enumerate() {
            let source = &self.project.sources(name)[part.source];
            let kept = kept(name, source, part)?;
            let rules = audit::rules(part, &kept);
            let time = name.table().time;
            let audit = match audits.as_ref().and_then(|audits| audits.get(at)) {
                Some(audit) => audit.clone(),
                None => audit::audit(part, &rules, &kept, time, self.as_of).map_err(unreadable)?,
            };
            let bad = audit.bad + part.faults.len() as u64;
            if bad > 0 && source.on_bad_rows == OnBadRows::Error {
                self.report(name, part, &rules, &audit).map_err(unreadable)?;
            }
            if source.on_bad_rows == OnBadRows::Quarantine {
                quarantined += bad;
            }
            frames.push(clean(part, &rules, &kept, &columns, &attributes, audit.bad > 0));
            self.input(part, &audit);
            totals.add(&audit);
        }
        self.zone_mix(name, &totals);
        let frame = concat(&frames, UnionArgs::default()).map_err(unreadable)?;
        let last = totals.span.map(|span| span.1).max(totals.last_later);
        let declared = self.project.sources(name).iter().filter_map(|source| source.covered_until).max();
        Ok(CheckedTable {
            name,
            frame,
            columns,
            attributes,
            rows: totals.rows,
            quarantined,
            span: totals.span,
            newest: last,
            covered_until: declared.or_else(|| last.map(|day| day.plus(1))),
        })
    }

    fn input(&mut self, part: &Part, audit: &Audit) {
        let joined = part.joined.iter().map(|file| InputFile {
            path: file.path.clone(),
            bytes: file.bytes,
            rows: file.rows,
            blake3: file.blake3.clone(),
        });
        self.checked.inputs.extend(joined);
        let (path, blake3) = (part.path.clone(), part.blake3.clone());
        self.checked.inputs.push(InputFile {
            path,
            bytes: part.bytes,
            rows: audit.read + part.faults.len() as u64,
            blake3,
        });
    }

    /// Which attributes there are, and which of them are numbers in every file.
    fn attributes(&self, opened: &Opened) -> Result<Vec<Attribute>, PolarsError> {
        let mut attributes: Vec<Attribute> = Vec::new();
        let dated =
            opened.parts.iter().any(|part| part.columns.iter().any(|column| column.column.name == "valid_from"));
        for part in &opened.parts {
            let source = &self.project.sources(opened.name)[part.source];
            for (name, numeric) in part.numeric_attributes()? {
                let usable = dated || source.static_attributes.names(&name);
                if let Some(known) = attributes.iter_mut().find(|known| known.name == name) {
                    known.numeric &= numeric;
                    known.usable &= usable;
                } else {
                    attributes.push(Attribute { name, numeric, usable });
                }
            }
        }
        Ok(attributes)
    }

    /// Findings for every kind of bad row of a part.
    fn report(&mut self, table: TableName, part: &Part, rules: &[Rule], audit: &Audit) -> Result<(), PolarsError> {
        self.checked.findings.extend(faults(table, part));
        for (rule, count) in rules.iter().zip(&audit.broken).filter(|(_, count)| **count > 0) {
            let examples = audit::examples(part, rule)?;
            let examples = examples.iter().map(|example| format!("{}:{}: {}", part.path, example.line, example.value));
            let (what, expectation) = describe(rule.kind);
            let finding = format!("{} with {what}", rows_of(*count));
            self.checked.findings.push(Finding {
                severity: Severity::Error,
                check: "bad_rows",
                table: Some(table),
                column: Some(rule.column.to_owned()),
                count: *count,
                examples: examples.collect(),
                finding: format!("table `{table}`, column `{}`: {finding}", rule.column),
                expectation: Some(expectation.to_owned()),
                hint: Some("mend the rows, or set them aside with `on_bad_rows = \"quarantine\"`".to_owned()),
            });
        }
        Ok(())
    }

    fn zone_mix(&mut self, table: TableName, totals: &Audit) {
        if totals.zoned == 0 || totals.naive == 0 {
            return;
        }
        let (zoned, naive) = (totals.zoned, totals.naive);
        self.checked.findings.push(Finding {
            severity: Severity::Error,
            check: "zone_mix",
            table: Some(table),
            column: None,
            count: zoned.min(naive),
            examples: Vec::new(),
            finding: format!(
                "table `{table}` mixes {} a zone with {naive} that {} none",
                if zoned == 1 { "1 time that names".to_owned() } else { format!("{zoned} times that name") },
                if naive == 1 { "names" } else { "name" }
            ),
            expectation: Some("one way of writing times in a table".to_owned()),
            hint: Some(
                "times without a zone are read in the project's `time_zone`; give all files one form".to_owned(),
            ),
        });
    }
}

/// Canonical columns that any part gives, in canonical order.
fn columns_of(opened: &Opened) -> Vec<String> {
    let given =
        |name: &str| opened.parts.iter().any(|part| part.columns.iter().any(|column| column.column.name == name));
    let columns = opened.name.table().columns.iter().filter(|column| given(column.name));
    columns.map(|column| column.name.to_owned()).collect()
}

/// The table's filter as an expression over canonical columns; null counts as "no".
pub(super) fn kept(table: TableName, source: &TableSource, part: &Part) -> Result<Expr, Error> {
    let Some(sql) = &source.filter else { return Ok(lit(true)) };
    let columns: Vec<String> = part.columns.iter().map(|column| column.column.name.to_owned()).collect();
    let wrong = |reason| {
        let (path, column, sql) = (part.path.clone(), "where".to_owned(), sql.clone());
        Error::Source(source::Error::Expression { path, table, column, sql, reason })
    };
    let filter = source::expression(sql, &columns).map_err(wrong)?;
    audit::wide(part, false).select([filter.clone()]).collect_schema().map_err(|error| wrong(first_line(&error)))?;
    Ok(filter.fill_null(lit(false)))
}

/// The rows of a part that keep the contract, as canonical columns, days and attributes.
fn clean(
    part: &Part,
    rules: &[Rule],
    kept: &Expr,
    columns: &[String],
    attributes: &[Attribute],
    has_bad_rows: bool,
) -> LazyFrame {
    let named = attributes.iter().map(|attribute| part.attribute(&attribute.name, attribute.numeric));
    let named: Vec<Expr> = named.collect();
    let frame = if has_bad_rows {
        // Broken rows are told by what the file says, so that stays until they are gone.
        audit::wide_with(part, named).filter(audit::any(rules).not())
    } else {
        let mut wanted = part.canonical();
        wanted.extend(named);
        part.raw.clone().select(wanted).with_columns(part.days())
    };
    let table = part.table.table();
    let mut wanted = Vec::new();
    for column in table.columns.iter().filter(|column| columns.iter().any(|name| name == column.name)) {
        let given = part.columns.iter().any(|mapped| mapped.column.name == column.name);
        let value = |name: &str, kind: DataType| if given { col(name) } else { missing(kind).alias(name) };
        wanted.push(value(column.name, data_type(column.kind)));
        if column.kind == ColumnType::Time {
            wanted.push(value(&format!("{}_day", column.name), DataType::Date));
        }
    }
    wanted.extend(attributes.iter().map(|attribute| col(attribute.name.as_str())));
    let is_filtered = *kept != lit(true);
    if is_filtered { frame.filter(kept.clone()).select(wanted) } else { frame.select(wanted) }
}

/// What a broken rule's rows have, and what they should have.
pub(super) fn describe(kind: RuleKind) -> (&'static str, &'static str) {
    match kind {
        RuleKind::Missing => ("no value", "a value in every row"),
        RuleKind::NotFinite => ("NaN or an infinite number", "finite numbers"),
        RuleKind::Unparsable(ColumnType::Number) => {
            ("something that is not a number", "plain numbers such as 12.5, without units or thousands separators")
        }
        RuleKind::Unparsable(ColumnType::Time) => {
            ("something that is not a time of the declared format", "times as `at_format` says (without it: ISO 8601)")
        }
        RuleKind::Unparsable(ColumnType::Flag) => {
            ("something that is neither yes nor no", "true and false, yes and no, or 1 and 0")
        }
        RuleKind::Unparsable(ColumnType::Text) => ("something that is not text", "text"),
    }
}

/// "1 row", "12 rows".
fn rows_of(count: u64) -> String {
    if count == 1 { "1 row".to_owned() } else { format!("{count} rows") }
}

/// What is wrong with the form of a row.
pub(super) fn fault_text(kind: &FaultKind) -> String {
    match kind {
        FaultKind::Fields { found, expected } if found < expected => "too few fields".to_owned(),
        FaultKind::Fields { .. } => "too many fields".to_owned(),
        FaultKind::NotText { .. } => "bytes that are not UTF-8".to_owned(),
        FaultKind::NotAnObject => "something that is not a JSON object".to_owned(),
        FaultKind::UnknownKey { key } => format!("the unknown key `{key}`"),
    }
}

/// The form of a faulty row, without what it says: a row that could not be divided may hold anything about a customer.
fn form_of(kind: &FaultKind) -> String {
    match kind {
        FaultKind::Fields { found: 1, .. } => "1 field".to_owned(),
        FaultKind::Fields { found, .. } => format!("{found} fields"),
        FaultKind::NotText { column } => format!("in column `{column}`"),
        FaultKind::NotAnObject => "no object".to_owned(),
        FaultKind::UnknownKey { key } => format!("key `{key}`"),
    }
}

/// Findings for rows that could not be divided into fields, one per kind.
fn faults(table: TableName, part: &Part) -> Vec<Finding> {
    let mut kinds: Vec<(String, Vec<&Fault>)> = Vec::new();
    for fault in &part.faults {
        let what = fault_text(&fault.kind);
        match kinds.iter_mut().find(|(known, _)| *known == what) {
            Some((_, faults)) => faults.push(fault),
            None => kinds.push((what, vec![fault])),
        }
    }
    kinds.into_iter().map(|(what, faults)| fault_finding(table, part, &what, &faults)).collect()
}

fn fault_finding(table: TableName, part: &Part, what: &str, faults: &[&Fault]) -> Finding {
    let rows = rows_of(faults.len() as u64);
    let (expectation, hint) = match &faults[0].kind {
        FaultKind::Fields { expected, .. } => (format!("{expected} fields in every row"), None),
        FaultKind::NotText { .. } => {
            ("UTF-8 text".to_owned(), Some("convert the file, as with `iconv -f latin1 -t utf-8`"))
        }
        FaultKind::NotAnObject => ("one JSON object a line".to_owned(), None),
        FaultKind::UnknownKey { .. } => {
            ("keys of the first line, or mapped ones".to_owned(), Some("map the key, or list it under `ignore`"))
        }
    };
    let hint = hint.unwrap_or("mend the rows, or set them aside with `on_bad_rows = \"quarantine\"`");
    let shown = |fault: &&Fault| format!("{}:{}: {}", part.path, fault.line, form_of(&fault.kind));
    Finding {
        severity: Severity::Error,
        check: "bad_rows",
        table: Some(table),
        column: None,
        count: faults.len() as u64,
        examples: faults.iter().take(3).map(shown).collect(),
        finding: format!("table `{table}`: {rows} with {what}"),
        expectation: Some(expectation),
        hint: Some(hint.to_owned()),
    }
}

pub(super) fn first_line(error: &PolarsError) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}
