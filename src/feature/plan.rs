//! The plan: which features a project has, each bound to its kind, before any data are read.

use indexmap::IndexMap;

use super::error::Error;
use super::frame::FeatureInfo;
use super::kinds::{KINDS, kind};
use super::resolve::parts;
use crate::contract::{Checked, CheckedTable};
use crate::project::{FeatureDeclaration, FeatureSettings, Project};
use crate::rollup::{has_column, roots};
use crate::tables::TableName;

/// Kinds that read no rows but attributes, the signup, or other features.
pub const STATE_KINDS: [(&str, &str); 8] = [
    ("tenure", "Days from the signup to the cutoff. No signup, or one that lies ahead: undefined."),
    ("attribute", "An attribute of the customer as it was valid at the cutoff: a number or a level."),
    ("indicator", "1 if an attribute of the customer has the declared level at the cutoff, else 0."),
    ("ratio", "(numerator + plus) / (denominator + plus) of two features. Nothing below the line: undefined."),
    ("log_ratio", "Natural logarithm of (numerator + plus) / (denominator + plus) of two features."),
    ("difference", "One feature minus another."),
    (
        "alive",
        "Probability that a buyer has not left for good, by the MBG/NBD model fitted at the cutoff on all orders before it. \
         Never bought, or too few came back to fit: undefined.",
    ),
    (
        "expected_orders",
        "Orders expected in the 90 days after the cutoff, by the same model. Never bought, or too few came back: undefined.",
    ),
];

/// Those of them that ask the model of purchases.
const LIFETIME_KINDS: [&str; 2] = ["alive", "expected_orders"];

/// Which features a project has.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) declared: Vec<Declared>,
    pub(super) passive: Vec<String>,
    pub(super) settings: FeatureSettings,
    pub(super) exactly: Option<Vec<FeatureInfo>>,
    absent: Vec<(String, String)>,
}

/// One feature, or a template for one per level.
#[derive(Debug, Clone)]
pub struct Declared {
    /// Its name; a template's holds `{level}`.
    pub name: String,
    /// What it is, with one window.
    pub declaration: FeatureDeclaration,
    /// Whether the project declares it itself.
    pub own: bool,
    /// Whether the settings keep it; others are computed only if a kept one stands on them.
    pub kept: bool,
}

impl Plan {
    /// The plan of a project: shipped features whose tables and columns are mapped, the project's own, its attributes.
    ///
    /// # Errors
    /// If a declaration of the project is wrong or needs what is not mapped.
    pub fn new(project: &Project, checked: &Checked) -> Result<Self, Error> {
        let mut plan = Self {
            declared: Vec::new(),
            passive: project.roles.passive.clone(),
            settings: project.features.clone(),
            exactly: None,
            absent: Vec::new(),
        };
        for (name, declaration) in project.features.declarations()? {
            let own = project.features.define.contains_key(&name);
            plan.declare(project, checked, &name, &declaration, own)?;
        }
        if project.features.keeps_family("attribute") {
            plan.declare_attributes(project, checked);
        }
        Ok(plan)
    }

    /// The plan that computes exactly these features, as a model lists them.
    #[must_use]
    pub fn exactly(&self, features: &[FeatureInfo]) -> Self {
        Self { exactly: Some(features.to_vec()), ..self.clone() }
    }

    /// Shipped features that are not computed, and what they lack.
    #[must_use]
    pub fn absent(&self) -> &[(String, String)] {
        &self.absent
    }

    /// What is computed.
    #[must_use]
    pub fn declared(&self) -> &[Declared] {
        &self.declared
    }

    /// The columns whose levels get features of their own.
    pub(super) fn level_columns(&self) -> impl Iterator<Item = (TableName, String)> {
        let templates = self.declared.iter().map(|declared| &declared.declaration);
        templates.filter_map(|template| Some((template.table.unwrap_or(TableName::Events), template.each.clone()?)))
    }

