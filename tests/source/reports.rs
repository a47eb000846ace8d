//! What `check` tells about the public sets, and the catalogues.

use insta::assert_snapshot;

use super::public_sets::project_copy;

fn check(name: &str) -> Option<String> {
    let folder = project_copy(name)?;
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_tidewatch"))
        .args(["check", "--project"])
        .arg(folder.path())
        .output()
        .expect("the binary runs");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let shared = super::public_sets::shared_data()?;
    Some(String::from_utf8_lossy(&output.stdout).replace(&*shared.to_string_lossy(), "[shared]"))
}

#[test]
fn ravenstack_is_told_its_quirks() {
    let Some(report) = check("ravenstack_saas") else { return };
    assert_snapshot!("ravenstack", report);
}

#[test]
fn cdnow_keeps_the_contract() {
    let Some(report) = check("cdnow") else { return };
    assert_snapshot!("cdnow", report);
}
