//! `model`: list, show, promote, rollback, diff, export.

use std::fmt::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use serde_json::json;

use super::{Format, Session};
use crate::ops::{self, Failure};
use crate::registry::{Difference, Pair};
use crate::report::{Align, Cell, Table};

/// Look at model versions, compare them, choose the one that scores
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch model list\n  tidewatch model show current\n  tidewatch model promote 2025-06-01-0a1b2c3d\n  tidewatch model diff 2025-05 2025-06\n  tidewatch model export current --as sql > score.sql"
)]
pub struct Arguments {
    /// Only this target; needed where a name fits versions of several
    #[arg(long, global = true, value_name = "NAME")]
    target: Option<String>,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// All versions, and which one scores
    List,
    /// A version's card: what it is and how good it is
    Show {
        /// Version, the beginning of its name, or `current`
        version: String,
    },
    /// Make a version the one that scores
    Promote {
        /// Version, or the beginning of its name
        version: String,
    },
    /// Withdraw the current version; the one promoted before scores again
    Rollback,
    /// Compare two versions: metrics, features, coefficients
    Diff {
        /// First version
        first: String,
        /// Second version
        second: String,
    },
    /// Write a version for other engines or for people
    Export {
        /// Version, the beginning of its name, or `current`
        version: String,
        /// What it is written as; `--format` sql, pmml or json mean the same
        #[arg(long = "as", value_enum, default_value_t = Kind::Sql)]
        kind: Kind,
        /// File to write; stdout if left out
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// A query over the table `features`
    Sql,
    /// The artefact
    Json,
    /// PMML 4.4
    Pmml,
    /// Points to add up by hand
    Scorecard,
}
