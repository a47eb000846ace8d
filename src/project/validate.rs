//! What a single section cannot know: whether the sections of a project fit each other and the canonical tables.

use super::error::{Error, Wrong};
use super::load::{did_you_mean, listed};
use super::spans::{Spans, Step};
use super::{AttributeNames, FileFormat, Project, TableSource, ValueBasis, sql, validate_target};
use crate::tables::TableName;

/// Checks the project as a whole.
pub(super) fn validate(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    let tables = project.tables.iter().flat_map(|(name, sources)| {
        sources.as_slice().iter().enumerate().map(move |(index, source)| Block { spans, table: *name, index, source })
    });
    for block in tables {
        block.check()?;
    }
    settings(project, spans)?;
    for (name, target) in &project.targets {
        validate_target::validate(project, spans, name, target)?;
    }
    train(project, spans)?;
    value(project, spans)
}

/// One source of one table.
struct Block<'a> {
    spans: &'a Spans<'a>,
    table: TableName,
    index: usize,
    source: &'a TableSource,
}

impl Block<'_> {
    fn check(&self) -> Result<(), Error> {
        self.files()?;
        self.columns()?;
        self.format()?;
        self.attributes()?;
        self.filter()
    }

    fn wrong(&self, keys: &[&str], finding: String) -> Wrong {
        let steps = keys.iter().map(|key| Step::Key(key));
        self.spans.wrong(&self.here().into_iter().chain(steps).collect::<Vec<_>>(), finding)
    }

    fn here(&self) -> [Step<'_>; 3] {
        [Step::Key("tables"), Step::Key(self.table.as_str()), Step::Item(self.index)]
    }

    fn files(&self) -> Result<(), Error> {
        if self.source.files.is_empty() {
            let wrong = self.wrong(&["files"], format!("table `{}` names no files", self.table));
            return Err(wrong.expected("at least one path or glob").into());
        }
        Ok(())
    }

    fn columns(&self) -> Result<(), Error> {
        let table = self.table.table();
        let known: Vec<String> = table.columns.iter().map(|column| column.name.to_owned()).collect();
        for (column, from) in &self.source.columns {
            if table.column(column).is_none() {
                let steps = [&self.here()[..], &[Step::Key("columns"), Step::Name(column)]].concat();
                let wrong = self.spans.wrong(&steps, format!("table `{}` has no column `{column}`", self.table));
                return Err(wrong.expected(listed(&known)).hinting(did_you_mean(column, &known)).into());
            }
            if from.trim().is_empty() {
                let wrong = self.wrong(&["columns", column], format!("nothing is mapped to `{column}`"));
                return Err(wrong.expected("a column of the file, or an SQL expression over its columns").into());
            }
        }
        Ok(())
    }

    fn format(&self) -> Result<(), Error> {
        if let Some(format) = &self.source.at_format
            && !(matches!(format.as_str(), "iso" | "unix_s" | "unix_ms" | "unix_us") || format.contains('%'))
        {
            let known = ["iso", "unix_s", "unix_ms", "unix_us"];
            let wrong = self.wrong(&["at_format"], format!("`{format}` is not a time format"));
            let expected = "\"iso\", \"unix_s\", \"unix_ms\", \"unix_us\" or a strftime pattern such as \"%d/%m/%Y\"";
            return Err(wrong.expected(expected).hinting(did_you_mean(format, known)).into());
        }
        if let Some(separator) = self.source.separator
            && (!separator.is_ascii() || matches!(separator, '"' | '\n' | '\r'))
        {
            let wrong = self.wrong(&["separator"], format!("{separator:?} cannot separate fields"));
            return Err(wrong.expected("one ASCII character such as \";\"").into());
        }
        if self.source.separator.is_some() && !matches!(self.source.format, None | Some(FileFormat::Csv)) {
            let wrong = self.wrong(&["separator"], "only csv has a separator".to_owned());
            return Err(wrong.hinting(Some("leave it out, or say `format = \"csv\"`".to_owned())).into());
        }
        Ok(())
    }

    fn attributes(&self) -> Result<(), Error> {
        let declared = self.source.static_attributes != AttributeNames::default();
        if declared && self.table != TableName::Customers {
            let wrong = self.wrong(&["static"], format!("`{}` has no attributes to declare static", self.table));
            return Err(wrong.expected("`static` under `[tables.customers]`").into());
        }
        Ok(())
    }

    fn filter(&self) -> Result<(), Error> {
        let Some(filter) = &self.source.filter else { return Ok(()) };
        filter_over(self.table, filter, |finding| self.wrong(&["where"], finding))
    }
}

/// A filter must be an expression over canonical columns of its table.
pub(super) fn filter_over(table: TableName, filter: &str, wrong: impl Fn(String) -> Wrong) -> Result<(), Error> {
    let known: Vec<String> = table.table().columns.iter().map(|column| column.name.to_owned()).collect();
    if let Err(reason) = sql::quoted(filter, &known) {
        let hint = "text stands in single quotes: kind = 'login'".to_owned();
        return Err(wrong(format!("not an SQL expression: {reason}")).hinting(Some(hint)).into());
    }
    if let Some(name) = sql::unknown_names(filter, &known).first() {
        let wrong = wrong(format!("table `{table}` has no column `{name}`"));
        return Err(wrong.expected(listed(&known)).hinting(did_you_mean(name, &known)).into());
    }
    Ok(())
}

fn settings(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    let here = |key| [Step::Key("project"), Step::Key(key)];
    if !project.project.segments.is_empty() && project.sources(TableName::Customers).is_empty() {
        let wrong =
            spans.wrong(&here("segments"), "segments are columns of `customers`, which is not mapped".to_owned());
        return Err(wrong.hinting(Some("add `[tables.customers]`, or leave `segments` out".to_owned())).into());
    }
    if project.project.active_within_days == 0 {
        let wrong = spans.wrong(&here("active_within_days"), "nobody is active within 0 days".to_owned());
        return Err(wrong.expected("at least 1").into());
    }
    Ok(())
}

fn train(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    for (key, number) in [("cadence_days", project.train.cadence_days), ("cutoffs", project.train.cutoffs)] {
        if number == 0 {
            let wrong = spans.wrong(&[Step::Key("train"), Step::Key(key)], format!("`{key}` is 0"));
            return Err(wrong.expected("at least 1").into());
        }
    }
    Ok(())
}

fn value(project: &Project, spans: &Spans<'_>) -> Result<(), Error> {
    let here = |key| [Step::Key("value"), Step::Key(key)];
    let needed = match project.value.basis {
        Some(ValueBasis::Mrr) => Some(TableName::Subscriptions),
        Some(ValueBasis::Revenue365 | ValueBasis::ClvPredicted) => Some(TableName::Orders),
        None => None,
    };
    if let Some(table) = needed.filter(|table| project.sources(*table).is_empty()) {
        let wrong = spans.wrong(&here("basis"), format!("this basis needs the table `{table}`, which is not mapped"));
        return Err(wrong.hinting(Some(format!("add `[tables.{table}]`, or choose another basis"))).into());
    }
    if !(project.value.margin > 0.0 && project.value.margin <= 1.0) {
        let wrong = spans.wrong(&here("margin"), format!("a margin of {} is no share", project.value.margin));
        return Err(wrong.expected("more than 0, at most 1").into());
    }
    Ok(())
}
