//! What stands beside the KPIs: cohorts, bridges, segments and who moved between them.

use polars::prelude::{DataFrame, PolarsError};

use super::facts::{Store, StoreRequest};
use super::segment::{self, Grouping, Segment};
use super::segments::Segmentation;
use super::{ACTIVITY, Calendar, Error, PeriodKind, Span, bridges, cohorts, segments};
use crate::contract::Checked;
use crate::progress::Progress;
use crate::project::Project;
use crate::tables::TableName;
use crate::time::Day;

/// Frames published beside `kpis.parquet`; each is documented where it is made.
#[derive(Debug)]
pub struct Extras {
    /// `cohorts.parquet`, see [`cohorts`].
    pub cohorts: DataFrame,
    /// `bridges.parquet`, see [`bridges`].
    pub bridges: DataFrame,
    /// `segments.parquet`, see [`segments`].
    pub segments: DataFrame,
    /// `segment_migration.parquet`, see [`segments`].
    pub segment_migration: DataFrame,
}

impl Extras {
    /// The files of a run, by name.
    pub fn files(&mut self) -> [(&'static str, &mut DataFrame); 4] {
        [
            ("bridges.parquet", &mut self.bridges),
            ("cohorts.parquet", &mut self.cohorts),
            ("segment_migration.parquet", &mut self.segment_migration),
            ("segments.parquet", &mut self.segments),
        ]
    }
}

/// Computes them as of a day: bridges of the last twelve months and the one under way, migration from the start of the
/// last complete month.
///
/// # Errors
/// Files that cannot be read any more, cancelling.
pub fn extras(project: &Project, checked: &Checked, as_of: Day, progress: &Progress) -> Result<Extras, Error> {
    let stage = progress.stage("cohorts, bridges, segments", Some(3))?;
    let (store, groupings) = load(project, checked, as_of)?;
    let week_start = project.project.week_start;
    let span = Span { kind: PeriodKind::Month, week_start, from: None, to: None, as_of, rolling_days: None };
    let with_mrr = checked.table(TableName::Subscriptions).is_some_and(|table| table.has("mrr"));
    let bridges = bridges::compute(&store, &Calendar::new(&span), &groupings, with_mrr);
    stage.advance(1)?;
    let with_orders = checked.table(TableName::Orders).is_some();
    let length = cohorts::Length::of(project);
    let cohorts = cohorts::compute(&store, as_of, length, &groupings, with_orders, data_start(checked));
    stage.advance(1)?;
    let month = PeriodKind::Month.start(as_of, week_start);
    let earlier = PeriodKind::Month.start(month.plus(-1), week_start);
    let (before, now) = (Segmentation::new(&store, earlier), Segmentation::new(&store, as_of));
    stage.advance(1)?;
    let failed = |source: PolarsError| Error::Table { table: "segments", source };
    Ok(Extras {
        cohorts: cohorts::frame(&cohorts, length).map_err(failed)?,
        bridges: bridges::frame(&bridges).map_err(failed)?,
        segments: now.frame(&store).map_err(failed)?,
        segment_migration: segments::frame(&segments::migration(&before, &now), earlier, as_of).map_err(failed)?,
    })
}

/// Who moved between segments from one day to another, both as known at the later one.
///
/// # Errors
/// [`Error::EmptySpan`] if `from` is not before `to`; files that cannot be read any more, cancelling.
pub fn migration(
    project: &Project,
    checked: &Checked,
    from: Day,
    to: Day,
    progress: &Progress,
) -> Result<Vec<segments::Move>, Error> {
    if from >= to {
        return Err(Error::EmptySpan);
    }
    let stage = progress.stage("segments", Some(2))?;
    let (store, _) = load(project, checked, to)?;
    stage.advance(1)?;
    Ok(segments::migration(&Segmentation::new(&store, from), &Segmentation::new(&store, to)))
}

/// The customers' rows, and the project's segments of attributes.
fn load(project: &Project, checked: &Checked, as_of: Day) -> Result<(Store, Vec<Grouping>), Error> {
    let resolved = segment::resolve(&project.project.segments, checked, false)?;
    let of_attributes: Vec<(String, Vec<String>)> = resolved
        .into_iter()
        .filter_map(|(name, segment)| match segment {
            Segment::Attributes(parts) => Some((name, parts)),
            Segment::Own(..) => None,
        })
        .collect();
    let mut attributes: Vec<String> = of_attributes.iter().flat_map(|(_, parts)| parts.clone()).collect();
    attributes.sort_unstable();
    attributes.dedup();
    let tables: Vec<TableName> = ACTIVITY.into_iter().filter(|table| checked.table(*table).is_some()).collect();
    let request = StoreRequest {
        as_of,
        tables: &tables,
        attributes: &attributes,
        split: None,
        wants_sessions: false,
        wants_lifetimes: false,
    };
    let store = Store::load(project, checked, &request)?;
    let groupings = of_attributes.iter().map(|(name, parts)| Grouping::by_attributes(name, parts, &store)).collect();
    Ok((store, groupings))
}

/// The first day of any table that shows customers active.
fn data_start(checked: &Checked) -> Option<Day> {
    let spans = ACTIVITY.iter().filter_map(|table| checked.table(*table)?.span);
    spans.map(|(first, _)| first).min()
}
