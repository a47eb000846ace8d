//! `list tables` and `list targets`: what can be mapped, what can be predicted.

use std::fmt::Write as _;

use serde_json::json;

use super::{Format, Session};
use crate::tables::{Column, ColumnType, TableName};

/// Prints the canonical tables.
pub fn tables(session: &Session) {
    session.print(&if session.format == Format::Json { tables_json() } else { tables_text() });
}

/// Prints the kinds of targets.
pub fn targets(session: &Session) {
    session.print(&if session.format == Format::Json { targets_json() } else { targets_text() });
}

fn tables_text() -> String {
    let mut text = String::from(
        "Columns of the canonical tables (* required). Map them under [tables.NAME] columns = { canonical = \"column\" }.\n\
         A value that equals a header is that column; otherwise it is an SQL expression over the file's columns.\n\
         A canonical column that is not mentioned is taken from a column of exactly its name, if the file has one.\n",
    );
    for name in TableName::ALL {
        let _ = writeln!(text, "\n{name}");
        for column in name.table().columns {
            let star = if column.required { "*" } else { "" };
            let known = column.known_with.filter(|with| *with != column.name);
            let known = known.map(|with| format!(", known with {with}")).unwrap_or_default();
            let _ = writeln!(text, "  {:<24}{}{known}", format!("{}{star}", column.name), type_name(column.kind));
        }
        if name == TableName::Customers {
            text.push_str("  any other column        attribute: number or text\n");
        }
    }
    text
}

fn tables_json() -> String {
    let column = |column: &Column| {
        json!({
            "name": column.name,
            "type": column.kind,
            "required": column.required,
            "known_with": column.known_with,
        })
    };
    let tables = TableName::ALL.map(|name| {
        let table = name.table();
        let columns: Vec<_> = table.columns.iter().map(column).collect();
        json!({ "name": name, "time": table.time, "customer": table.customer, "columns": columns })
    });
    pretty(&json!({ "tables": tables }))
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Text => "text",
        ColumnType::Number => "number",
        ColumnType::Time => "time",
        ColumnType::Flag => "true or false",
    }
}

/// A kind of target for people.
struct Kind {
    name: &'static str,
    what: &'static str,
    keys: &'static [(&'static str, &'static str)],
    example: &'static str,
}

const WINDOW: [(&str, &str); 3] = [
    ("horizon_days*", "length of the label window [D + gap, D + gap + horizon)"),
    ("gap_days", "days between D and the window (0)"),
    ("active_within_days", "eligible: a qualifying row in [D - n, D); left out: any history before D"),
];

const HORIZONS: (&str, &str) =
    ("horizons", "further horizons, such as [7, 30, 90]: probabilities within each go to horizons.parquet");

const KINDS: [Kind; 5] = [
    Kind {
        name: "inactivity",
        what: "No qualifying row in the label window: churn without a contract.",
        keys: &[
            ("table*", "the table whose rows are the activity"),
            WINDOW[0],
            WINDOW[1],
            WINDOW[2],
            HORIZONS,
            ("kinds, not_kinds", "event kinds that do or do not qualify"),
            ("where", "which rows qualify: SQL over canonical columns"),
        ],
        example: "[target.churn]\nkind = \"inactivity\"\ntable = \"orders\"\nactive_within_days = 180\nhorizon_days = 90\n",
    },
    Kind {
        name: "subscription_end",
        what: "The active period (subscriptions merged over gaps up to the grace) ends in the window and is not resumed.",
        keys: &[
            WINDOW[0],
            WINDOW[1],
            HORIZONS,
            ("grace_days", "a new subscription within so many days is not churn (0)"),
            ("reasons", "only ends for these reasons: voluntary, payment, other"),
        ],
        example: "[target.churn]\nkind = \"subscription_end\"\nhorizon_days = 60\ngrace_days = 14\n",
    },
    Kind {
        name: "event",
        what: "A row of one of the named kinds falls into the label window.",
        keys: &[
            ("kinds*", "event kinds that are the outcome (or `where`)"),
            ("table", "events if left out"),
            WINDOW[0],
            WINDOW[1],
            WINDOW[2],
            HORIZONS,
            ("where", "which rows are the outcome: SQL over canonical columns"),
        ],
        example: "[target.upgrade]\nkind = \"event\"\nkinds = [\"upgrade\"]\nhorizon_days = 30\n",
    },
    Kind {
        name: "advocacy",
        what: "A referral, a promoter answer or a positive public act falls into the label window.",
        keys: &[WINDOW[0], WINDOW[1], WINDOW[2]],
        example: "[target.advocate]\nkind = \"advocacy\"\nhorizon_days = 90\n",
    },
    Kind {
        name: "column",
        what: "The outcome is a column of `customers`: flat data without dates, tested by random folds.",
        keys: &[("column*", "the column"), ("positive*", "the value that means \"yes\"")],
        example: "[target.churn]\nkind = \"column\"\ncolumn = \"Churn\"\npositive = \"Yes\"\n",
    },
];

fn targets_text() -> String {
    let mut text = String::from("Kinds of targets and their keys (* required); any number of [target.NAME].\n");
    for kind in &KINDS {
        let _ = writeln!(text, "\n{}\n  {}", kind.name, kind.what);
        for (key, meaning) in kind.keys {
            let _ = writeln!(text, "  {key:<20}{meaning}");
        }
        kind.example.lines().for_each(|line| {
            let _ = writeln!(text, "      {line}");
        });
    }
    text
}

fn targets_json() -> String {
    let kinds = KINDS.iter().map(|kind| {
        let keys: Vec<_> = kind.keys.iter().map(|(key, meaning)| json!({ "key": key, "meaning": meaning })).collect();
        json!({ "kind": kind.name, "what": kind.what, "keys": keys, "example": kind.example })
    });
    pretty(&json!({ "targets": kinds.collect::<Vec<_>>() }))
}

fn pretty(value: &serde_json::Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default() + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::Project;

    #[test]
    fn every_example_is_a_valid_target() {
        let tables = "[project]\nname = \"x\"\n[tables.orders]\nfiles = [\"a.csv\"]\n[tables.events]\nfiles = [\"a.csv\"]\n\
                      [tables.subscriptions]\nfiles = [\"a.csv\"]\n[tables.customers]\nfiles = [\"a.csv\"]\n";
        for kind in &KINDS {
            let text = format!("{tables}{}", kind.example);
            let project = Project::parse(&text, std::path::Path::new("tidewatch.toml"));
            assert!(project.is_ok(), "{}: {project:?}", kind.name);
        }
    }

    #[test]
    fn the_pages_name_every_table_and_kind() {
        let text = tables_text();
        assert!(TableName::ALL.iter().all(|name| text.contains(&format!("\n{name}\n"))));
        assert!(KINDS.iter().all(|kind| targets_text().contains(&format!("\n{}\n", kind.name))));
    }
}
