//! The command line itself: help that helps, exit codes that are documented, scripts for shells and manuals.

use std::process::{Command, Output};

fn tidewatch(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tidewatch")).args(arguments).output().expect("the binary runs")
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

/// The verbs as the help lists them.
fn verbs(help: &str) -> Vec<String> {
    let listed = help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1);
    let lines =
        listed.take_while(|line| !line.is_empty()).filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    lines.filter_map(|line| line.split_whitespace().next()).filter(|verb| *verb != "help").map(str::to_owned).collect()
}

#[test]
fn every_verb_shows_examples_in_its_help() {
    let verbs = verbs(&stdout(&tidewatch(&["--help"])));
    assert!(verbs.contains(&"list".to_owned()), "{verbs:?}");
    for verb in verbs {
        let help = stdout(&tidewatch(&[&verb, "--help"]));
        assert!(help.contains("Examples:\n  tidewatch "), "`{verb} --help` has no examples:\n{help}");
    }
}

#[test]
fn exit_codes_are_listed_and_append_only() {
    let output = tidewatch(&["list", "exits"]);
    assert_eq!(output.status.code(), Some(0));
    let codes: Vec<u32> =
        stdout(&output).lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(codes, [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 70]);
}

#[test]
fn a_word_it_does_not_know_is_a_usage_error_with_a_suggestion() {
    let output = tidewatch(&["lst"]);
    assert_eq!(output.status.code(), Some(2));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(stderr.contains("list"), "{stderr}");
}

#[test]
fn no_words_at_all_show_the_help() {
    let output = tidewatch(&[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("Usage: tidewatch"));
}

#[test]
fn shells_and_manuals_know_every_verb() {
    let script = stdout(&tidewatch(&["completions", "bash"]));
    let page = stdout(&tidewatch(&["man"]));
    for verb in verbs(&stdout(&tidewatch(&["--help"]))) {
        assert!(script.contains(&verb) && page.contains(&verb), "{verb}");
    }
}
