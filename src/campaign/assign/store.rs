//! Campaigns on disk: frozen once, verified at every reading.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use polars::prelude::*;

use super::manifest::{MANIFEST_FORMAT, Manifest, eligible_hash};
use crate::campaign::{Error, evaluate, export};
use crate::time::Day;

const MANIFEST: &str = "manifest.json";
const ASSIGNMENTS: &str = "assignments.parquet";

/// A campaign: its manifest and its assignments.
#[derive(Debug, Clone)]
pub struct Campaign {
    /// What decides the arms.
    pub manifest: Manifest,
    /// `customer, arm, stratum, score, value`, ascending by customer.
    pub assignments: DataFrame,
}

/// The folder of a campaign.
#[must_use]
pub fn folder(project_root: &Path, name: &str) -> PathBuf {
    project_root.join("campaigns").join(name)
}

/// Writes the campaign so that it is there whole or not at all; one of that name must not exist.
///
/// # Errors
/// [`Error::AlreadyAssigned`], [`Error::BadName`] or that the folder cannot be written.
pub fn freeze(project_root: &Path, campaign: &mut Campaign) -> Result<PathBuf, Error> {
    let name = campaign.manifest.name.clone();
    let is_plain = |letter: char| letter.is_alphanumeric() || matches!(letter, '_' | '-' | '.' | ' ');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_plain) {
        return Err(Error::BadName { name });
    }
    let target = folder(project_root, &name);
    if target.exists() {
        return Err(Error::AlreadyAssigned { name, path: target });
    }
    let unwritable = |source| Error::Unwritable { path: target.clone(), source };
    let campaigns = project_root.join("campaigns");
    fs::create_dir_all(&campaigns).map_err(unwritable)?;
    let staged = tempfile::Builder::new().prefix(".staging-").tempdir_in(&campaigns).map_err(unwritable)?;
    let assignments = staged.path().join(ASSIGNMENTS);
    export::write(&campaign.assignments, &assignments)?;
    let bytes = fs::read(&assignments).map_err(unwritable)?;
    campaign.manifest.assignments = blake3::hash(&bytes).to_hex().to_string();
    campaign.manifest.digest = campaign.manifest.own_digest();
    evaluate::write_json(&campaign.manifest, &staged.path().join(MANIFEST))?;
    open_to_all(staged.path()).map_err(unwritable)?;
    fs::rename(staged.path(), &target).map_err(unwritable)?;
    fs::File::open(&campaigns).and_then(|folder| folder.sync_all()).map_err(unwritable)?;
    Ok(target)
}

