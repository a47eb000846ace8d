//! Expected maximum profit against the empulse package.

use tidewatch::evaluate::{Campaign, expected_maximum_profit};

use super::{expected, json};

#[test]
fn expected_maximum_profit_equals_empulse() {
    let cases = json(&expected("../empc/empc.json"));
    for case in cases.as_array().expect("cases") {
        let numbers = |name: &str| -> Vec<f64> {
            case[name].as_array().expect("numbers").iter().filter_map(serde_json::Value::as_f64).collect()
        };
        let number = |name: &str| case[name].as_f64().expect("a number");
        let campaign = Campaign {
            customer_value: number("clv"),
            incentive: number("incentive_cost"),
            contact: number("contact_cost"),
            alpha: number("alpha"),
            beta: number("beta"),
        };
        let outcome: Vec<bool> = numbers("outcome").iter().map(|value| *value == 1.0).collect();
        let found = expected_maximum_profit(&outcome, &numbers("score"), &campaign);
        assert!((found - number("empc")).abs() < 1e-9, "{found} is not {}", number("empc"));
    }
}
