//! The `tidewatch` binary: hands the arguments to the library and returns its exit code.

use std::process::ExitCode;

fn main() -> ExitCode {
    tidewatch::cli::main(std::env::args_os())
}
