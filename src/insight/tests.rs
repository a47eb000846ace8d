//! Insights on hand-made tables whose truth is known.

use std::sync::Arc;

use polars::prelude::*;
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Check, Insight, InsightTable, Panel, compute_on, cutoffs, questions};
use crate::contract::{Attribute, Checked, CheckedTable};
use crate::feature::{CustomerIndex, FeatureBlock, FeatureColumn, FeatureFrame, FeatureInfo};
use crate::label::{LabelBlock, Labels, Outcome};
use crate::project::Project;
use crate::tables::TableName;
use crate::time::Day;

const AS_OF: i32 = 20_000;
const CUSTOMERS: usize = 6_000;
const PROJECT: &str = r#"
[project]
name = "hand-made"
segments = ["region"]
[target.churn]
kind = "inactivity"
table = "orders"
horizon_days = 60
[behaviour.chat]
table = "events"
kinds = ["chat"]
within_days = 30
description = "used the chat"
[behaviour.visit]
table = "events"
kinds = ["visit"]
at_least = 2
[behaviour.first_ticket_unresolved]
table = "tickets"
first = true
where = "NOT first_contact_resolved"
description = "whose first ticket was not resolved on first contact"
[behaviour.no_chat]
table = "events"
kinds = ["chat"]
within_days = 30
at_most = 0
[behaviour.never_done]
table = "events"
kinds = ["nothing of the kind"]
"#;

fn table(name: TableName, columns: &[&str], frame: DataFrame) -> CheckedTable {
    let times = name.table().columns.iter().filter(|column| columns.contains(&column.name));
    let days = times.filter(|column| column.kind == crate::tables::ColumnType::Time).map(|column| {
        let day = col(column.name).cast(DataType::Int32).cast(DataType::Date).alias(format!("{}_day", column.name));
        (
            day,
            (col(column.name) * lit(86_400_000_000_i64))
                .cast(DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC))),
        )
    });
    let (days, times): (Vec<Expr>, Vec<Expr>) = days.unzip();
    let rows = frame.height() as u64;
    CheckedTable {
        name,
        frame: frame.lazy().with_columns(days).with_columns(times),
        columns: columns.iter().map(|column| (*column).to_owned()).collect(),
        attributes: Vec::new(),
        rows,
        quarantined: 0,
        span: None,
        newest: None,
        covered_until: Some(Day::from_epoch_days(AS_OF)),
        files: Vec::new(),
    }
}

/// A world in which chat makes leaving three times as likely (10 % → 30 %), an unresolved first ticket doubles it, and
/// visits mean nothing. In the north everybody chats more and leaves more, so that the crude ratio would mislead.
struct World {
    project: Project,
    checked: Checked,
    features: FeatureFrame,
    labels: Vec<Labels>,
    since: Vec<i32>,
}

