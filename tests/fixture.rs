//! What several topics share: small projects in temporary folders, and the binary run on them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A project in a folder of its own.
pub struct Project {
    folder: TempDir,
}

/// What a verb answered; the project's folder reads `<project>`.
#[derive(Debug)]
pub struct Answer {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

/// The project file of [`Project::shop`].
pub const SHOP: &str = r#"[project]
name = "shop"
as_of = "2025-01-01"

[tables.orders]
files = ["orders.csv"]
columns = { customer = "customer", at = "date", amount = "amount" }

[target.churn]
kind = "inactivity"
table = "orders"
active_within_days = 120
horizon_days = 60
"#;

impl Project {
    /// A folder with that project file.
    pub fn new(project_file: &str) -> Self {
        let project = Self { folder: tempfile::tempdir().expect("a temporary folder") };
        project.write("tidewatch.toml", project_file);
        project
    }

    /// A shop of two hundred customers and a year and a half of orders, good in every way.
    pub fn shop() -> Self {
        let project = Self::new(SHOP);
        project.write("orders.csv", orders(200));
        project
    }

    /// A simulated project with every table, as csv.
    pub fn simulated(customers: u32, months: u32, seed: u32) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let (customers, months, seed) = (customers.to_string(), months.to_string(), seed.to_string());
        let sizes = ["simulate", "--customers", &customers, "--months", &months, "--seed", &seed, "--out"];
        let status = tidewatch().args(sizes).arg(folder.path()).stdout(Stdio::null()).status();
        assert!(status.expect("the binary runs").success());
        Self { folder }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file of the project.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.path().join(name), content).expect("a writable folder");
    }

    /// Reads a file of the project.
    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.path().join(name)).expect("a readable file")
    }

    /// Runs a verb on the project.
    pub fn answer(&self, arguments: &[&str]) -> Answer {
        let output = tidewatch().args(arguments).arg("--project").arg(self.path()).output().expect("the binary runs");
        let plain =
            |bytes: &[u8]| String::from_utf8_lossy(bytes).replace(&self.path().display().to_string(), "<project>");
        Answer { code: output.status.code(), stdout: plain(&output.stdout), stderr: plain(&output.stderr) }
    }

    /// Runs a verb that must succeed.
    pub fn succeed(&self, arguments: &[&str]) -> Answer {
        let answer = self.answer(arguments);
        assert_eq!(answer.code, Some(0), "{arguments:?}: {}", answer.stderr);
        answer
    }
}

/// The binary, untouched by the caller's environment.
pub fn tidewatch() -> Command {
    Command::new(env!("CARGO_BIN_EXE_tidewatch"))
}

/// All files below a folder, relative, sorted.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(next) = open.pop() {
        for entry in fs::read_dir(&next).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.push(path.strip_prefix(folder).expect("below the folder").to_owned());
            }
        }
    }
    found.sort();
    found
}

/// Orders of so many customers between 2023-07-01 and 2025-01-01: each buys at his own pace, a third stop one day.
pub fn orders(customers: u64) -> String {
    let mut text = "customer,date,amount\n".to_owned();
    for customer in 0..customers {
        let mut luck = customer.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
        let mut draw = |below: u64| {
            luck ^= luck << 13;
            luck ^= luck >> 7;
            luck ^= luck << 17;
            luck % below
        };
        let pace = 5 + draw(40);
        let end = if draw(3) == 0 { 120 + draw(430) } else { 550 };
        let mut day = draw(120);
        while day < end.min(550) {
            let date: jiff::civil::Date = jiff::civil::date(2023, 7, 1)
                .saturating_add(jiff::Span::new().days(i64::try_from(day).expect("a small number")));
            let _ = writeln!(text, "c{customer:03},{date},{}.50", 5 + draw(90));
            day += 1 + draw(2 * pace);
        }
    }
    text
}
