//! A project folder for one test, and what the program says about it.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

/// A folder that is removed when dropped.
pub struct Folder(TempDir);

impl Folder {
    /// A folder with these files, `tidewatch.toml` among them.
    pub fn with(files: &[(&str, &[u8])]) -> Self {
        let folder = Self(tempfile::tempdir().expect("a temporary folder"));
        for (name, content) in files {
            std::fs::write(folder.path().join(name), content).expect("written");
        }
        folder
    }

    /// A folder whose `orders` come from `orders.csv` with the columns customer, at, amount.
    pub fn orders(orders: &[u8]) -> Self {
        Self::with(&[("tidewatch.toml", ORDERS.as_bytes()), ("orders.csv", orders)])
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Exit code, stdout and stderr of a verb, the folder's path hidden.
    pub fn says(&self, arguments: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_tidewatch"))
            .args(arguments)
            .arg("--project")
            .arg(self.path())
            .output()
            .expect("the binary runs");
        let mut text = format!("exit {}\n", output.status.code().unwrap_or(-1));
        for (name, bytes) in [("stdout", output.stdout), ("stderr", output.stderr)] {
            let said = String::from_utf8_lossy(&bytes).replace(&*self.path().to_string_lossy(), "[folder]");
            if !said.is_empty() {
                let _ = write!(text, "--- {name}\n{said}");
            }
        }
        text
    }

    /// What `check` says.
    pub fn check(&self) -> String {
        self.says(&["check"])
    }
}

/// The smallest project with a table.
pub const ORDERS: &str =
    "[project]\nname = \"shop\"\nas_of = \"2025-01-10\"\n\n[tables.orders]\nfiles = [\"orders.csv\"]\n";
