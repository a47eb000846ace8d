//! The check: every mapped table opened, audited file by file, and put together.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use polars::prelude::{
    AllowedOptimizations, Column, DataFrame, DataType, Expr, IntoLazy as _, LazyFrame, PolarsError, PolarsResult,
    Schema, UnionArgs, col, concat, lit,
};

use super::across;
use super::audit::{self, Audit, Rule, RuleKind};
use super::{
    Attribute, Checked, CheckedFile, CheckedTable, Error, FileCheck, Finding, InputFile, Remembers, Severity, Shape,
    Unknown,
};
use crate::progress::Progress;
use crate::project::{OnBadRows, Project, TableSource};
use crate::source::{self, Fault, FaultKind, JoinedFile, Listed, Opened, Part, data_type, missing};
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

/// The same for whoever reads the rows anyway, so that files are read once; and only those that nobody remembers.
///
/// # Errors
/// [`Error`]: a source cannot be opened, or the data break the contract.
pub fn check_with(
    project: &Project,
    as_of: Day,
    progress: &Progress,
    memory: &dyn Remembers,
    reader: Reader<'_>,
) -> Result<Checked, Error> {
    accept(look_with(project, as_of, progress, memory, reader)?)
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
    look_with(project, as_of, progress, &Unknown, &mut |_, _| None)
}

fn look_with(
    project: &Project,
    as_of: Day,
    progress: &Progress,
    memory: &dyn Remembers,
    reader: Reader<'_>,
) -> Result<Checked, Error> {
    let names: Vec<TableName> = TableName::ALL.into_iter().filter(|name| !project.sources(*name).is_empty()).collect();
    let stage = progress.stage("check", Some(names.len() as u64))?;
    let mut checked = Checked { tables: BTreeMap::new(), inputs: Vec::new(), findings: Vec::new() };
    for name in names {
        let files = Files::open(project, name, as_of, memory)?;
        let table = Checking { project, as_of, checked: &mut checked }.table(&files, reader)?;
        checked.tables.insert(name, table);
        stage.advance(1)?;
    }
    checked.inputs.sort();
    checked.inputs.dedup();
    let across = across::findings(project, &checked, as_of)?;
    checked.findings.extend(across);
    Ok(checked)
}

/// A table's files: those that are read now, and those that are remembered.
struct Files {
    opened: Opened,
    /// In the order of sources and paths; nothing for a file that is read now.
    listed: Vec<(Listed, Option<FileCheck>)>,
}

impl Files {
    fn open(project: &Project, name: TableName, as_of: Day, memory: &dyn Remembers) -> Result<Self, Error> {
        let mut files = Self { opened: Opened { name, parts: Vec::new() }, listed: Vec::new() };
        for listed in source::list(project, name)? {
            let known = memory.check(name, &listed, as_of);
            if known.is_none() {
                files.opened.parts.push(source::open_file(project, name, &listed, None)?);
            }
            files.listed.push((listed, known));
        }
        Ok(files)
    }

    /// What each file has: what is remembered, or what it shows now (no more than names yet).
    fn checks(&self, as_of: Day) -> Result<Vec<FileCheck>, PolarsError> {
        let mut parts = self.opened.parts.iter();
        let seen = |part: &Part| {
            Ok(FileCheck {
                path: part.path.clone(),
                source: part.source,
                bytes: part.bytes,
                blake3: part.blake3.clone(),
                joined: part.joined.iter().map(joined).collect(),
                columns: part.columns.iter().map(|column| column.column.name.to_owned()).collect(),
                attributes: part.numeric_attributes()?,
                faults: part.faults.len() as u64,
                as_of: as_of.epoch_days(),
                ..FileCheck::default()
            })
        };
        let checks = self.listed.iter().filter_map(|(_, known)| match known {
            Some(check) => Some(Ok(check.clone())),
            None => parts.next().map(seen),
        });
        checks.collect()
    }
}

fn joined(file: &JoinedFile) -> InputFile {
    let (path, blake3) = (file.path.clone(), file.blake3.clone());
    InputFile { path, bytes: file.bytes, rows: file.rows, blake3 }
}

