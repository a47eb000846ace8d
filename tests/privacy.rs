//! Failures name rows by place, never by what customers wrote or what they are called.

use crate::fixture::{Project, SHOP};

const PRIVATE: [&str; 4] = ["jane.doe@example.com", "+49 171 5550100", "I want a divorce", "s3cr3t-t0ken"];

fn assert_discreet(text: &str) {
    for private in PRIVATE {
        assert!(!text.contains(private), "`{private}` leaked:\n{text}");
    }
}

#[test]
fn a_broken_row_does_not_print_its_neighbours() {
    let project_file = SHOP.to_owned()
        + "\n[tables.customers]\nfiles = [\"customers.csv\"]\ncolumns = { customer = \"id\", signup_at = \"joined\" }\nstatic = [\"email\"]\n"
        + "\n[tables.tickets]\nfiles = [\"tickets.csv\"]\n"
        + "columns = { customer = \"id\", opened_at = \"opened\", text = \"text\" }\n";
    let project = Project::new(&project_file);
    project.write("orders.csv", "customer,date,amount\nc1,2024-05-01,oops\n");
    project.write("customers.csv", "id,joined,email,phone\nc1,not-a-date,jane.doe@example.com,+49 171 5550100\n");
    project.write("tickets.csv", "id,opened,text\nc1,31/31/2024,I want a divorce\n");
    for verb in ["check", "run", "train", "kpi"] {
        let answer = project.answer(&[verb]);
        assert_ne!(answer.code, Some(0), "{verb}");
        assert_discreet(&answer.stderr);
        assert_discreet(&answer.stdout);
    }
}

#[test]
fn a_row_that_cannot_be_divided_is_named_by_its_form() {
    let project = Project::shop();
    project
        .write("orders.csv", "customer,date,amount,email\nc1,2024-05-01,5,a@b.c\nc2,2024-05-02,jane.doe@example.com\n");
    let answer = project.answer(&["run"]);
    assert_eq!(answer.code, Some(5), "{}", answer.stderr);
    assert!(answer.stderr.contains("orders.csv:3: 3 fields"), "{}", answer.stderr);
    assert_discreet(&answer.stderr);
}

#[test]
fn secrets_of_the_environment_reach_no_file() {
    let project = Project::shop();
    let output = crate::fixture::tidewatch()
        .env("DATABASE_PASSWORD", "s3cr3t-t0ken")
        .args(["run", "--project"])
        .arg(project.path())
        .output()
        .expect("the binary runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    for file in crate::fixture::files(project.path()) {
        let bytes = std::fs::read(project.path().join(&file)).expect("a readable file");
        assert!(!bytes.windows(12).any(|window| window == b"s3cr3t-t0ken"), "{}", file.display());
    }
}
