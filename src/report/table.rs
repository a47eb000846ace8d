//! A table of cells, printed as aligned text, Markdown, csv or JSON.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};
use unicode_width::UnicodeWidthStr;

/// On which side a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// One cell: what a person reads and what a program reads.
#[derive(Debug, Clone, PartialEq)]
pub struct Cell {
    text: String,
    value: Value,
}

/// A table with named columns.
#[derive(Debug, Clone)]
pub struct Table {
    columns: Vec<(&'static str, Align)>,
    rows: Vec<Vec<Cell>>,
}

impl Cell {
    /// A cell whose text for people differs from its value for programs.
    pub fn new(text: impl Into<String>, value: impl Into<Value>) -> Self {
        Self { text: text.into(), value: value.into() }
    }

    /// Nothing known: a dash, and null.
    #[must_use]
    pub fn none() -> Self {
        Self::new(super::number::NONE, Value::Null)
    }

    /// A whole number.
    #[must_use]
    pub fn count(number: u64) -> Self {
        Self::new(super::count(number), number)
    }

    /// A number with some decimals for people and all of them for programs; a dash if not finite.
    #[must_use]
    pub fn number(number: f64, places: usize) -> Self {
        Self::new(super::decimals(number, places), json!(number.is_finite().then_some(number)))
    }

    /// A share of 1, shown in percent.
    #[must_use]
    pub fn percent(share: f64) -> Self {
        Self::new(super::percent(share), json!(share.is_finite().then_some(share)))
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, text)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self { value: Value::String(text.clone()), text }
    }
}

impl Table {
    /// An empty table with these columns.
    #[must_use]
    pub fn new(columns: &[(&'static str, Align)]) -> Self {
        Self { columns: columns.to_vec(), rows: Vec::new() }
    }

    /// Adds a row; missing cells are empty, surplus ones are dropped.
    pub fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        let mut cells: Vec<Cell> = cells.into_iter().take(self.columns.len()).collect();
        cells.resize_with(self.columns.len(), || Cell::new("", Value::Null));
        self.rows.push(cells);
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Aligned text with a heading, two spaces between columns, no trailing blanks.
    #[must_use]
    pub fn text(&self) -> String {
        let widths = self.widths();
        let heading = self.columns.iter().map(|(name, _)| *name);
        let mut text = self.line(heading, &widths);
        for row in &self.rows {
            text += &self.line(row.iter().map(|cell| cell.text.as_str()), &widths);
        }
        text
    }

    /// A Markdown table.
    #[must_use]
    pub fn markdown(&self) -> String {
        let heading: Vec<&str> = self.columns.iter().map(|(name, _)| *name).collect();
        let rule = |align: Align| if align == Align::Right { "--:" } else { "---" };
        let rules: Vec<&str> = self.columns.iter().map(|(_, align)| rule(*align)).collect();
        let mut text = format!("| {} |\n| {} |\n", heading.join(" | "), rules.join(" | "));
        for row in &self.rows {
            let cells: Vec<String> = row.iter().map(|cell| cell.text.replace('|', "\\|")).collect();
            let _ = writeln!(text, "| {} |", cells.join(" | "));
        }
        text
    }

    /// Comma-separated values with a heading, as programs read them.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        // Writing to memory does not fail.
        let _ = writer.write_record(self.columns.iter().map(|(name, _)| *name));
        for row in &self.rows {
            let _ = writer.write_record(row.iter().map(|cell| plain(&cell.value)));
        }
        String::from_utf8(writer.into_inner().unwrap_or_default()).unwrap_or_default()
    }

    /// `{"rows": [{column: value, ...}, ...]}`.
    #[must_use]
    pub fn json(&self) -> Value {
        let rows: Vec<Value> = self.rows.iter().map(|row| self.object(row)).collect();
        json!({ "rows": rows })
    }

    fn object(&self, row: &[Cell]) -> Value {
        let fields = self.columns.iter().zip(row).map(|((name, _), cell)| ((*name).to_owned(), cell.value.clone()));
        Value::Object(fields.collect::<Map<_, _>>())
    }

    fn widths(&self) -> Vec<usize> {
        let widest = |column: usize| self.rows.iter().map(|row| row[column].text.width()).max().unwrap_or(0);
        self.columns.iter().enumerate().map(|(column, (name, _))| widest(column).max(name.width())).collect()
    }

    fn line<'a>(&self, cells: impl Iterator<Item = &'a str>, widths: &[usize]) -> String {
        let mut line = String::new();
        for ((cell, width), (_, align)) in cells.zip(widths).zip(&self.columns) {
            let pad = " ".repeat(width.saturating_sub(cell.width()));
            match align {
                Align::Left => line.extend([cell, &pad, "  "]),
                Align::Right => line.extend([pad.as_str(), cell, "  "]),
            }
        }
        line.truncate(line.trim_end().len());
        line + "\n"
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new(&[("name", Align::Left), ("share", Align::Right)]);
        table.row(["a|b".into(), Cell::percent(0.5)]);
        table.row(["long name".into(), Cell::none()]);
        table
    }

    #[test]
    fn text_is_aligned() {
        assert_eq!(table().text(), "name        share\na|b        50.0 %\nlong name       –\n");
    }

    #[test]
    fn programs_get_values_not_texts() {
        assert_eq!(table().csv(), "name,share\na|b,0.5\nlong name,\n");
        assert_eq!(table().json()["rows"][0]["share"], json!(0.5));
        assert!(table().json()["rows"][1]["share"].is_null());
    }

    #[test]
    fn markdown_escapes_its_own_bars() {
        assert!(table().markdown().contains("| a\\|b | 50.0 % |"));
    }
}