#[derive(Default)]
struct Rows {
    events: Vec<(String, i64, &'static str)>,
    tickets: Vec<(String, i64, bool)>,
    orders: Vec<(String, i64, f64)>,
    regions: Vec<&'static str>,
}

fn world(seed: u64, shuffle: bool, future: bool) -> World {
    let rng = &mut ChaCha8Rng::seed_from_u64(seed);
    let ids: Vec<String> = (0..CUSTOMERS).map(|number| format!("c{number:05}")).collect();
    let slices = [i64::from(AS_OF) - 120, i64::from(AS_OF) - 60];
    let mut rows = Rows {
        regions: (0..CUSTOMERS).map(|n| if n % 3 == 0 { "north" } else { "south" }).collect(),
        ..Rows::default()
    };
    let mut flags = vec![Vec::new(), Vec::new()];
    for (number, id) in ids.iter().enumerate() {
        let is_north = number % 3 == 0;
        let unresolved = rng.random_bool(0.4);
        if number % 2 == 0 {
            rows.tickets.push((id.clone(), slices[0] - 50, unresolved));
            rows.tickets.push((id.clone(), slices[0] - 20, !unresolved));
        }
        for (slice, flags) in slices.iter().zip(&mut flags) {
            let chats = rng.random_bool(if is_north { 0.6 } else { 0.2 });
            let visits = rng.random_bool(0.5);
            if chats {
                rows.events.push((id.clone(), slice - 10, "chat"));
            }
            rows.events.extend((0..if visits { 2 } else { 1 }).map(|day| (id.clone(), slice - 1 - day, "visit")));
            let base = if is_north { 0.2 } else { 0.1 };
            let leaves = rng.random_bool(
                base * if chats { 2.0 } else { 1.0 } * if unresolved && number % 2 == 0 { 2.0 } else { 1.0 },
            );
            flags.push(if leaves { Outcome::Yes } else { Outcome::No });
            rows.orders.push((id.clone(), slice + 5, if visits { 20.0 } else { 10.0 } * (1.0 + rng.random::<f64>())));
        }
        if future {
            rows.events.extend((0..3).map(|day| (id.clone(), i64::from(AS_OF) + day, "chat")));
        }
    }
    if shuffle {
        rows.events.shuffle(rng);
        rows.tickets.shuffle(rng);
        rows.orders.shuffle(rng);
    }
    assemble(&ids, &rows, &flags, slices)
}

fn assemble(ids: &[String], rows: &Rows, flags: &[Vec<Outcome>], slices: [i64; 2]) -> World {
    let text = |texts: Vec<&str>| texts.into_iter().map(str::to_owned).collect::<Vec<String>>();
    let events = df!(
        "customer" => text(rows.events.iter().map(|row| row.0.as_str()).collect()),
        "at" => rows.events.iter().map(|row| row.1).collect::<Vec<i64>>(),
        "kind" => text(rows.events.iter().map(|row| row.2).collect()),
    );
    let tickets = df!(
        "customer" => text(rows.tickets.iter().map(|row| row.0.as_str()).collect()),
        "opened_at" => rows.tickets.iter().map(|row| row.1).collect::<Vec<i64>>(),
        "resolved_at" => rows.tickets.iter().map(|row| row.1 + 1).collect::<Vec<i64>>(),
        "first_contact_resolved" => rows.tickets.iter().map(|row| !row.2).collect::<Vec<bool>>(),
    );
    let orders = df!(
        "customer" => text(rows.orders.iter().map(|row| row.0.as_str()).collect()),
        "at" => rows.orders.iter().map(|row| row.1).collect::<Vec<i64>>(),
        "amount" => rows.orders.iter().map(|row| row.2).collect::<Vec<f64>>(),
    );
    let customers = df!("customer" => ids.to_vec(), "region" => text(rows.regions.clone()));
    let mut people = table(TableName::Customers, &["customer"], customers.expect("one length"));
    people.attributes = vec![Attribute { name: "region".into(), numeric: false, usable: true }];
    let tables = [
        table(TableName::Events, &["customer", "at", "kind"], events.expect("one length")),
        table(
            TableName::Tickets,
            &["customer", "opened_at", "resolved_at", "first_contact_resolved"],
            tickets.expect("one length"),
        ),
        table(TableName::Orders, &["customer", "at", "amount"], orders.expect("one length")),
        people,
    ];
    let checked = Checked {
        tables: tables.into_iter().map(|table| (table.name, table)).collect(),
        inputs: vec![],
        findings: vec![],
    };
    let index = Arc::new(CustomerIndex { ids: ids.to_vec() });
    let days = slices.map(|slice| Day::from_epoch_days(i32::try_from(slice).expect("a day")));
    World {
        project: toml::from_str(PROJECT).expect("a project"),
        checked,
        features: features(&index, &days),
        labels: vec![Labels {
            target: "churn".into(),
            blocks: days.iter().zip(flags).map(|(day, flags)| labels(*day, flags)).collect(),
        }],
        since: (0..CUSTOMERS).map(|number| AS_OF - 200 - i32::try_from(number % 400).expect("small")).collect(),
    }
}

fn features(index: &Arc<CustomerIndex>, days: &[Day]) -> FeatureFrame {
    let customers: Vec<u32> = (0..CUSTOMERS).map(|number| u32::try_from(number).expect("small")).collect();
    let noise = |day: &Day| {
        (0..CUSTOMERS).map(|number| ((number * 7919 + day.epoch_days().unsigned_abs() as usize) % 101) as f64).collect()
    };
    let block = |day: &Day| FeatureBlock {
        as_of: *day,
        customer: customers.clone(),
        columns: vec![FeatureColumn::Number(noise(day))],
    };
    let info = FeatureInfo {
        name: "noise".into(),
        family: "noise".into(),
        unit: "count".into(),
        why: String::new(),
        definition: String::new(),
        sources: Vec::new(),
    };
    FeatureFrame { customers: Arc::clone(index), features: vec![info], blocks: days.iter().map(block).collect() }
}

fn labels(as_of: Day, outcome: &[Outcome]) -> LabelBlock {
    LabelBlock { as_of, outcome: outcome.to_vec(), eligible: vec![true; outcome.len()] }
}

fn insights(world: &World) -> InsightTable {
    let as_of = Day::from_epoch_days(AS_OF);
    let questions = questions(&world.project, &world.checked, as_of, &|_| as_of);
    assert_eq!(cutoffs(&questions), [as_of.plus(-120), as_of.plus(-60)]);
    let panel = Panel { features: &world.features, labels: &world.labels, since: &world.since };
    compute_on(&world.project, &world.checked, panel, &questions, as_of).expect("insights")
}

/// One slice of a world of events and customers, whose outcomes are drawn again and again.
pub(super) mod crowd {
    use std::sync::Arc;

