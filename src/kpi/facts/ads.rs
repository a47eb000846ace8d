//! Facts from `ads`: each row is an anonymous unit.

use polars::prelude::PolarsResult;

use super::Facts;
use super::rows::float_key;
use super::source::{Frame, Reader, Source, by_period};
use crate::stats::ExactSum;
use crate::tables::TableName;

/// What advertising did.
#[derive(Debug, Clone, Copy, Default)]
pub struct AdFacts {
    /// Rows.
    pub ads: u32,
    /// Times shown.
    pub impressions: f64,
    /// Times clicked.
    pub clicks: f64,
    /// Money spent.
    pub spend: f64,
    /// Customers won, as the source counts them.
    pub acquisitions: f64,
    /// Revenue attributed by the source.
    pub revenue: f64,
}

/// The table.
#[derive(Debug, Default)]
pub struct Ads;

/// One row.
#[derive(Debug, Clone, Copy)]
pub struct Ad {
    day: i32,
    facts: AdFacts,
}

impl Source for Ads {
    type Row = Ad;
    const TABLE: TableName = TableName::Ads;
    const COLUMNS: &'static [&'static str] = &["at_day", "impressions", "clicks", "spend", "acquisitions", "revenue"];

    fn read(&mut self, reader: &Reader<'_>) -> PolarsResult<Vec<(usize, Ad)>> {
        let days = reader.days("at_day")?;
        let (impressions, clicks, spend) =
            (reader.numbers("impressions")?, reader.numbers("clicks")?, reader.numbers("spend")?);
        let (acquisitions, revenue) = (reader.numbers("acquisitions")?, reader.numbers("revenue")?);
        let ad = |row| Ad {
            day: days.or_never(row),
            facts: AdFacts {
                ads: 1,
                impressions: impressions.or_zero(row),
                clicks: clicks.or_zero(row),
                spend: spend.or_zero(row),
                acquisitions: acquisitions.or_zero(row),
                revenue: revenue.or_zero(row),
            },
        };
        Ok((0..reader.height()).map(|row| (row, ad(row))).collect())
    }

    fn key(ad: &Ad) -> [i64; 6] {
        let AdFacts { impressions, clicks, spend, acquisitions, revenue, .. } = ad.facts;
        let [impressions, clicks, spend, acquisitions, revenue] =
            [impressions, clicks, spend, acquisitions, revenue].map(float_key);
        [i64::from(ad.day), impressions, clicks, spend, acquisitions, revenue]
    }

    fn fill(rows: &[Ad], frame: Frame<'_>, facts: &mut [Facts]) {
        by_period(
            rows,
            |ad| ad.day,
            frame,
            facts,
            |ads, facts| {
                let total = |of: fn(&AdFacts) -> f64| ads.iter().map(|ad| of(&ad.facts)).sum::<ExactSum>().value();
                facts.ads = AdFacts {
                    ads: super::source::count(ads.len()),
                    impressions: total(|ad| ad.impressions),
                    clicks: total(|ad| ad.clicks),
                    spend: total(|ad| ad.spend),
                    acquisitions: total(|ad| ad.acquisitions),
                    revenue: total(|ad| ad.revenue),
                };
            },
        );
    }
}
