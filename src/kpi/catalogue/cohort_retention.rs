//! `cohort_retention`: who of a cohort is active in a period.

use crate::kpi::definition::{Better, Example, Kpi, Maturity, Need, Purpose, Sink, Stage, Unit};
use crate::kpi::facts::Facts;
use crate::kpi::statistic::Statistic;
use crate::time::Day;

/// The KPI.
pub static KPI: Kpi = Kpi {
    name: "cohort_retention",
    brief: "who of a cohort is active in a period",
    what: "Share of a signup cohort that is active in a period; the whole is all cohorts together.",
    formula: "customers of the cohort active in the period / customers of the cohort. A cohort holds the customers \
           who signed up (or, without a sign-up, were first seen) in a period; where the periods are days, in a \
           week. Active in a period: a qualifying row in it, or a subscription open at its \
           end.",
    unit: Unit::Share,
    better: Better::High,
    stage: Stage::Engage,
    purpose: Purpose::Retention,
    needs: &[Need::Activity],
    edge_cases: "Periods before the cohort began are left out; a period under way is partial. `segment` is `cohort` \
           and `segment_value` the cohort's first day.",
    misleads: "In its first period a cohort is active by definition only where first activity defines it. Small \
           cohorts swing: look at the interval.",
    source: "DEFINITIONS §1.",
    statistic: Statistic::Share,
    maturity: Maturity::AtOnce,
    observe,
    example: Example {
        story: "A cohort of 200, of which 50 are active in the period: 25 %.",
        customers: || {
            let cohort = Some(Day::from_epoch_days(0));
            let active = Facts { cohort, active_within: true, ..Facts::default() };
            let silent = Facts { cohort, ..Facts::default() };
            vec![(50, active), (150, silent)]
        },
        value: 0.25,
    },
};

fn observe(facts: &Facts, sink: &mut Sink<'_>) {
    if facts.cohort.is_some() {
        sink.trial(facts.active_within);
    }
}
