//! The JSON schema of `tidewatch.toml`, made from the types: for editors that complete and check while one writes.

use super::Project;

/// The schema, pretty-printed, with a line end.
#[must_use]
pub fn schema() -> String {
    let schema = schemars::schema_for!(Project);
    let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
    text + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_committed_schema_is_the_one_the_types_make() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/schema/tidewatch.schema.json");
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        let hint = "write it anew: tidewatch list schema > models/schema/tidewatch.schema.json";
        assert!(committed == schema(), "{path} differs from the types; {hint}");
    }
}
