//! `list`: the catalogues, each entry's own documentation.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::{Format, Session, catalogues};
use crate::error::Exit;
use crate::ops::{self, Failure};
use crate::{feature, kpi};

/// Show a catalogue: what can be computed, predicted, returned
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch list exits\n  tidewatch list tables\n  tidewatch list targets --format json\n  tidewatch list kpis retention_rate"
)]
pub struct Arguments {
    #[command(subcommand)]
    catalogue: Catalogue,
}

#[derive(Debug, Subcommand)]
enum Catalogue {
    /// Exit codes and what they mean
    Exits,
    /// Features: shipped, those of the project, and the kinds they are made of
    Features(Features),
    /// Canonical tables and their columns
    Tables,
    /// Kinds of targets and their keys
    Targets,
    /// JSON schema of tidewatch.toml, for editors
    Schema,
    /// KPIs: all of them, or the page of one
    Kpis(Kpis),
}

#[derive(Debug, Args)]
struct Kpis {
    /// Show this one's page: what, formula, inputs, edge cases, how it misleads
    name: Option<String>,
    /// Print the reference of all pages
    #[arg(long, conflicts_with = "name")]
    reference: bool,
}

impl Arguments {
    /// Prints the catalogue.
    ///
    /// # Errors
    /// A name the catalogue does not have.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        match self.catalogue {
            Catalogue::Exits => session.print(&exits()),
            Catalogue::Features(features) => session.print(&features.text(session)?),
            Catalogue::Tables => catalogues::tables(session),
            Catalogue::Targets => catalogues::targets(session),
            Catalogue::Schema => session.print(&crate::project::schema()),
            Catalogue::Kpis(kpis) => session.print(&kpis.text()?),
        }
        Ok(())
    }
}

#[derive(Debug, Args)]
struct Features {
    /// Show the kinds that features are made of
    #[arg(long)]
    kinds: bool,
}

impl Features {
    fn text(&self, session: &Session) -> Result<String, Failure> {
        if self.kinds {
            let row = |(name, text): (&str, &str)| format!("{name:<16} {text}\n");
            return Ok(feature::kind_documentation().map(row).collect());
        }
        let listed = ops::list_features(&session.project_dir)?;
        Ok(match session.format {
            Format::Json => format!("{:#}\n", listed.json()),
            Format::Markdown => listed.markdown(),
            Format::Csv => listed.csv(),
            _ => listed.text(),
        })
    }
}

impl Kpis {
    fn text(self) -> Result<String, Failure> {
        match self.name {
            Some(name) => Ok(kpi::catalogue::named(&name)?.page()),
            None if self.reference => Ok(kpi::reference::reference()),
            None => Ok(kpi::reference::list()),
        }
    }
}

fn exits() -> String {
    Exit::ALL.iter().fold(String::new(), |mut text, exit| {
        let _ = writeln!(text, "{:>3}  {}", exit.code(), exit.meaning());
        text
    })
}
