//! What was typed: arguments in, exit code out. Each verb is one file with its arguments, help and examples; it calls
//! one function of [`crate::ops`] and prints what that returns. Results go to stdout, talk to stderr.

mod backtest;
mod campaign;
mod catalogues;
mod check;
mod completions;
mod explain;
mod export;
mod features;
mod forecast;
mod init;
mod insights;
mod journey;
mod kpi;
mod list;
mod model;
mod render;
mod run;
mod score;
mod session;
mod simulate;
mod targets;
mod train;

use std::ffi::OsString;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use session::{Format, Session};

use crate::error::Exit;
use crate::ops::{Bug, Failure};

/// Nightly churn scores with exact reasons, and every KPI beside them.
#[derive(Debug, Parser)]
#[command(name = "tidewatch", version, max_term_width = 100, subcommand_required = true, arg_required_else_help = true)]
struct Cli {
    #[command(flatten)]
    global: session::Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Run(run::Arguments),
    Train(train::Arguments),
    Backtest(backtest::Arguments),
    Score(score::Arguments),
    Explain(explain::Arguments),
    Targets(targets::Arguments),
    Campaign(Box<campaign::Arguments>),
    Features(features::Features),
    Audit(features::Audit),
    Kpi(kpi::Arguments),
    Forecast(forecast::Arguments),
    Insights(insights::Arguments),
    Journey(journey::Arguments),
    Check(check::Arguments),
    Init(init::Arguments),
    Export(Box<export::Arguments>),
    List(list::Arguments),
    Model(model::Arguments),
    Simulate(simulate::Arguments),
    Completions(completions::Completions),
    Man(completions::Man),
}

impl Command {
    fn run(self, session: &Session) -> Result<(), Failure> {
        match self {
            Self::Run(arguments) => arguments.run(session),
            Self::Train(arguments) => arguments.run(session),
            Self::Backtest(arguments) => arguments.run(session),
            Self::Score(arguments) => arguments.run(session),
            Self::Explain(arguments) => arguments.run(session),
            Self::Targets(arguments) => arguments.run(session),
            Self::Campaign(arguments) => arguments.run(session),
            Self::Features(arguments) => arguments.run(session),
            Self::Audit(arguments) => arguments.run(session),
            Self::Kpi(arguments) => arguments.run(session),
            Self::Forecast(arguments) => arguments.run(session),
            Self::Insights(arguments) => arguments.run(session),
            Self::Journey(arguments) => arguments.run(session),
            Self::Check(arguments) => arguments.run(session),
            Self::Init(arguments) => arguments.run(session),
            Self::Export(arguments) => arguments.run(session),
            Self::List(arguments) => arguments.run(session),
            Self::Model(arguments) => arguments.run(session),
            Self::Simulate(arguments) => arguments.run(session),
            Self::Completions(arguments) => arguments.run(session),
            Self::Man(_) => completions::man(session),
        }
    }
}

/// Runs the program on `arguments` (the first is its name) and returns the process's exit code.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let exit = match Cli::try_parse_from(arguments) {
        Ok(cli) => run(cli),
        Err(error) => usage(&error),
    };
    ExitCode::from(exit.code())
}

fn run(cli: Cli) -> Exit {
    let session = match Session::new(cli.global) {
        Ok(session) => session,
        Err(failure) => return render::failure(&failure),
    };
    match guarded(|| cli.command.run(&session), &session) {
        Ok(()) => Exit::Done,
        Err(failure) => render::failure(&failure),
    }
}

/// Runs a verb so that a panic, ours or a library's, ends as a documented failure that names the stage.
fn guarded(verb: impl FnOnce() -> Result<(), Failure>, session: &Session) -> Result<(), Failure> {
    std::panic::set_hook(Box::new(|_| {}));
    catch_unwind(AssertUnwindSafe(verb)).unwrap_or_else(|panic| {
        let text = panic.downcast_ref::<String>().map(String::as_str);
        let message = text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no message").to_owned();
        Err(Bug { stage: session.progress.current(), message }.into())
    })
}

fn usage(error: &clap::Error) -> Exit {
    // Help and version are answers, not mistakes; when even printing fails there is nobody left to tell.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Done }
}
