//! `[target.NAME]`: the keys its kind needs, and none that mean nothing to it.

use super::error::{Error, Wrong};
use super::load::{did_you_mean, listed};
use super::spans::{Spans, Step};
use super::validate::filter_over;
use super::{Project, Target, TargetKind};
use crate::tables::TableName;

/// Checks one target.
pub(super) fn validate(project: &Project, spans: &Spans<'_>, name: &str, target: &Target) -> Result<(), Error> {
    let checking = Checking { project, spans, name, target };
    checking.name()?;
    checking.needed()?;
    checking.out_of_place()?;
    checking.horizons()?;
    checking.table()?;
    checking.filter()
}

struct Checking<'a> {
    project: &'a Project,
    spans: &'a Spans<'a>,
    name: &'a str,
    target: &'a Target,
}

impl Checking<'_> {
    fn wrong(&self, key: Option<&str>, finding: String) -> Wrong {
        let mut steps = vec![Step::Key("target"), Step::Key(self.name)];
        steps.extend(key.map(Step::Key));
        self.spans.wrong(&steps, finding)
    }

    /// The name becomes a column and a folder.
    fn name(&self) -> Result<(), Error> {
        let mut letters = self.name.chars();
        let begins = letters.next().is_some_and(|letter| letter.is_ascii_lowercase());
        if begins && letters.all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_') {
            return Ok(());
        }
        let wrong = self.wrong(None, format!("`{}` cannot name a target", self.name));
        Err(wrong.expected("a small letter, then small letters, digits and `_`").into())
    }

    fn needed(&self) -> Result<(), Error> {
        let target = self.target;
        let has_table = target.table.is_some();
        let has_horizon = target.horizon_days.is_some_and(|days| days > 0);
        let needed: &[(&str, bool)] = match target.kind {
            TargetKind::Inactivity => &[("table", has_table), ("horizon_days", has_horizon)],
            TargetKind::SubscriptionEnd | TargetKind::Advocacy => &[("horizon_days", has_horizon)],
            TargetKind::Event => {
                &[("horizon_days", has_horizon), ("kinds", target.kinds.is_some() || target.filter.is_some())]
            }
            TargetKind::Column => &[("column", target.column.is_some()), ("positive", target.positive.is_some())],
        };
        let Some((key, _)) = needed.iter().find(|(_, is_there)| !is_there) else { return Ok(()) };
        let wrong = self.wrong(None, format!("target `{}` needs `{key}`", self.name));
        let example = match *key {
            "table" => "the table whose rows are the activity, such as `table = \"orders\"`",
            "horizon_days" => "the length of the label window, at least 1, such as `horizon_days = 90`",
            "kinds" => "the event kinds that are the outcome, such as `kinds = [\"cancelled\"]`",
            "column" => "the column of `customers` that holds the outcome, such as `column = \"Churn\"`",
            _ => "the value that means \"yes\", such as `positive = \"Yes\"`",
        };
        Err(wrong.expected(example).into())
    }

    fn out_of_place(&self) -> Result<(), Error> {
        let target = self.target;
        let is = |kind| target.kind == kind;
        let keys = [
            ("column", target.column.is_some() && !is(TargetKind::Column)),
            ("positive", target.positive.is_some() && !is(TargetKind::Column)),
            ("reasons", target.reasons.is_some() && !is(TargetKind::SubscriptionEnd)),
            ("grace_days", target.grace_days > 0 && !is(TargetKind::SubscriptionEnd)),
            ("horizon_days", target.horizon_days.is_some() && is(TargetKind::Column)),
            ("horizons", !target.horizons.is_empty() && (is(TargetKind::Column) || is(TargetKind::Advocacy))),
        ];
        let Some((key, _)) = keys.iter().find(|(_, is_wrong)| *is_wrong) else { return Ok(()) };
        let wrong = self.wrong(Some(key), format!("`{key}` means nothing to a target of this kind"));
        Err(wrong.hinting(Some("`tidewatch list targets` shows which keys each kind has".to_owned())).into())
    }

    fn horizons(&self) -> Result<(), Error> {
        let horizons = &self.target.horizons;
        if horizons.windows(2).all(|pair| pair[0] < pair[1]) && horizons.first() != Some(&0) {
            return Ok(());
        }
        let wrong = self.wrong(Some("horizons"), "the horizons do not ascend".to_owned());
        Err(wrong
            .expected("days of at least 1, each longer than the one before, such as `horizons = [7, 30, 90]`")
            .into())
    }

    fn table(&self) -> Result<(), Error> {
        let Some(table) = shown_by(self.target) else { return Ok(()) };
        if !self.project.sources(table).is_empty() {
            return Ok(());
        }
        let key = self.target.table.map(|_| "table");
        let finding = format!("target `{}` needs the table `{table}`, which is not mapped", self.name);
        let mapped: Vec<String> = self.project.tables.keys().map(ToString::to_string).collect();
        let hint = did_you_mean(table.as_str(), &mapped);
        let hint = hint.unwrap_or_else(|| format!("add `[tables.{table}]` with its files and columns"));
        Err(self.wrong(key, finding).expected(listed(&mapped)).hinting(Some(hint)).into())
    }

    fn filter(&self) -> Result<(), Error> {
        let (Some(filter), Some(table)) = (&self.target.filter, shown_by(self.target)) else { return Ok(()) };
        filter_over(table, filter, |finding| self.wrong(Some("where"), finding))
    }
}

/// The table that must be mapped for the outcome to show.
fn shown_by(target: &Target) -> Option<TableName> {
    match target.kind {
        TargetKind::SubscriptionEnd => Some(TableName::Subscriptions),
        TargetKind::Column => Some(TableName::Customers),
        TargetKind::Event => Some(target.table.unwrap_or(TableName::Events)),
        // Advocacy shows in referrals, surveys or posts: whichever are mapped.
        TargetKind::Inactivity | TargetKind::Advocacy => target.table,
    }
}
