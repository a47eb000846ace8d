//! `completions` and `man`: what shells and manuals need, made from the same declarations as the help.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Session};
use crate::ops::Failure;

/// Print a shell's completion script
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewatch completions bash > ~/.local/share/bash-completion/completions/tidewatch
  tidewatch completions zsh > ~/.zfunc/_tidewatch")]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Print the manual page (roff)
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  tidewatch man > /usr/local/share/man/man1/tidewatch.1\n  tidewatch man | man -l -"
)]
pub struct Man {}

impl Completions {
    /// Prints the script.
    ///
    /// # Errors
    /// None: it is made in memory.
    pub fn run(self, session: &Session) -> Result<(), Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "tidewatch", &mut script);
        session.print(&String::from_utf8_lossy(&script));
        Ok(())
    }
}

/// Prints the manual page: the program, then every verb.
///
/// # Errors
/// None: it is made in memory.
pub fn man(session: &Session) -> Result<(), Failure> {
    let mut page = Vec::new();
    let mut command = Cli::command();
    command.build();
    // Writing to memory does not fail.
    let _ = clap_mangen::Man::new(command.clone()).render(&mut page);
    for verb in command.get_subcommands().filter(|verb| !verb.is_hide_set()) {
        let name = verb.get_display_name().unwrap_or_else(|| verb.get_name()).to_owned();
        let _ = clap_mangen::Man::new(verb.clone().name(name)).render(&mut page);
    }
    session.print(&String::from_utf8_lossy(&page));
    Ok(())
}