    use polars::prelude::DataFrame;

    use super::super::{Seen, Shown, Source, declared, declared_trials, insights, slices};
    use super::{labels, table};
    use crate::contract::{Attribute, Checked};
    use crate::feature::{CustomerIndex, FeatureBlock, FeatureFrame};
    use crate::insight::{Insight, Panel, questions};
    use crate::label::{Labels, Outcome};
    use crate::project::Project;
    use crate::tables::TableName;
    use crate::time::Day;

    /// Everything but the outcomes.
    pub struct World {
        project: Project,
        checked: Checked,
        frame: FeatureFrame,
        shown: Shown,
        since: Vec<i32>,
    }

    impl World {
        /// Proves the project against its tables and looks once who shows what.
        pub fn of(project: &str, events: DataFrame, customers: DataFrame, cutoff: i32) -> Self {
            let project: Project = toml::from_str(project).expect("a project");
            let ids = customers.column("customer").expect("ids").str().expect("texts").iter().flatten();
            let index = Arc::new(CustomerIndex { ids: ids.map(str::to_owned).collect() });
            let mut people = table(TableName::Customers, &["customer"], customers);
            people.attributes = vec![Attribute { name: "region".into(), numeric: false, usable: true }];
            let tables = [table(TableName::Events, &["customer", "at", "kind"], events), people];
            let tables = tables.into_iter().map(|table| (table.name, table)).collect();
            let checked = Checked { tables, inputs: vec![], findings: vec![] };
            let number = |place: usize| u32::try_from(place).expect("small");
            let customer: Vec<u32> = (0..index.ids.len()).map(number).collect();
            let since = customer.iter().map(|customer| cutoff - 20 - i32::try_from(customer % 500).expect("small"));
            let since = since.collect();
            let as_of = Day::from_epoch_days(cutoff);
            let block = FeatureBlock { as_of, customer, columns: Vec::new() };
            let frame = FeatureFrame { customers: Arc::clone(&index), features: Vec::new(), blocks: vec![block] };
            let mut shown = Shown::default();
            shown.look(&declared(&project, &checked).expect("behaviours"), as_of, &index).expect("counts");
            Self { project, checked, frame, shown, since }
        }

        /// Names of the behaviours that stand out for these outcomes.
        pub fn discoveries(&self, flags: Vec<bool>) -> Vec<String> {
            let cutoff = self.frame.blocks[0].as_of;
            let outcome: Vec<Outcome> =
                flags.into_iter().map(|flag| if flag { Outcome::Yes } else { Outcome::No }).collect();
            let labels = [Labels { target: "churn".into(), blocks: vec![labels(cutoff, &outcome)] }];
            let known = cutoff.plus(120);
            let questions = questions(&self.project, &self.checked, known, &|_| known);
            let index = &self.frame.customers;
            let seen = Seen::read(&self.project, &self.checked, index, &questions, known).expect("tables");
            let panel = Panel { features: &self.frame, labels: &labels, since: &self.since };
            let source = Source { project: &self.project, seen: &seen, panel };
            let declared = declared(&self.project, &self.checked).expect("behaviours");
            let (first, later) = slices(&source, &questions[0]);
            let first = first.expect("a slice");
            let trials = declared_trials(&source, (0, &questions[0]), &declared, &self.shown, &first, later.as_ref());
            insights(&trials).into_iter().filter(Insight::is_discovery).map(|row| row.behaviour).collect()
        }
    }
}

fn row<'a>(table: &'a InsightTable, behaviour: &str, outcome: &str) -> &'a Insight {
    table.rows.iter().find(|row| row.behaviour == behaviour && row.outcome == outcome).expect("a row")
}

#[test]
fn planted_ratios_lie_in_their_intervals_and_null_ones_are_not_called_discoveries() {
    let world = world(1, false, false);
    let table = insights(&world);
    for (behaviour, planted) in [("chat", 2.0), ("first_ticket_unresolved", 2.0)] {
        let row = row(&table, behaviour, "churn");
        let found = row.found.expect("an association");
        assert!(found.low < Some(planted) && found.high > Some(planted), "{behaviour}: {found:?}");
        assert!(row.is_discovery() && matches!(row.check, Check::Held(_)), "{}", row.sentence);
    }
    let visit = row(&table, "visit", "churn");
    assert!(
        !visit.is_discovery()
            && visit.sentence.starts_with("no reliable difference: customers who had at least 2 events `visit` "),
        "{}",
        visit.sentence
    );
    let noise = table.rows.iter().filter(|row| !row.is_declared).collect::<Vec<_>>();
    assert!(!noise.is_empty() && noise.iter().all(|row| !row.is_discovery()), "{noise:?}");
    let revenue = row(&table, "visit", "revenue").found.expect("an association");
    assert!(revenue.low < Some(2.0) && revenue.high > Some(2.0), "{revenue:?}");
}

