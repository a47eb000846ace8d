//! All KPIs: one file each, named once here.

use super::definition::Kpi;
use super::error::Error;

/// Declares one module per KPI and the slice of all of them.
macro_rules! catalogue {
    ($($name:ident)*) => {
        $(mod $name;)*

        /// All KPIs, by name.
        pub static CATALOGUE: &[&Kpi] = &[$(&$name::KPI),*];
    };
}

catalogue![
    advocacy_conversion_rate
    advocacy_negative_share
    advocacy_positive_share
    advocacy_revenue
    advocacy_revenue_share
    aov
    cart_abandonment_rate
    ces
    ces_agreement_rate
    churn_rate
    churn_risk_share
    churn_saved_share
    clv_historic
    clv_predicted
    clv_simple
    cohort_retention
    conversion_rate
    cpa
    csat
    ctr
    customer_advocacy_index
    customer_advocacy_score
    customer_lifespan
    customers_active
    customers_lost
    customers_new
    dau
    downgrade_rate
    emotional_loyalty_index
    engagement_breadth
    engagement_depth
    engagement_frequency
    first_contact_resolution_rate
    first_response_time
    first_response_time_mean
    gross_margin
    gross_revenue_retention
    impression_engagement_rate
    iroas
    landing_page_time
    lead_conversion_rate
    loyalty_participation_rate
    loyalty_redemption_rate
    mau
    message_conversion_rate
    message_ctr
    mql_rate
    mrr
    mrr_churn_rate
    ncvg
    ncvg_customers
    net_customer_growth_rate
    net_revenue_retention
    no_incident_loss_rate
    non_renewal_rate
    nps
    open_rate
    orders
    post_incident_loss_rate
    program_adoption_rate
    purchase_frequency
    referral_conversion_rate
    referrals_per_customer
    referrer_conversion_rate
    repeat_purchase_rate
    resolution_time
    resolution_time_mean
    retention_rate
    revenue
    revenue_at_risk
    review_score
    roas
    rpv
    segment_migration
    sentiment
    sentiment_forecast
    session_time
    session_time_median
    social_engagement_rate
    social_mentions
    stickiness
    survey_response_count
    tickets_resolved_rate
    trial_non_conversion_rate
    upgrade_rate
    wau
];

/// The KPI that is broken down by signup cohort by its nature.
pub const BY_COHORT: &str = "cohort_retention";

/// The KPI that looks ahead.
pub const FORECAST: &str = "sentiment_forecast";

/// The KPI of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kpi> {
    CATALOGUE.iter().copied().find(|kpi| kpi.name == name)
}

/// The KPI of that name, or an error that names its neighbour.
///
/// # Errors
/// [`Error::UnknownKpi`].
pub fn named(name: &str) -> Result<&'static Kpi, Error> {
    find(name).ok_or_else(|| Error::UnknownKpi { name: name.to_owned(), nearest: nearest(name) })
}

/// The KPI whose name is most like `name`, if any is.
#[must_use]
pub fn nearest(name: &str) -> Option<&'static str> {
    let likeness = |kpi: &Kpi| strsim::jaro_winkler(kpi.name, &name.to_lowercase());
    let best = CATALOGUE.iter().copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)))?;
    (likeness(best) > 0.75).then_some(best.name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kpi::definition::Sink;
    use crate::kpi::statistic::Tally;

    #[test]
    fn every_worked_example_comes_out_to_the_bit() {
        for kpi in CATALOGUE {
            let mut tally = Tally::default();
            let customers = (kpi.example.customers)();
            let days = customers.first().map_or(0, |(_, facts)| facts.days);
            for (times, facts) in &customers {
                for _ in 0..*times {
                    (kpi.observe)(facts, &mut Sink::new(kpi.statistic, &mut tally));
                }
            }
            let value = tally.estimate(kpi.statistic, days).value;
            assert_eq!(value, Some(kpi.example.value), "{}: {}", kpi.name, kpi.example.story);
        }
    }

    #[test]
    fn names_are_sorted_unique_and_words() {
        let names: Vec<&str> = CATALOGUE.iter().map(|kpi| kpi.name).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    }

    #[test]
    fn every_section_says_something() {
        for kpi in CATALOGUE {
            let sections = [kpi.what, kpi.formula, kpi.edge_cases, kpi.misleads, kpi.source, kpi.example.story];
            assert!(sections.iter().all(|section| section.len() > 10), "{}", kpi.name);
            assert!(!kpi.needs.is_empty(), "{}", kpi.name);
        }
    }

    #[test]
    fn a_misspelt_name_finds_its_neighbour() {
        assert_eq!(nearest("retension_rate"), Some("retention_rate"));
        assert_eq!(nearest("xyzzy"), None);
    }
}