#[cfg(unix)]
fn open_to_all(folder: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_to_all(_folder: &Path) -> std::io::Result<()> {
    Ok(())
}

/// Reads a campaign and draws every arm again.
///
/// # Errors
/// [`Error::NoCampaign`]; [`Error::Tampered`] when manifest, file, ids or arms are not those that were frozen.
pub fn load(project_root: &Path, name: &str) -> Result<Campaign, Error> {
    let folder = folder(project_root, name);
    if !folder.is_dir() {
        return Err(Error::NoCampaign { name: name.to_owned(), known: names(project_root) });
    }
    let manifest = manifest(&folder, name)?;
    let path = folder.join(ASSIGNMENTS);
    let bytes = fs::read(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    let tampered = |what: &str| Error::Tampered { name: name.to_owned(), what: what.to_owned() };
    let unreadable = |source| Error::NotATable { path: path.clone(), source };
    let reader = ParquetReader::new(std::io::Cursor::new(&bytes));
    let assignments = reader.finish().map_err(unreadable)?;
    let campaign = Campaign { manifest, assignments };
    campaign.verify()?;
    if blake3::hash(&bytes).to_hex().to_string() != campaign.manifest.assignments {
        return Err(tampered("assignments.parquet is not the file that was frozen"));
    }
    Ok(campaign)
}

fn manifest(folder: &Path, name: &str) -> Result<Manifest, Error> {
    let path = folder.join(MANIFEST);
    let text = fs::read_to_string(&path).map_err(|source| Error::Unreadable { path: path.clone(), source })?;
    let tampered = |what: String| Error::Tampered { name: name.to_owned(), what };
    let manifest: Manifest =
        serde_json::from_str(&text).map_err(|error| tampered(format!("manifest.json does not read: {error}")))?;
    if manifest.format != MANIFEST_FORMAT {
        return Err(Error::ManifestFormat { found: manifest.format, readable: MANIFEST_FORMAT });
    }
    if manifest.digest != manifest.own_digest() {
        return Err(tampered("manifest.json is not what was frozen (its digest differs)".to_owned()));
    }
    Ok(manifest)
}

fn names(project_root: &Path) -> Vec<String> {
    let entries = fs::read_dir(project_root.join("campaigns")).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .filter(|entry| entry.path().join(MANIFEST).is_file())
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    names
}

/// Customers of campaigns that are still live on a day.
///
/// # Errors
/// As [`load`].
pub fn live(project_root: &Path, day: Day) -> Result<BTreeSet<String>, Error> {
    let mut busy = BTreeSet::new();
    for name in names(project_root) {
        let campaign = load(project_root, &name)?;
        if campaign.manifest.live_until > day {
            let customers = campaign.assignments.column("customer")?.str()?.clone();
            busy.extend(customers.iter().flatten().map(str::to_owned));
        }
    }
    Ok(busy)
}

impl Campaign {
    /// Draws every arm again and compares.
    ///
    /// # Errors
    /// [`Error::Tampered`].
    pub fn verify(&self) -> Result<(), Error> {
        let tampered = |what: String| Error::Tampered { name: self.manifest.name.clone(), what };
        let text = |name: &str| -> Result<StringChunked, Error> {
            let column = self.assignments.column(name).map_err(|_| tampered(format!("there is no column `{name}`")))?;
            Ok(column.cast(&DataType::String)?.str()?.clone())
        };
        let (customers, arms, strata) = (text("customer")?, text("arm")?, text("stratum")?);
        let ids: Vec<&str> = customers.iter().map(Option::unwrap_or_default).collect();
        let strata: Vec<String> = strata.iter().map(|stratum| stratum.unwrap_or_default().to_owned()).collect();
        if eligible_hash(&ids) != self.manifest.eligible_hash {
            return Err(tampered("the customers are not those that were assigned".to_owned()));
        }
        let drawn = self.manifest.draw(&ids, &strata);
        let differing = drawn.iter().zip(arms.iter()).filter(|(drawn, found)| Some(drawn.as_str()) != *found).count();
        if differing > 0 {
            return Err(tampered(format!("{differing} of {} customers are not in the arm drawn for them", ids.len())));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaign::assign::{Arm, Request, assign, counts};

    fn list() -> DataFrame {
        let ids: Vec<String> = (0..500).map(|at| format!("c{at:03}")).collect();
        let deciles: Vec<i64> = (0..500).map(|at| at / 50 + 1).collect();
        let columns = vec![Column::new("customer".into(), ids), Column::new("decile".into(), deciles)];
        DataFrame::new(500, columns).expect("columns of equal length")
    }

    fn request(stratified: bool) -> Request {
        let day = Day::from_epoch_days(20_000);
        let arm = |name: &str, weight| Arm { name: name.to_owned(), weight };
        Request {
            name: "spring".to_owned(),
            run: day,
            target: "churn".to_owned(),
            arms: vec![arm("treat", 0.9), arm("holdout", 0.1)],
            control: "holdout".to_owned(),
            salt: "spring".to_owned(),
            arm_salt: "arm".to_owned(),
            stratified,
            selection: "band high".to_owned(),
            live_until: day.plus(90),
            global_holdout: 0.0,
            plan: None,
        }
    }

    fn frozen(root: &Path, stratified: bool) -> Campaign {
        let mut campaign = assign(&request(stratified), &list(), &BTreeSet::new()).expect("customers");
        freeze(root, &mut campaign).expect("frozen");
        campaign
    }

    #[test]
    fn what_was_frozen_reads_back_and_a_second_assignment_is_refused() {
        let root = tempfile::tempdir().expect("a folder");
        let mut campaign = frozen(root.path(), true);
        assert_eq!(load(root.path(), "spring").expect("untouched").manifest, campaign.manifest);
        let parts = counts(&campaign).expect("arms");
        assert_eq!(parts, [("treat".to_owned(), 450), ("holdout".to_owned(), 50)]);
        assert!(matches!(freeze(root.path(), &mut campaign), Err(Error::AlreadyAssigned { .. })));
        let busy = live(root.path(), Day::from_epoch_days(20_010)).expect("campaigns");
        assert_eq!(busy.len(), 500);
        assert!(live(root.path(), Day::from_epoch_days(20_090)).expect("campaigns").is_empty());
    }

    #[test]
    fn a_changed_salt_a_changed_weight_and_a_changed_id_are_caught() {
        for (from, to) in [("\"salt\": \"spring\"", "\"salt\": \"summer\""), ("0.9", "0.8")] {
            let root = tempfile::tempdir().expect("a folder");
            frozen(root.path(), false);
            let path = folder(root.path(), "spring").join(MANIFEST);
            let text = fs::read_to_string(&path).expect("a manifest");
            fs::write(&path, text.replacen(from, to, 1)).expect("written");
            assert!(matches!(load(root.path(), "spring"), Err(Error::Tampered { .. })), "{from}");
        }
        let root = tempfile::tempdir().expect("a folder");
        let mut campaign = frozen(root.path(), false);
        campaign.manifest.salt = "summer".to_owned();
        assert!(matches!(campaign.verify(), Err(Error::Tampered { .. })), "the draw itself differs");
        let path = folder(root.path(), "spring").join(ASSIGNMENTS);
        let mut other = campaign.assignments.clone();
        let mut ids: Vec<String> = (0..500).map(|at| format!("c{at:03}")).collect();
        ids[7] = "somebody else".to_owned();
        other.with_column(Column::new("customer".into(), ids)).expect("a column");
        export::write(&other, &path).expect("written");
        assert!(matches!(load(root.path(), "spring"), Err(Error::Tampered { .. })));
    }

    #[test]
    fn customers_set_aside_or_busy_are_not_assigned() {
        let busy = BTreeSet::from(["c000".to_owned()]);
        let request = Request { global_holdout: 0.2, ..request(false) };
        let campaign = assign(&request, &list(), &busy).expect("customers");
        let ids: Vec<String> = campaign
            .assignments
            .column("customer")
            .expect("ids")
            .str()
            .expect("text")
            .iter()
            .flatten()
            .map(str::to_owned)
            .collect();
        assert!(!ids.contains(&"c000".to_owned()));
        assert!(ids.len() > 350 && ids.len() < 450, "{}", ids.len());
        assert!(ids.iter().all(|id| !super::super::is_global_holdout(id, 0.2)));
    }
}
