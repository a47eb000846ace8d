//! Which outcomes are asked about, and at which cutoffs: the latest whose outcome is known, and an earlier one whose
//! window ends before it. The earlier slice finds; the later one checks.

use crate::contract::Checked;
use crate::project::{Project, Target, TargetKind};
use crate::tables::TableName;
use crate::time::{Day, Window};

/// Days of the outcome window where no target declares one.
const HORIZON_DAYS: u32 = 90;

/// One outcome that behaviours are held against.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// The outcome's name: the target's, or `conversion`, `revenue`, `referral`.
    pub outcome: String,
    /// What is measured.
    pub subject: Subject,
    /// The cutoff of the slice that finds.
    pub cutoff: Day,
    /// The cutoff of the slice that checks, if there is enough history for one.
    pub later: Option<Day>,
    /// Length of the outcome window.
    pub horizon_days: u32,
    /// Whether behaviour and outcome have dates; a `column` target of a flat table has none.
    pub is_dated: bool,
    /// How the outcome reads after "were 2.0 times as likely to".
    pub words: String,
}

/// What is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The labels of a target, by its position in the project file.
    Target(usize),
    /// The first purchase, among active customers who never bought.
    Conversion,
    /// Net revenue of active customers.
    Revenue,
    /// A referral made by an active customer.
    Referral,
}

impl Question {
    /// The cutoffs of its slices.
    pub fn cutoffs(&self) -> impl Iterator<Item = Day> {
        [Some(self.cutoff), self.later].into_iter().flatten()
    }

    /// The outcome window that belongs to a cutoff.
    #[must_use]
    pub fn window(&self, cutoff: Day) -> Window {
        Window::after(cutoff, 0, self.horizon_days)
    }
}

/// All questions that the project's tables can answer as of a day, in the order of the targets, then of [`Subject`].
///
/// `known_until` is the first day on which outcomes of a target are not known any more.
#[must_use]
pub fn questions(project: &Project, checked: &Checked, as_of: Day, known_until: &dyn Fn(&str) -> Day) -> Vec<Question> {
    let targets = project.targets.iter().enumerate().map(|(position, (name, target))| {
        let subject = Subject::Target(position);
        if target.kind == TargetKind::Column {
            return Question {
                outcome: name.clone(),
                subject,
                cutoff: as_of,
                later: None,
                horizon_days: 0,
                is_dated: false,
                words: words(name, target),
            };
        }
        let horizon_days = target.horizon_days.unwrap_or(HORIZON_DAYS);
        let grace = if target.kind == TargetKind::SubscriptionEnd { target.grace_days } else { 0 };
        let outlook = days(target.gap_days) + days(horizon_days) + days(grace);
        question(name, subject, known_until(name), outlook, horizon_days, words(name, target))
    });
    targets.chain(plain_questions(project, checked, as_of)).collect()
}

fn plain_questions(project: &Project, checked: &Checked, as_of: Day) -> Vec<Question> {
    let horizon_days = project.targets.values().find_map(|target| target.horizon_days).unwrap_or(HORIZON_DAYS);
    let ask = |subject: Subject, name: &str, tables: &[TableName], words: &str| {
        let mapped: Vec<_> = tables.iter().filter_map(|table| checked.table(*table)).collect();
        let known = mapped.iter().filter_map(|table| table.covered_until).fold(as_of, Day::min);
        let words = format!("{words} within {horizon_days} days");
        (!mapped.is_empty()).then(|| question(name, subject, known, days(horizon_days), horizon_days, words))
    };
    let purchases: &[TableName] = match (checked.table(TableName::Orders), project.roles.purchase.is_empty()) {
        (Some(_), _) => &[TableName::Orders],
        (None, false) => &[TableName::Events],
        (None, true) => &[],
    };
    [
        ask(Subject::Conversion, "conversion", purchases, "buy for the first time"),
        ask(Subject::Revenue, "revenue", &[TableName::Orders], "revenue"),
        ask(Subject::Referral, "referral", &[TableName::Referrals], "refer someone"),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The later slice is the latest that is known; the finding slice lies before it, so that their windows do not overlap.
fn question(
    name: &str,
    subject: Subject,
    known_until: Day,
    outlook: i32,
    horizon_days: u32,
    words: String,
) -> Question {
    let latest = known_until.plus(-outlook);
    let cutoff = latest.plus(-outlook);
    Question { outcome: name.to_owned(), subject, cutoff, later: Some(latest), horizon_days, is_dated: true, words }
}

fn words(name: &str, target: &Target) -> String {
    let within = target.horizon_days.map(|days| format!(" within {days} days")).unwrap_or_default();
    match target.kind {
        TargetKind::Inactivity | TargetKind::SubscriptionEnd => format!("leave{within}"),
        TargetKind::Advocacy => format!("speak for you{within}"),
        _ if name.contains("churn") => format!("leave{within}"),
        TargetKind::Event | TargetKind::Column => format!("show {name}{within}"),
    }
}

fn days(days: u32) -> i32 {
    i32::try_from(days).unwrap_or(i32::MAX / 16)
}

/// The cutoffs at which features and labels are needed, ascending.
#[must_use]
pub fn cutoffs(questions: &[Question]) -> Vec<Day> {
    let mut cutoffs: Vec<Day> = questions.iter().flat_map(Question::cutoffs).collect();
    cutoffs.sort_unstable();
    cutoffs.dedup();
    cutoffs
}
