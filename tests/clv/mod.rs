//! Lifetime models on CDNOW: against the literature, against scipy (`expected/clv`), and on the months they did not see.

use std::collections::BTreeMap;

use serde_json::Value;
use tidewatch::clv::{Dropout, History, Horizon, Lifetime, OrderModel, Spending, SpendingModel};
use tidewatch::time::Day;

/// Amounts by customer and day.
type Purchases = BTreeMap<String, BTreeMap<Day, f64>>;

fn purchases(file: &str, columns: [usize; 3]) -> Option<Purchases> {
    let path = crate::source::public_sets::shared_data()?.join("cdnow").join(file);
    let text = std::fs::read_to_string(path).expect("the data set");
    let mut all = Purchases::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.split_whitespace().collect();
        if !cells.first().is_some_and(|cell| cell.bytes().all(|byte| byte.is_ascii_digit())) {
            continue;
        }
        let day = cells[columns[1]];
        let day = format!("{}-{}-{}", &day[..4], &day[4..6], &day[6..]).parse().expect("a date");
        let amount: f64 = cells[columns[2]].parse().expect("a number");
        *all.entry(cells[columns[0]].to_owned()).or_default().entry(day).or_insert(0.0) += amount;
    }
    Some(all)
}

fn end() -> Day {
    "1997-09-30".parse().expect("a date")
}

/// Repeat purchases up to the end of calibration, and their mean amount.
fn history(days: &BTreeMap<Day, f64>) -> Option<(History, Spending)> {
    let seen: Vec<(Day, f64)> = days.range(..=end()).map(|(day, amount)| (*day, *amount)).collect();
    let (first, last) = (seen.first()?.0, seen.last()?.0);
    let whole = |days: i32| u32::try_from(days).expect("not negative");
    let repeats = u32::try_from(seen.len() - 1).expect("few");
    let mean = seen[1..].iter().map(|(_, amount)| amount).sum::<f64>() / f64::from(repeats.max(1));
    let history = History { repeats, last: whole(last.since(first)), age: whole(end().since(first)) };
    Some((history, Spending { orders: repeats, mean }))
}

fn expected() -> Value {
    serde_json::from_str(include_str!("../expected/clv/values.json")).expect("the committed values")
}

fn close(ours: f64, theirs: &Value, tolerance: f64) {
    let theirs = theirs.as_f64().expect("a number");
    assert!((ours - theirs).abs() <= tolerance * theirs.abs(), "{ours} is not {theirs}");
}

fn same_orders(ours: &OrderModel, theirs: &Value) {
    for (name, value) in [("r", ours.r), ("alpha", ours.alpha), ("a", ours.a), ("b", ours.b)] {
        close(value, &theirs[name], 1e-5);
    }
    close(ours.log_likelihood, &theirs["log_likelihood"], 1e-9);
}

fn same_spending(ours: &SpendingModel, theirs: &Value) {
    for (name, value) in [("p", ours.p), ("q", ours.q), ("gamma", ours.gamma)] {
        close(value, &theirs[name], 1e-4);
    }
}

#[test]
fn estimates_on_the_sample_are_those_of_the_literature() {
    let Some(purchases) = purchases("CDNOW_sample.txt", [1, 2, 4]) else { return };
    let (histories, spending): (Vec<History>, Vec<Spending>) = purchases.values().filter_map(history).unzip();
    assert_eq!(histories.len(), 2357);
    let classic = OrderModel::fit(&histories, Dropout::AfterRepeat).expect("fits");
    let published = [(classic.r, 0.243), (classic.alpha / 7.0, 4.414), (classic.a, 0.793), (classic.b, 2.426)];
    assert!(published.iter().all(|(ours, theirs)| (ours - theirs).abs() < 6e-4), "{published:?}");
    same_orders(&classic, &expected()["sample"]["bg"]);
    same_orders(&OrderModel::fit(&histories, Dropout::FromTheStart).expect("fits"), &expected()["sample"]["mbg"]);
    let amounts = SpendingModel::fit(&spending).expect("fits");
    let published = [(amounts.p, 6.25), (amounts.q, 3.74), (amounts.gamma, 15.44)];
    assert!(published.iter().all(|(ours, theirs)| (ours - theirs).abs() < 6e-3), "{published:?}");
    same_spending(&amounts, &expected()["sample"]["spending"]);
}

#[test]
fn all_customers_give_scipys_estimates_and_expectations() {
    let Some(purchases) = purchases("CDNOW_master.txt", [0, 1, 3]) else { return };
    let (histories, spending): (Vec<History>, Vec<Spending>) = purchases.values().filter_map(history).unzip();
    let orders = OrderModel::fit(&histories, Dropout::FromTheStart).expect("fits");
    let theirs = &expected()["master"];
    same_orders(&orders, &theirs["mbg"]);
    same_spending(&SpendingModel::fit(&spending).expect("fits"), &theirs["spending"]);
    for answer in theirs["answers"].as_array().expect("a list") {
        let whole = |name: &str| u32::try_from(answer[name].as_u64().expect("a count")).expect("small");
        let customer = History { repeats: whole("x"), last: whole("last"), age: whole("age") };
        close(orders.alive(&customer), &answer["alive"], 1e-4);
        close(orders.expected_orders(&customer, 273.0), &answer["orders"], 1e-4);
    }
}

/// Every model of this family says too few orders for these months (the classic one 14 % too few, scipy's sums agree),
/// which hold a Christmas season the nine before do not: the level is checked loosely, the order of customers closely.
#[test]
fn nine_months_it_has_not_seen_bring_what_it_expects() {
    let Some(purchases) = purchases("CDNOW_master.txt", [0, 1, 3]) else { return };
    let customers: Vec<(History, Spending)> = purchases.values().filter_map(history).collect();
    let lifetime = Lifetime::fit(&customers).expect("fits");
    let predicted = lifetime.predict(&customers, &Horizon { days: 273, yearly_discount: 0.0, margin: 1.0 });
    let after =
        |days: &BTreeMap<Day, f64>| days.range(end().plus(1)..).map(|(_, amount)| *amount).collect::<Vec<f64>>();
    let actual: Vec<Vec<f64>> = purchases.values().map(after).collect();
    let orders: Vec<f64> = actual.iter().map(|one| one.len() as f64).collect();
    let told: Vec<f64> = predicted.iter().map(|one| one.orders).collect();
    let share = told.iter().sum::<f64>() / orders.iter().sum::<f64>();
    assert!((0.78..0.9).contains(&share), "{share} of the orders expected");
    let value = predicted.iter().map(|one| one.value).sum::<f64>() / actual.iter().flatten().sum::<f64>();
    assert!((0.75..1.0).contains(&value), "{value} of the revenue expected");
    assert!(correlation(&told, &orders) > 0.6, "{}", correlation(&told, &orders));
    let one_time: Vec<usize> = (0..customers.len()).filter(|&at| customers[at].0.repeats == 0).collect();
    assert!(one_time.iter().all(|&at| predicted[at].alive < 0.65), "one-time buyers are not immortal");
}

fn correlation(a: &[f64], b: &[f64]) -> f64 {
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let (mean_a, mean_b) = (mean(a), mean(b));
    let product = |x: &[f64], mean_x: f64, y: &[f64], mean_y: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y)).sum()
    };
    product(a, mean_a, b, mean_b) / (product(a, mean_a, a, mean_a) * product(b, mean_b, b, mean_b)).sqrt()
}