/// One table being checked.
struct Checking<'a> {
    project: &'a Project,
    as_of: Day,
    checked: &'a mut Checked,
}

impl Checking<'_> {
    fn table(&mut self, files: &Files, reader: Reader<'_>) -> Result<CheckedTable, Error> {
        let name = files.opened.name;
        let unreadable = |error: PolarsError| Error::Unreadable { table: name, reason: first_line(&error) };
        let checks = files.checks(self.as_of).map_err(unreadable)?;
        let shape = Shape { name, columns: columns_of(name, &checks), attributes: self.attributes(name, &checks) };
        let mut audits = None;
        if !files.opened.parts.is_empty() {
            audits = reader(&files.opened, &shape);
        }
        let mut parts = files.opened.parts.iter().enumerate();
        let mut frames = Vec::with_capacity(files.listed.len());
        let mut checked_files = Vec::with_capacity(files.listed.len());
        for ((listed, known), mut check) in files.listed.iter().zip(checks) {
            let mut rows = None;
            if known.is_some() {
                frames.push(remembered(self.project, listed, &check, &shape)?);
            } else if let Some((at, part)) = parts.next() {
                let audit = audits.as_ref().and_then(|audits| audits.get(at)).cloned();
                let frame = self.part(part, audit, &shape, &mut check)?;
                frames.push(frame.clone());
                rows = Some(frame);
            }
            checked_files.push(CheckedFile { check, rows });
        }
        let frame = concat(&frames, UnionArgs::default()).map_err(unreadable)?;
        Ok(self.finish(shape, frame, checked_files))
    }

    /// Audits a file that is read now; its rows that keep the contract.
    fn part(
        &mut self,
        part: &Part,
        audit: Option<Audit>,
        shape: &Shape,
        check: &mut FileCheck,
    ) -> Result<LazyFrame, Error> {
        let name = shape.name;
        let unreadable = |error: PolarsError| Error::Unreadable { table: name, reason: first_line(&error) };
        let source = &self.project.sources(name)[part.source];
        let kept = kept(name, source, part)?;
        let rules = audit::rules(part, &kept);
        check.audit = match audit {
            Some(audit) => audit,
            None => audit::audit(part, &rules, &kept, name.table().time, self.as_of).map_err(unreadable)?,
        };
        let bad = check.audit.bad + check.faults;
        if bad > 0 && source.on_bad_rows == OnBadRows::Error {
            self.report(name, part, &rules, &check.audit).map_err(unreadable)?;
        }
        let frame = clean(part, &rules, &kept, &shape.columns, &shape.attributes, check.audit.bad > 0);
        if name == TableName::Orders && check.columns.iter().any(|column| column == "currency") {
            check.currencies = currencies(&frame).map_err(unreadable)?;
        }
        Ok(frame)
    }

    fn finish(&mut self, shape: Shape, frame: LazyFrame, files: Vec<CheckedFile>) -> CheckedTable {
        let Shape { name, columns, attributes } = shape;
        let sources = self.project.sources(name);
        let mut totals = Audit::default();
        let mut quarantined = 0;
        for check in files.iter().map(|file| &file.check) {
            totals.add(&check.audit);
            if sources[check.source].on_bad_rows == OnBadRows::Quarantine {
                quarantined += check.audit.bad + check.faults;
            }
            self.checked.inputs.extend(check.joined.iter().cloned());
            self.checked.inputs.push(check.input());
        }
        self.zone_mix(name, &totals);
        let last = totals.span.map(|span| span.1).max(totals.last_later);
        let declared = sources.iter().filter_map(|source| source.covered_until).max();
        CheckedTable {
            name,
            frame,
            columns,
            attributes,
            rows: totals.rows,
            quarantined,
            span: totals.span,
            newest: last,
            covered_until: declared.or_else(|| last.map(|day| day.plus(1))),
            files,
        }
    }

    /// Which attributes there are, and which of them are numbers in every file.
    fn attributes(&self, name: TableName, checks: &[FileCheck]) -> Vec<Attribute> {
        let mut attributes: Vec<Attribute> = Vec::new();
        let dated = checks.iter().any(|check| check.columns.iter().any(|column| column == "valid_from"));
        for check in checks {
            let source = &self.project.sources(name)[check.source];
            for (name, numeric) in &check.attributes {
                let usable = dated || source.static_attributes.names(name);
                if let Some(known) = attributes.iter_mut().find(|known| known.name == *name) {
                    known.numeric &= numeric;
                    known.usable &= usable;
                } else {
                    attributes.push(Attribute { name: name.clone(), numeric: *numeric, usable });
                }
            }
        }
        attributes
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

/// Canonical columns that any file gives, in canonical order.
fn columns_of(name: TableName, checks: &[FileCheck]) -> Vec<String> {
    let given = |name: &str| checks.iter().any(|check| check.columns.iter().any(|column| column == name));
    let columns = name.table().columns.iter().filter(|column| given(column.name));
    columns.map(|column| column.name.to_owned()).collect()
}

/// The currencies of orders, ascending.
fn currencies(orders: &LazyFrame) -> PolarsResult<Vec<String>> {
    let several = audit::collect(orders.clone().select([col("currency").unique()]))?;
    let mut names: Vec<String> = several.column("currency")?.str()?.iter().flatten().map(str::to_owned).collect();
    names.sort();
    Ok(names)
}

/// The rows of a file that is not read now, for whoever asks for them: a scan of parquet; other files are read then.
fn remembered(project: &Project, listed: &Listed, check: &FileCheck, shape: &Shape) -> Result<LazyFrame, Error> {
    let name = shape.name;
    if listed.is_parquet(project, name) {
        return rows_of_file(project, listed, check, shape);
    }
    let schema = Arc::new(schema(shape));
    let (project, listed, check, shape) = (project.clone(), listed.clone(), check.clone(), shape.clone());
    let read = OnceLock::new();
    let rows = move |_: DataFrame| {
        if let Some(rows) = read.get() {
            return Ok(DataFrame::clone(rows));
        }
        let opened = rows_of_file(&project, &listed, &check, &shape);
        let rows = opened.map_err(|error| PolarsError::ComputeError(error.to_string().into()))?.collect()?;
        Ok(read.get_or_init(|| rows).clone())
    };
    // A row of nothing, in the place of which the file's rows come.
    let nothing = Column::new("nothing".into(), [0i32]);
    let unreadable = |error: PolarsError| Error::Unreadable { table: name, reason: first_line(&error) };
    let nothing = DataFrame::new(1, vec![nothing]).map_err(unreadable)?.lazy();
    let schema = Arc::new(move |_: &Schema| Ok(Arc::clone(&schema)));
    Ok(nothing.map(rows, AllowedOptimizations::empty(), Some(schema), Some("REMEMBERED FILE")))
}

fn rows_of_file(project: &Project, listed: &Listed, check: &FileCheck, shape: &Shape) -> Result<LazyFrame, Error> {
    let part = source::open_file(project, shape.name, listed, Some(&(check.bytes, check.blake3.clone())))?;
    let kept = kept(shape.name, &project.sources(shape.name)[part.source], &part)?;
    let rules = audit::rules(&part, &kept);
    Ok(clean(&part, &rules, &kept, &shape.columns, &shape.attributes, check.audit.bad > 0))
}

/// The schema of the rows that [`clean`] gives.
fn schema(shape: &Shape) -> Schema {
    let mut schema = Schema::default();
    let columns = shape.name.table().columns.iter();
    for column in columns.filter(|column| shape.columns.iter().any(|name| name == column.name)) {
        schema.with_column(column.name.into(), data_type(column.kind));
        if column.kind == ColumnType::Time {
            schema.with_column(format!("{}_day", column.name).into(), DataType::Date);
        }
    }
    for attribute in &shape.attributes {
        let kind = if attribute.numeric { ColumnType::Number } else { ColumnType::Text };
        schema.with_column(attribute.name.as_str().into(), data_type(kind));
    }
    schema
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
