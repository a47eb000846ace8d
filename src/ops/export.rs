//! `export`: the list that people act on.
//!
//! 1. Find the run and read its scores.
//! 2. Leave out who must not be contacted.
//! 3. Select, order, recommend.
//! 4. Compare with the last list.
//! 5. Write.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::{Failure, ingest};
use crate::campaign::export::{
    Actions, Advocacy, Changes, Cutoff, Selection, advocacy, changes, chosen, columns, contacted_within, cutoffs,
    suppression_file, with_actions, without_consent, write,
};
use crate::campaign::{Error, assign};
use crate::contract;
use crate::progress::Progress;
use crate::project::Project;
use crate::publish::Runs;
use crate::time::Day;

/// What is asked of an export.
#[derive(Debug, Clone)]
pub struct Request {
    /// The run; the newest if left out.
    pub as_of: Option<Day>,
    /// The target; the project's first if empty.
    pub selection: Selection,
    /// The treated arms of this campaign instead of a selection.
    pub campaign: Option<String>,
    /// Files of customers never to contact.
    pub suppress: Vec<PathBuf>,
    /// Leave out whoever got a message in so many days.
    pub days_since_contact: Option<u32>,
    /// Add the columns of `profiles.parquet`.
    pub profiles: bool,
    /// A list that is not about risk.
    pub advocacy: Option<Advocacy>,
    /// Where to; `None` = back to the caller only.
    pub file: Option<PathBuf>,
}

/// What was exported.
#[derive(Debug, Clone)]
pub struct Exported {
    /// The list.
    pub list: DataFrame,
    /// What every cut-off would catch; empty for lists that are not about risk.
    pub cutoffs: Vec<Cutoff>,
    /// What happened since the last run's list.
    pub changes: Option<Changes>,
    /// Customers left out because they must not be contacted.
    pub suppressed: usize,
}

/// Makes a list and writes it.
///
/// # Errors
/// When there is no run, a file cannot be read, or the list cannot be written.
pub fn export(dir: &Path, request: &Request, progress: &Progress) -> Result<Exported, Failure> {
    let project = Project::load(dir)?;
    let exported = match request.advocacy {
        Some(kind) => not_about_risk(&project, kind, request, progress)?,
        None => at_risk(&project, request, progress)?,
    };
    if let Some(file) = &request.file {
        write(&exported.list, file)?;
    }
    Ok(exported)
}

fn not_about_risk(
    project: &Project,
    kind: Advocacy,
    request: &Request,
    progress: &Progress,
) -> Result<Exported, Failure> {
    let as_of = ingest::settle(project, request.as_of);
    let checked = contract::check(project, as_of, progress)?;
    let mut suppressed = without_consent(&checked, as_of)?;
    for file in &request.suppress {
        suppressed.extend(suppression_file(file)?);
    }
    let all = advocacy(&checked, as_of, kind)?;
    let list = without(&all, &suppressed)?;
    let list = list.head(request.selection.top);
    Ok(Exported { suppressed: all.height() - list.height(), list, cutoffs: Vec::new(), changes: None })
}

fn at_risk(project: &Project, request: &Request, progress: &Progress) -> Result<Exported, Failure> {
    let runs = Runs::of(&project.root)?;
    let frozen = request.campaign.as_ref().map(|name| assign::load(&project.root, name)).transpose()?;
    let as_of = runs.find(frozen.as_ref().map_or(request.as_of, |campaign| Some(campaign.manifest.run)))?;
    let scores = runs.scores_columns(as_of, &columns())?;
    let mut selection = request.selection.clone();
    selection.suppressed.extend(forbidden(project, request, as_of, progress)?);
    if let Some(campaign) = &frozen {
        selection.target.clone_from(&campaign.manifest.target);
    } else if selection.target.is_empty() {
        selection.target = project.targets.keys().next().cloned().ok_or(Error::NoTarget)?;
    }
    let actions = Actions::new(&project.actions);
    let found = match &frozen {
        Some(campaign) => {
            selection.everyone = true;
            chosen(&treated(&scores, campaign)?, &selection)?
        }
        None => chosen(&scores, &selection)?,
    };
    let suppressed = found.suppressed;
    let (mut list, mut since) = (with_actions(&found.rows, &actions)?, None);
    if let (None, Some(last)) = (&frozen, runs.last_before(as_of)) {
        let before = chosen(&runs.scores_columns(last, &columns())?, &selection)?;
        let (compared, counts) = changes(&list, &before.rows, &project.bands)?;
        (list, since) = (compared, Some(counts));
    }
    if request.profiles {
        list = with_profiles(list, &runs.folder(as_of).join("profiles.parquet"))?;
    }
    Ok(Exported { cutoffs: cutoffs(&scores, &selection.target)?, list, changes: since, suppressed })
}

/// Everyone who must not be contacted. Tables are read only where they can say so.
fn forbidden(
    project: &Project,
    request: &Request,
    as_of: Day,
    progress: &Progress,
) -> Result<HashSet<String>, Failure> {
    let mut forbidden = HashSet::new();
    for file in &request.suppress {
        forbidden.extend(suppression_file(file)?);
    }
    let customers = project.sources(crate::tables::TableName::Customers);
    let knows_consent = customers.iter().any(|source| source.columns.contains_key("consent"));
    if knows_consent || request.days_since_contact.is_some() {
        let checked = contract::check(project, as_of, progress)?;
        forbidden.extend(without_consent(&checked, as_of)?);
        if let Some(days) = request.days_since_contact {
            forbidden.extend(contacted_within(&checked, as_of, days)?);
        }
    }
    Ok(forbidden)
}

/// Scores of the treated arms with their arm.
fn treated(scores: &DataFrame, campaign: &assign::Campaign) -> Result<DataFrame, Error> {
    let arms = campaign.assignments.clone().lazy().select([col("customer"), col("arm")]);
    let treated = arms.filter(col("arm").neq(lit(campaign.manifest.control.as_str())));
    let of_target = col("target").eq(lit(campaign.manifest.target.as_str()));
    let scores = scores.clone().lazy().filter(of_target);
    Ok(scores.join(treated, [col("customer")], [col("customer")], JoinArgs::new(JoinType::Inner)).collect()?)
}

fn with_profiles(list: DataFrame, path: &Path) -> Result<DataFrame, Error> {
    let file = std::fs::File::open(path).map_err(|source| Error::Unreadable { path: path.to_owned(), source })?;
    let profiles =
        ParquetReader::new(file).finish().map_err(|source| Error::NotATable { path: path.to_owned(), source })?;
    let order = col("customer");
    let ranked = list.lazy().with_row_index("list_order", None);
    let joined = ranked.left_join(profiles.lazy(), order.clone(), order);
    Ok(joined.sort(["list_order"], SortMultipleOptions::default()).drop(cols(["list_order"])).collect()?)
}

fn without(list: &DataFrame, suppressed: &HashSet<String>) -> Result<DataFrame, Error> {
    let customers = list.column("customer")?.str()?.clone();
    let mask: BooleanChunked = customers.iter().map(|id| Some(!suppressed.contains(id.unwrap_or_default()))).collect();
    Ok(list.filter(&mask)?)
}
