//! `run.json`: what a run was made of and what it left. Byte-stable: equal inputs give equal manifests.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::time::Day;

/// Format version of a run folder; readers accept this one.
pub const RUN_FORMAT: u32 = 1;

/// The manifest of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this format: [`RUN_FORMAT`].
    pub format: u32,
    /// The night that was scored.
    pub as_of: Day,
    /// Version of the engine.
    pub engine: String,
    /// The project's name.
    pub project: String,
    /// blake3 of the project file, in hex.
    pub project_hash: String,
    /// Files read: path, bytes, rows, blake3.
    pub inputs: Vec<Value>,
    /// Hash of each feature's definition, by name.
    pub feature_definitions: serde_json::Map<String, Value>,
    /// Hash of each target's definition, by name.
    pub label_definitions: serde_json::Map<String, Value>,
    /// The model version that scored each target, or null.
    pub models: serde_json::Map<String, Value>,
    /// Rows after each stage.
    pub rows: serde_json::Map<String, Value>,
    /// Gates and their verdicts.
    pub gates: Vec<GateVerdict>,
    /// Files written: path, rows, blake3; `timing.json` and this file are not listed.
    pub outputs: Vec<Output>,
    /// What people should look at.
    pub warnings: Vec<String>,
}

/// What a gate said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GateVerdict {
    /// The target.
    pub target: String,
    /// The gate: `train`, `score`, ...
    pub gate: String,
    /// `passed`, `refused` or `skipped`.
    pub verdict: String,
    /// Why.
    pub reason: String,
}

/// A file of the run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Output {
    /// Name inside the run's folder.
    pub path: String,
    /// Data rows, where the file has rows.
    pub rows: Option<u64>,
    /// blake3 of the bytes, in hex.
    pub blake3: String,
}
