//! What to do about a customer: the first rule whose condition his reasons meet.
//!
//! Rules come from `[action.NAME]` in the project file, in its order, then from the shipped `models/specs/actions.toml`.

use indexmap::IndexMap;

use crate::project::Action;

/// The rules shipped with the engine.
const SHIPPED: &str = include_str!("../../../models/specs/actions.toml");

/// All rules, the project's first; at most 64 of them.
#[derive(Debug, Clone)]
pub struct Actions {
    rules: IndexMap<String, Action>,
    /// Per rule its phrases, each as words.
    phrases: Vec<Vec<Vec<String>>>,
}

/// One bit per rule that a reason fits.
pub type Fits = u64;

/// A rule that fits a customer.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Recommendation<'a> {
    /// The rule's name.
    pub name: &'a str,
    /// What it says.
    pub action: &'a Action,
    /// Its place among all rules.
    pub number: usize,
}

impl Actions {
    /// The project's rules, followed by the shipped ones that it does not replace by name.
    #[must_use]
    pub fn new(own: &IndexMap<String, Action>) -> Self {
        let mut rules = own.clone();
        for (name, action) in shipped() {
            rules.entry(name).or_insert(action);
        }
        rules.truncate(64);
        let words = |phrase: &String| plain(phrase).split_whitespace().map(str::to_owned).collect();
        let phrases = rules.values().map(|action| action.when.iter().map(words).collect()).collect();
        Self { rules, phrases }
    }

    /// Which rules a reason fits: all words of one of their phrases occur in it, in any order and case.
    #[must_use]
    pub fn fits(&self, reason: &str) -> Fits {
        let reason = plain(reason);
        let one = |words: &Vec<String>| words.iter().all(|word| reason.contains(word.as_str()));
        let rule = |fits, (at, phrases): (usize, &Vec<Vec<String>>)| fits | Fits::from(phrases.iter().any(one)) << at;
        self.phrases.iter().enumerate().fold(0, rule)
    }

    /// The action for a customer with these reasons (strongest first), band and value at risk.
    ///
    /// Reasons are tried in their order, so that the strongest reason decides; rules without `when` apply to whoever no
    /// reason has sent elsewhere.
    #[must_use]
    pub fn recommend(&self, reasons: &[Fits], band: &str, value_at_risk: f64) -> Option<Recommendation<'_>> {
        let rules = || self.rules.iter().enumerate();
        let open = || rules().filter(|(_, (_, action))| action.allows(band, value_at_risk));
        let by_reason = reasons.iter().find_map(|fits| open().find(|(at, _)| fits >> at & 1 == 1));
        let found = by_reason.or_else(|| open().find(|(_, (_, action))| action.when.is_empty()));
        found.map(|(number, (name, action))| Recommendation { name, action, number })
    }

    /// All rules in their order.
    pub fn all(&self) -> impl Iterator<Item = Recommendation<'_>> {
        self.rules.iter().enumerate().map(|(number, (name, action))| Recommendation { name, action, number })
    }
}

fn plain(text: &str) -> String {
    text.to_lowercase().replace('_', " ")
}

fn shipped() -> IndexMap<String, Action> {
    toml::from_str(SHIPPED).expect("the shipped rules parse: a test reads them")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_rules_parse_and_one_of_them_fits_everybody() {
        let actions = Actions::new(&IndexMap::new());
        assert!(shipped().len() >= 5);
        assert!(actions.recommend(&[], "high", f64::NAN).is_some());
    }

    #[test]
    fn the_strongest_reason_decides_and_the_projects_own_rules_come_first() {
        let own: IndexMap<String, Action> =
            toml::from_str("[rescue]\nwhen = \"unresolved tickets\"\nchannel = \"phone\"\n").expect("a rule");
        let actions = Actions::new(&own);
        let name = |reasons: &[&str]| {
            let fits: Vec<Fits> = reasons.iter().map(|reason| actions.fits(reason)).collect();
            actions.recommend(&fits, "high", 10.0).map(|found| found.name.to_owned())
        };
        assert_eq!(name(&["2 unresolved support tickets", "payment failed"]), Some("rescue".to_owned()));
        assert_eq!(name(&["payment failed twice", "unresolved tickets"]), Some("fix_payment".to_owned()));
    }
}
