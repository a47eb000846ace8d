//! `campaign assign`: draw the arms of a list and freeze them.
//!
//! 1. Find the run and make the list.
//! 2. Leave out the global holdout and customers of live campaigns.
//! 3. Draw.
//! 4. Freeze manifest and assignments by one rename.

use std::path::Path;

use super::{Failure, campaign_plan::plan_file};
use crate::campaign::Error;
use crate::campaign::assign::{Arm, Campaign, Request, assign, folder, freeze, live};
use crate::campaign::export::{Actions, Selection, list};
use crate::project::Project;
use crate::publish::Runs;
use crate::time::Day;

/// What is asked of an assignment.
#[derive(Debug, Clone)]
pub struct Ask {
    /// Name of the campaign.
    pub name: String,
    /// The run; the newest if left out.
    pub run: Option<Day>,
    /// Arms in order.
    pub arms: Vec<Arm>,
    /// The arm that is left alone; guessed from its name if left out.
    pub control: Option<String>,
    /// Salt; the name if left out.
    pub salt: Option<String>,
    /// Salt of the draw; `arm` if left out.
    pub arm_salt: Option<String>,
    /// Draw within each decile.
    pub stratified: bool,
    /// Who is eligible.
    pub selection: Selection,
    /// Days it is live; the project's default if left out.
    pub live_days: Option<u32>,
}

/// Draws and freezes a campaign.
///
/// # Errors
/// When it exists already, nobody is eligible, or it cannot be written.
pub fn campaign_assign(dir: &Path, ask: &Ask) -> Result<Campaign, Failure> {
    let project = Project::load(dir)?;
    let path = folder(&project.root, &ask.name);
    if path.exists() {
        return Err(Error::AlreadyAssigned { name: ask.name.clone(), path }.into());
    }
    let runs = Runs::of(&project.root)?;
    let run = runs.find(ask.run)?;
    let mut selection = ask.selection.clone();
    if selection.target.is_empty() {
        selection.target = project.targets.keys().next().cloned().ok_or(Error::NoTarget)?;
    }
    let eligible = list(&runs.scores(run)?, &selection, &Actions::new(&project.actions))?;
    let days = ask.live_days.unwrap_or(project.campaign.live_days);
    let plan = plan_file(&project.root, &ask.name);
    let request = Request {
        name: ask.name.clone(),
        run,
        target: selection.target.clone(),
        control: control(&ask.arms, ask.control.as_deref())?,
        arms: ask.arms.clone(),
        salt: ask.salt.clone().unwrap_or_else(|| ask.name.clone()),
        arm_salt: ask.arm_salt.clone().unwrap_or_else(|| "arm".to_owned()),
        stratified: ask.stratified,
        selection: words(&selection),
        live_until: run.plus(i32::try_from(days).unwrap_or(i32::MAX / 4)),
        global_holdout: project.campaign.global_holdout,
        plan: std::fs::read(&plan).ok().and_then(|text| serde_json::from_slice(&text).ok()),
    };
    let mut campaign = assign(&request, &eligible, &live(&project.root, run)?)?;
    freeze(&project.root, &mut campaign)?;
    Ok(campaign)
}

/// The control: as named, else the arm called holdout or control, else the last.
fn control(arms: &[Arm], named: Option<&str>) -> Result<String, Error> {
    let shown = || arms.iter().map(|arm| format!("{}={}", arm.name, arm.weight)).collect::<Vec<_>>().join(" ");
    let weights_are_usable = arms.iter().all(|arm| arm.weight >= 0.0) && arms.iter().any(|arm| arm.weight > 0.0);
    let names_differ = arms.iter().enumerate().all(|(at, arm)| arms[..at].iter().all(|other| other.name != arm.name));
    if arms.len() < 2 || !weights_are_usable || !names_differ {
        return Err(Error::Arms(shown()));
    }
    let called = |name: &str| arms.iter().find(|arm| arm.name == name).map(|arm| arm.name.clone());
    match named {
        Some(name) => called(name).ok_or_else(|| Error::Arms(shown())),
        None => {
            Ok(called("holdout").or_else(|| called("control")).unwrap_or_else(|| arms[arms.len() - 1].name.clone()))
        }
    }
}

fn words(selection: &Selection) -> String {
    let band = selection.band.as_ref().map(|band| format!("band {band}"));
    let top = selection.top.map(|top| format!("top {top}"));
    let value = selection.min_value.map(|value| format!("value at risk from {value}"));
    let parts: Vec<String> = [band, top, value].into_iter().flatten().collect();
    if parts.is_empty() { "every band but low".to_owned() } else { parts.join(", ") }
}