    /// Whether any feature asks the model of purchases.
    pub(super) fn has_lifetimes(&self) -> bool {
        let asks = |declared: &&Declared| LIFETIME_KINDS.contains(&declared.declaration.kind.as_str());
        let is_part =
            |name: &String| self.declared.iter().any(|other| parts(&other.declaration).any(|part| part == name));
        let is_wanted = |declared: &Declared| match &self.exactly {
            Some(wanted) => wanted.iter().any(|feature| feature.name == declared.name),
            None => declared.kept,
        };
        self.declared.iter().filter(asks).any(|declared| is_wanted(declared) || is_part(&declared.name))
    }

    fn declare(
        &mut self,
        project: &Project,
        checked: &Checked,
        name: &str,
        declaration: &FeatureDeclaration,
        own: bool,
    ) -> Result<(), Error> {
        validate(name, declaration)?;
        if let Some((table, column)) = lacking(declaration, checked) {
            if own {
                return Err(Error::Unmapped { feature: name.to_owned(), table, column });
            }
            self.absent.push((name.to_owned(), format!("{table}.{column}")));
            return Ok(());
        }
        for (name, declaration) in expanded(name, declaration) {
            let kept = project.features.keeps(&name) || declaration.each.is_some();
            self.declared.push(Declared { name, declaration, own, kept });
        }
        Ok(())
    }

    fn declare_attributes(&mut self, project: &Project, checked: &Checked) {
        let Some(customers) = checked.table(TableName::Customers) else { return };
        let outcomes: Vec<&String> = project.targets.values().filter_map(|target| target.column.as_ref()).collect();
        for attribute in customers.attributes.iter().filter(|attribute| attribute.usable) {
            let name = feature_name(&attribute.name);
            let is_taken = self.declared.iter().any(|declared| declared.name == name);
            if outcomes.contains(&&attribute.name) || is_taken {
                continue;
            }
            let declaration = FeatureDeclaration {
                kind: "attribute".to_owned(),
                table: Some(TableName::Customers),
                column: Some(attribute.name.clone()),
                family: "attribute".to_owned(),
                unit: if attribute.numeric { "number" } else { "level" }.to_owned(),
                why: format!("What is known of the customer: {}.", attribute.name),
                ..FeatureDeclaration::default()
            };
            self.declared.push(Declared { kept: project.features.keeps(&name), name, declaration, own: false });
        }
    }
}

/// A text as a feature name: small letters, digits and `_`, beginning with a letter.
#[must_use]
pub fn feature_name(text: &str) -> String {
    let mut name = String::new();
    for letter in text.trim().chars().flat_map(char::to_lowercase) {
        let plain = if letter.is_ascii_alphanumeric() { letter } else { '_' };
        if !(plain == '_' && name.ends_with('_')) {
            name.push(plain);
        }
    }
    let name = name.trim_matches('_').to_owned();
    if name.starts_with(|first: char| first.is_ascii_lowercase()) { name } else { format!("x_{name}") }
}

fn validate(name: &str, declaration: &FeatureDeclaration) -> Result<(), Error> {
    let letters = name.replace("{level}", "level");
    let is_name = letters.starts_with(|first: char| first.is_ascii_lowercase())
        && letters.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if !is_name || name.contains("{level}") != declaration.each.is_some() {
        return Err(Error::Name { name: name.to_owned() });
    }
    let missing = |key| Error::Missing { feature: name.to_owned(), kind: declaration.kind.clone(), key };
    let require = |present: bool, key| if present { Ok(()) } else { Err(missing(key)) };
    if let Some(kind) = kind(&declaration.kind) {
        require(declaration.table.is_some(), "table")?;
        return require(kind.reads().column.is_none() || declaration.column.is_some(), "column");
    }
    match declaration.kind.as_str() {
        "tenure" | "alive" | "expected_orders" => Ok(()),
        "attribute" => require(declaration.column.is_some(), "column"),
        "indicator" => {
            require(declaration.column.is_some(), "column")?;
            require(declaration.level.is_some(), "level")
        }
        "ratio" | "log_ratio" | "difference" => {
            require(declaration.numerator.is_some(), "numerator")?;
            require(declaration.denominator.is_some(), "denominator")
        }
        _ => Err(unknown_kind(name, &declaration.kind)),
    }
}

