//! `list`: the catalogues, each entry's own documentation.

use std::fmt::Write as _;

use clap::{Args, Subcommand};

use super::Session;
use crate::error::Exit;
use crate::ops::Failure;

/// Show a catalogue: what can be computed, predicted, returned
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewatch list exits")]
pub struct Arguments {
    #[command(subcommand)]
    catalogue: Catalogue,
}

#[derive(Debug, Subcommand)]
enum Catalogue {
    /// Exit codes and what they mean
    Exits,
}

impl Arguments {
    /// Prints the catalogue.
    ///
    /// # Errors
    /// None: catalogues are part of the program.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        match self.catalogue {
            Catalogue::Exits => session.print(&exits()),
        }
        Ok(())
    }
}

fn exits() -> String {
    Exit::ALL.iter().fold(String::new(), |mut text, exit| {
        let _ = writeln!(text, "{:>3}  {}", exit.code(), exit.meaning());
        text
    })
}
