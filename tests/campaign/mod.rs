//! Campaigns through the binary: numbers against other implementations, refusals, independence of order and threads.

mod always_valid;
mod coverage;
mod evaluate;
mod export;
mod profit;
mod published;
mod units;
mod whole_loop;
mod worlds;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use polars::prelude::*;
use serde_json::Value;

/// Runs the program.
pub fn tidewatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidewatch")).args(arguments).output().expect("the program starts")
}

/// A file beside the expected values.
pub fn expected(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expected/campaign").join(name)
}

/// A JSON file.
pub fn json(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).expect("a file");
    serde_json::from_str(&text).expect("JSON")
}

/// A public data set, if it is there.
#[expect(clippy::disallowed_methods, reason = "tests may be told by the environment where the public sets are")]
pub fn shared(name: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data");
    let root = std::env::var_os("TIDEWATCH_SHARED_DATA").map_or(beside, PathBuf::from);
    Some(root.join(name)).filter(|path| path.exists())
}

/// One row of `effects.parquet` by arm, outcome and method, of the whole.
pub struct Effects(DataFrame);

impl Effects {
    /// Reads the file.
    pub fn read(folder: &Path) -> Self {
        let file = std::fs::File::open(folder.join("effects.parquet")).expect("effects");
        Self(ParquetReader::new(file).finish().expect("parquet"))
    }

    /// A number of the row with this outcome and method, of the whole.
    pub fn number(&self, outcome: &str, method: &str, column: &str) -> f64 {
        self.find(&[("outcome", Some(outcome)), ("method", Some(method)), ("segment", None)], column)
    }

    /// A number of the row with this outcome and method, of one level of a segment.
    pub fn of_segment(&self, outcome: &str, method: &str, segment: &str, level: &str, column: &str) -> f64 {
        let segment = [("segment", Some(segment)), ("segment_value", Some(level))];
        self.find(&[&[("outcome", Some(outcome)), ("method", Some(method))], &segment[..]].concat(), column)
    }

    /// A number of the row with this arm, outcome and method, of the whole.
    pub fn of_arm(&self, arm: &str, outcome: &str, method: &str, column: &str) -> f64 {
        let row = [("arm", Some(arm)), ("outcome", Some(outcome)), ("method", Some(method)), ("segment", None)];
        self.find(&row, column)
    }

    fn find(&self, row: &[(&str, Option<&str>)], column: &str) -> f64 {
        let text = |name: &str| self.0.column(name).expect("a column").str().expect("text").clone();
        let keys: Vec<(StringChunked, Option<&str>)> = row.iter().map(|(name, wanted)| (text(name), *wanted)).collect();
        let is_it = |at: &usize| keys.iter().all(|(key, wanted)| key.get(*at) == *wanted);
        let row = (0..self.0.height()).find(is_it).expect("a row of that outcome and method");
        let values = self.0.column(column).expect("a column").cast(&DataType::Float64).expect("numbers");
        values.f64().expect("numbers").get(row).unwrap_or(f64::NAN)
    }

    /// Outcomes that have rows.
    pub fn outcomes(&self) -> Vec<String> {
        let outcomes = self.0.column("outcome").expect("a column").str().expect("text").clone();
        outcomes.iter().flatten().map(str::to_owned).collect()
    }

    /// Methods of the rows to quote.
    pub fn primary(&self) -> Vec<String> {
        let primary = self.0.column("primary").expect("a column").bool().expect("flags").clone();
        let methods = self.0.column("method").expect("a column").str().expect("text").clone();
        let rows = primary.iter().zip(methods.iter()).filter(|(primary, _)| *primary == Some(true));
        rows.filter_map(|(_, method)| method.map(str::to_owned)).collect()
    }
}

/// Asserts a relative difference of at most `tolerance`.
pub fn close(found: f64, expected: &Value, tolerance: f64, what: &str) {
    let expected = expected.as_f64().expect("a number");
    let difference = (found - expected).abs() / expected.abs().max(1e-300);
    assert!(difference <= tolerance, "{what}: {found} is not {expected} (relative difference {difference:e})");
}
