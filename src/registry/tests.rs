//! Tests of the registry on a temporary project.

use super::*;
use crate::error::{Exit, Explain};

fn contents(model: &str) -> Contents<'_> {
    Contents { model: model.as_bytes(), evaluation: b"{}", card: "# card\n" }
}

fn day(text: &str) -> Day {
    text.parse().expect("a date")
}

fn with_versions(models: &[(&str, &str)]) -> (tempfile::TempDir, Registry, Vec<Version>) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let registry = Registry::open(folder.path());
    let register = |(date, model): &(&str, &str)| {
        registry.register_bytes("churn", &contents(model), day(date)).expect("registers")
    };
    let versions = models.iter().map(register).collect();
    (folder, registry, versions)
}

#[test]
fn equal_models_are_one_version_and_unequal_ones_two() {
    let (_folder, registry, versions) = with_versions(&[("2025-06-01", "a"), ("2025-06-01", "a"), ("2025-06-01", "b")]);
    assert_eq!(versions[0], versions[1]);
    assert_eq!(versions[0].name(), "2025-06-01-17762fdd");
    assert_eq!(registry.versions("churn").expect("lists").len(), 2);
}

#[test]
fn an_edited_model_is_refused() {
    let (_folder, registry, versions) = with_versions(&[("2025-06-01", "a")]);
    std::fs::write(registry.path("churn", &versions[0], MODEL_FILE).expect("a path"), "b").expect("writes");
    let error = registry.promote("churn", &versions[0]).expect_err("the model was edited");
    assert_eq!(error.exit(), Exit::Incompatible);
}

#[test]
fn rollback_goes_back_one_promotion_and_sticks() {
    let (_folder, registry, versions) = with_versions(&[("2025-06-01", "a"), ("2025-07-01", "b")]);
    assert_eq!(registry.rollback("churn").expect_err("nothing yet").exit(), Exit::NoModel);
    for version in &versions {
        assert!(registry.admit("churn", version).expect("admits"));
    }
    let (withdrawn, standing) = registry.rollback("churn").expect("rolls back");
    assert_eq!((withdrawn, standing), (versions[1].clone(), versions[0].clone()));
    assert!(!registry.admit("churn", &versions[1]).expect("answers"), "a rerun must not undo a rollback");
    assert_eq!(registry.pointer("churn").expect("reads").current(), Some(&versions[0]));
    registry.promote("churn", &versions[1]).expect("promotes");
    assert_eq!(registry.pointer("churn").expect("reads").state(&versions[1]), State::Current);
}

#[test]
fn a_model_of_a_past_night_does_not_displace_a_newer_one() {
    let (_folder, registry, versions) = with_versions(&[("2025-07-01", "b"), ("2025-06-01", "a")]);
    for version in &versions {
        registry.admit("churn", version).expect("admits");
    }
    assert_eq!(registry.pointer("churn").expect("reads").current(), Some(&versions[0]));
    registry.promote("churn", &versions[1]).expect("promotes");
    assert_eq!(registry.pointer("churn").expect("reads").current(), Some(&versions[1]));
}

#[test]
fn a_version_is_found_by_the_beginning_of_its_name() {
    let (_folder, registry, versions) = with_versions(&[("2025-06-01", "a"), ("2025-07-01", "b")]);
    assert_eq!(registry.find(None, "2025-07").expect("finds").1, versions[1]);
    assert_eq!(registry.find(None, "2025").expect_err("two").exit(), Exit::Usage);
    assert_eq!(registry.find(None, "current").expect_err("none").exit(), Exit::NoModel);
}

#[test]
fn a_pointer_of_a_newer_format_is_refused() {
    let (_folder, registry, _) = with_versions(&[("2025-06-01", "a")]);
    let path = registry.target_folder("churn").expect("a path").join("current");
    std::fs::write(path, r#"{"format": 2, "readable_by": 2}"#).expect("writes");
    assert_eq!(registry.pointer("churn").expect_err("newer").exit(), Exit::Incompatible);
}

#[test]
fn a_target_cannot_leave_its_folder() {
    let (_folder, registry, _) = with_versions(&[]);
    let error = registry.register_bytes("../x", &contents("a"), day("2025-06-01")).expect_err("refused");
    assert_eq!(error.exit(), Exit::Project);
}

#[test]
fn leftovers_of_a_killed_registration_are_replaced() {
    let (folder, registry, versions) = with_versions(&[("2025-06-01", "a")]);
    let home = folder.path().join("models/churn").join(versions[0].name());
    let staging = home.with_file_name(format!(".staging-{}", versions[0].name()));
    std::fs::rename(&home, &staging).expect("renames");
    std::fs::write(staging.join("half"), "x").expect("writes");
    registry.register_bytes("churn", &contents("a"), day("2025-06-01")).expect("registers");
    assert!(home.join(MODEL_FILE).is_file() && !home.join("half").exists() && !staging.exists());
}

#[test]
fn a_past_night_is_scored_by_the_newest_model_that_could_have_existed() {
    let old = r#"{"as_of": "2025-06-01", "last_label_end": "2025-06-01"}"#;
    let new = r#"{"as_of": "2025-07-01", "last_label_end": "2025-06-28"}"#;
    let (_folder, registry, versions) = with_versions(&[("2025-06-01", old), ("2025-07-01", new)]);
    let standing = |night: &str| registry.standing_version("churn", day(night));
    assert_eq!(standing("2025-07-01").expect("answers"), None, "nothing is promoted yet");
    for version in &versions {
        registry.admit("churn", version).expect("admits");
    }
    assert_eq!(standing("2025-06-28").expect("answers").as_ref(), Some(&versions[1]));
    assert_eq!(standing("2025-06-27").expect("answers").as_ref(), Some(&versions[0]));
    assert_eq!(standing("2025-05-31").expect("answers"), None);
    let error = registry.absence("churn", day("2025-05-31"));
    assert_eq!(error.exit(), Exit::NoModel);
    assert!(error.expectation().expect("says when").contains("2025-06-01"));
}