#[test]
fn the_crude_ratio_would_have_misled() {
    let found = row(&insights(&world(1, false, false)), "chat", "churn").found.expect("an association");
    let crude = found.rate_with / found.rate_without;
    assert!(Some(crude) > found.high, "crude {crude}, {found:?}");
}

#[test]
fn the_absence_of_something_is_a_behaviour_too() {
    let table = insights(&world(1, false, false));
    let (chat, none) = (row(&table, "chat", "churn"), row(&table, "no_chat", "churn"));
    assert_eq!((chat.n_with, chat.n_without), (none.n_without, none.n_with));
    let ratios = chat.found.and_then(|found| found.ratio).zip(none.found.and_then(|found| found.ratio));
    assert!(ratios.is_some_and(|(a, b)| (a * b - 1.0).abs() < 1e-9), "{ratios:?}");
    assert!(
        none.sentence.starts_with("customers who had no event `chat` in the last 30 days were "),
        "{}",
        none.sentence
    );
}

#[test]
fn the_matched_rate_takes_the_mix_of_those_with_the_behaviour() {
    // In the north more customers chat and more leave: those without chat would leave more often with that mix.
    let found = row(&insights(&world(1, false, false)), "chat", "churn").found.expect("an association");
    assert!(found.rate_without_matched.is_some_and(|rate| rate > found.rate_without), "{found:?}");
}

#[test]
fn the_text_tells_what_matters_in_80_columns() {
    let text = insights(&world(1, false, false)).text();
    assert!(text.lines().all(|line| line.chars().count() < 80), "{text}");
    for part in ["churn · leave within 60 days", "of comparable others", "Compared at equal tenure and region."] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
}

#[test]
fn nobody_doing_it_is_said_and_not_tested() {
    let table = insights(&world(1, false, false));
    let never = row(&table, "never_done", "churn");
    assert!(
        never.found.is_none() && never.q.is_none() && never.sentence.starts_with("too few to say: 0 customers who had")
    );
}

#[test]
fn neither_the_order_of_rows_nor_later_rows_change_anything() {
    let frame = |world: &World| insights(world).frame().expect("a frame");
    let plain = frame(&world(1, false, false));
    assert!(plain.equals_missing(&frame(&world(1, true, false))), "row order");
    assert!(plain.equals_missing(&frame(&world(1, false, true))), "rows after the cutoffs");
}

#[test]
fn the_frame_has_the_contracts_columns() {
    let frame = insights(&world(1, false, false)).frame().expect("a frame");
    let names: Vec<String> = frame.get_column_names().iter().map(ToString::to_string).collect();
    let contract = "behaviour outcome n_with n_without rate_with rate_without ratio low high p q sentence";
    assert_eq!(names.join(" "), format!("{contract} rate_without_matched declared cutoff stable"));
}

#[test]
fn a_behaviour_on_a_table_that_is_not_mapped_is_the_projects_mistake() {
    let mut world = world(1, false, false);
    world.checked.tables.remove(&TableName::Tickets);
    let as_of = Day::from_epoch_days(AS_OF);
    let panel = Panel { features: &world.features, labels: &world.labels, since: &world.since };
    let error = compute_on(&world.project, &world.checked, panel, &[], as_of).expect_err("tickets are missing");
    assert_eq!(error.to_string(), "behaviour `first_ticket_unresolved` looks at table `tickets`, which is not mapped");
}

#[test]
fn many_behaviours_counted_together_answer_as_each_alone() {
    let mut world = world(1, false, false);
    let chat = world.project.behaviours["chat"].clone();
    let windows = (1..=150).map(|days| (format!("chat_{days}"), Some(days)));
    for (name, within_days) in windows {
        world.project.behaviours.insert(name, crate::project::Behaviour { within_days, ..chat.clone() });
    }
    let any = crate::project::Behaviour { kinds: None, within_days: None, at_least: Some(2), ..chat };
    world.project.behaviours.insert("any".into(), any);
    let table = insights(&world);
    assert!(
        row(&table, "any", "churn").n_with > row(&table, "visit", "churn").n_with,
        "a visit and a chat are two rows"
    );
    let alone = row(&table, "chat", "churn");
    let together = row(&table, "chat_30", "churn");
    assert_eq!((alone.n_with, alone.found), (together.n_with, together.found));
    assert_eq!(row(&table, "chat_9", "churn").n_with, 0, "the chats lie ten days back");
    assert_eq!(row(&table, "chat_10", "churn").n_with, alone.n_with);
}