fn unknown_kind(feature: &str, written: &str) -> Error {
    let names = KINDS.iter().map(|kind| kind.name()).chain(STATE_KINDS.map(|(name, _)| name));
    let near = names.map(|name| (strsim::jaro_winkler(name, written), name)).filter(|(likeness, _)| *likeness > 0.8);
    let nearest = near.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name.to_owned());
    Error::Kind { feature: feature.to_owned(), kind: written.to_owned(), nearest }
}

/// The first table or column that is not mapped.
fn lacking(declaration: &FeatureDeclaration, checked: &Checked) -> Option<(TableName, String)> {
    let name = match declaration.kind.as_str() {
        "tenure" | "attribute" | "indicator" => TableName::Customers,
        "alive" | "expected_orders" => TableName::Orders,
        _ => declaration.table?,
    };
    let Some(table) = checked.table(name) else { return Some((name, "customer".to_owned())) };
    let columns = needed_columns(name, declaration);
    columns.into_iter().find(|column| !is_mapped(table, column)).map(|column| (name, column))
}

fn is_mapped(table: &CheckedTable, column: &str) -> bool {
    let required = table.name.table().column(column).is_some_and(|known| known.required);
    required || has_column(table, column)
}

/// Every column a declaration reads.
fn needed_columns(table: TableName, declaration: &FeatureDeclaration) -> Vec<String> {
    let lists = [&declaration.happened, &declaration.pending, &declaration.is_true, &declaration.is_false];
    let mut columns: Vec<String> = lists.into_iter().flatten().cloned().collect();
    columns.extend(declaration.column.iter().chain(&declaration.each).chain(declaration.levels.keys()).cloned());
    columns.extend(declaration.filter.iter().filter_map(|text| roots(text)).flatten());
    if declaration.kind == "tenure" {
        columns.push("signup_at".to_owned());
    }
    if kind(&declaration.kind).is_some_and(|kind| kind.reads().until) {
        columns.extend(end_column(table).map(str::to_owned));
    }
    columns
}

/// The later time that ends a row of a table.
#[must_use]
pub fn end_column(table: TableName) -> Option<&'static str> {
    match table {
        TableName::Subscriptions | TableName::Visits => Some("ended_at"),
        TableName::Tickets => Some("resolved_at"),
        TableName::Programs => Some("left_at"),
        TableName::Messages | TableName::Referrals => Some("converted_at"),
        _ => None,
    }
}

/// One declaration per window.
fn expanded(name: &str, declaration: &FeatureDeclaration) -> Vec<(String, FeatureDeclaration)> {
    if declaration.windows.is_empty() {
        return vec![(name.to_owned(), declaration.clone())];
    }
    let each = declaration.windows.iter().map(|&window| {
        let suffix = window.days().map_or_else(|| "all".to_owned(), |days| days.to_string());
        let single = FeatureDeclaration { window: Some(window), windows: Vec::new(), ..declaration.clone() };
        (format!("{name}_{suffix}"), single)
    });
    each.collect()
}

/// The hash of a definition: everything that decides the value, nothing that only describes it.
#[must_use]
pub fn definition(declaration: &FeatureDeclaration, passive: &[String], parts: &IndexMap<String, String>) -> String {
    let mut deciding = FeatureDeclaration {
        family: String::new(),
        unit: String::new(),
        why: String::new(),
        hidden: false,
        each: None,
        ..declaration.clone()
    };
    if deciding.activity {
        deciding.not_kinds.extend(passive.iter().cloned());
        deciding.not_kinds.sort();
    }
    let of = |name: &Option<String>| name.as_ref().and_then(|name| parts.get(name)).cloned().unwrap_or_default();
    let parts = [of(&declaration.numerator), of(&declaration.denominator)];
    let text = serde_json::to_string(&(deciding, parts)).unwrap_or_default();
    blake3::hash(text.as_bytes()).to_hex().to_string()
}
