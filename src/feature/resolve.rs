//! From a plan to instances: templates become one feature per level, declarations are bound to a history's columns.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;

use super::census::Census;
use super::error::Error;
use super::frame::FeatureInfo;
use super::kinds::{Kind, OfCounts, kind};
use super::plan::{Declared, Plan, definition, end_column, feature_name};
use crate::observe::{Filter, Parameters, Places, StreamPlan, Wants};
use crate::project::{FeatureDeclaration, Span};
use crate::rollup::History;
use crate::tables::TableName;

/// More levels of one column than this do not get features of their own.
const MOST_LEVELS: usize = 40;

/// One feature about to be computed.
#[derive(Clone)]
pub struct Instance {
    /// What is told about it.
    pub info: FeatureInfo,
    /// What it is.
    pub declaration: FeatureDeclaration,
    /// Whether it is only a part of others.
    pub hidden: bool,
}

/// Instances of kinds that read rows, grouped by the rows they read.
pub struct StreamGroup {
    /// The table.
    pub table: TableName,
    /// Which rows and columns.
    pub plan: StreamPlan,
    /// What is computed from them.
    pub members: Vec<Member>,
    /// No feature looks at rows of days before this one, whatever the cutoff.
    pub since: i32,
    /// The days at which windows of the members begin or end, at any cutoff, ascending.
    pub marks: Vec<i32>,
}

/// An instance's position and its kind.
type Bound = (usize, &'static dyn Kind);

/// One feature of a stream.
pub struct Member {
    /// Its position among the instances.
    pub position: usize,
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its window, columns and constants.
    pub parameters: Parameters,
    /// Its value where the kind's is undefined.
    pub empty: f64,
    /// Where its window begins and ends among the group's marks, cutoff by cutoff.
    pub places: Vec<Places>,
    /// How its value follows from counts, if it does.
    pub of_counts: Option<OfCounts>,
}

/// The instances of a plan; levels are those of the census.
pub fn instances(plan: &Plan, census: &Census) -> Result<Vec<Instance>, Error> {
    let mut flat: IndexMap<String, Declared> = IndexMap::new();
    for declared in &plan.declared {
        for single in of_levels(plan, declared, census) {
            flat.insert(single.name.clone(), single);
        }
    }
    let mut hashes = IndexMap::new();
    let mut sources: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let mut all = Vec::with_capacity(flat.len());
    for declared in parts_first(flat.into_values().collect())? {
        let hash = definition(&declared.declaration, &plan.passive, &hashes);
        hashes.insert(declared.name.clone(), hash.clone());
        let of = sources_of(&declared.declaration, &sources);
        sources.insert(declared.name.clone(), of.clone());
        all.push(instance(declared, hash, of));
    }
    needed(plan, all)
}

/// The same features in the same order, but for those that stand on later ones: they come after them.
fn parts_first(mut waiting: Vec<Declared>) -> Result<Vec<Declared>, Error> {
    let mut done = BTreeSet::new();
    let mut ordered = Vec::with_capacity(waiting.len());
    while !waiting.is_empty() {
        let mut delayed = Vec::new();
        let before = ordered.len();
        for declared in waiting {
            if parts(&declared.declaration).all(|part| done.contains(part)) {
                done.insert(declared.name.clone());
                ordered.push(declared);
            } else {
                delayed.push(declared);
            }
        }
        if ordered.len() == before {
            // A shipped feature lacks what the project's tables or its choice of families do not give.
            delayed.retain(|declared| declared.own);
            let Some(stuck) = delayed.first() else { break };
            let on = parts(&stuck.declaration).find(|part| !done.contains(*part)).cloned().unwrap_or_default();
            return Err(Error::Dangling { feature: stuck.name.clone(), on });
        }
        waiting = delayed;
    }
    Ok(ordered)
}

/// The features a declaration stands on.
pub(super) fn parts(declaration: &FeatureDeclaration) -> impl Iterator<Item = &String> {
    [&declaration.numerator, &declaration.denominator].into_iter().flatten()
}

/// The rows a feature is made of: a table, or a table and its levels; those of the parts of a feature made of others.
fn sources_of(declaration: &FeatureDeclaration, known: &BTreeMap<String, Vec<String>>) -> Vec<String> {
    let Some(table) = declaration.table else {
        let all: BTreeSet<String> = parts(declaration).filter_map(|part| known.get(part)).flatten().cloned().collect();
        return all.into_iter().collect();
    };
    let attribute = declaration.column.iter().filter(|_| table == TableName::Customers);
    let levels: Vec<&String> =
        declaration.kinds.iter().chain(declaration.levels.values().flatten()).chain(attribute).collect();
    if levels.is_empty() {
        return vec![table.to_string()];
    }
    levels.into_iter().map(|level| format!("{table}: {level}")).collect()
}

fn instance(declared: Declared, definition: String, sources: Vec<String>) -> Instance {
    let declaration = declared.declaration;
    let info = FeatureInfo {
        name: declared.name,
        family: declaration.family.clone(),
        unit: declaration.unit.clone(),
        why: declaration.why.clone(),
        definition,
        sources,
    };
    Instance { hidden: declaration.hidden || !declared.kept, info, declaration }
}

/// Leaves out what nobody asked for, and checks a model's list against the definitions.
fn needed(plan: &Plan, mut all: Vec<Instance>) -> Result<Vec<Instance>, Error> {
    if let Some(wanted) = &plan.exactly {
        for feature in wanted {
            let found = all.iter().find(|instance| instance.info.name == feature.name);
            let difference = match found {
                None => "cannot be made from this project",
                Some(found) if found.info.definition != feature.definition => "is defined differently now",
                Some(_) => continue,
            };
            return Err(Error::Changed { feature: feature.name.clone(), difference });
        }
        for instance in &mut all {
            instance.hidden = !wanted.iter().any(|feature| feature.name == instance.info.name);
        }
    }
    let mut used: BTreeSet<String> = BTreeSet::new();
    for instance in all.iter().rev() {
        if !instance.hidden || used.contains(&instance.info.name) {
            used.insert(instance.info.name.clone());
            used.extend(parts(&instance.declaration).cloned());
        }
    }
    all.retain(|instance| used.contains(&instance.info.name));
    Ok(all)
}

/// A template's features, one per name that levels get; other declarations as they are.
fn of_levels(plan: &Plan, declared: &Declared, census: &Census) -> Vec<Declared> {
    let Some(column) = &declared.declaration.each else { return vec![declared.clone()] };
    let table = declared.declaration.table.unwrap_or(TableName::Events);
    // A model may list levels that have become rare since.
    let most = if plan.exactly.is_some() { usize::MAX } else { MOST_LEVELS };
    let mut levels: Vec<String> = census.levels(table, column).iter().take(most).cloned().collect();
    if table == TableName::Events && column == "kind" {
        levels.extend(plan.settings.kinds.iter().cloned());
    }
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for level in levels.into_iter().collect::<BTreeSet<_>>() {
        named.entry(feature_name(&level)).or_default().push(level);
    }
    let single = |(level, levels): (String, Vec<String>)| {
        let mut declaration = declared.declaration.clone();
        declaration.why = declaration.why.replace("{level}", &levels.join("`, `"));
        declaration.levels = [(column.clone(), levels)].into_iter().collect();
        let name = declared.name.replace("{level}", &level);
        Declared { kept: declared.kept && plan.settings.keeps(&name), name, declaration, own: declared.own }
    };
    named.into_iter().map(single).collect()
}

/// Groups what reads rows by the rows it reads, so that each is gathered once.
///
/// The cutoffs ascend.
pub fn streams(plan: &Plan, instances: &[Instance], history: &History, cutoffs: &[i32]) -> Vec<StreamGroup> {
    let mut groups: BTreeMap<(TableName, Filter), Vec<Bound>> = BTreeMap::new();
    for (position, instance) in instances.iter().enumerate() {
        if let (Some(kind), Some(table)) = (kind(&instance.declaration.kind), instance.declaration.table) {
            let filter = Filter::of(&instance.declaration, &plan.passive);
            groups.entry((table, filter)).or_default().push((position, kind));
        }
    }
    groups
        .into_iter()
        .filter_map(|((name, filter), members)| group(name, &filter, &members, instances, history))
        .map(|group| group.placed(cutoffs))
        .collect()
}

fn group(
    name: TableName,
    filter: &Filter,
    members: &[Bound],
    instances: &[Instance],
    history: &History,
) -> Option<StreamGroup> {
    let table = history.table(name)?;
    let mut columns: Vec<String> = Vec::new();
    let mut wants = Wants::NOTHING;
    let mut bound = Vec::with_capacity(members.len());
    for &(position, kind) in members {
        let declaration = &instances[position].declaration;
        let mut slot = |column: Option<&str>| match column {
            Some(column) => columns.iter().position(|known| known == column).unwrap_or_else(|| {
                columns.push(column.to_owned());
                columns.len() - 1
            }),
            None => 0,
        };
        let reads = kind.reads();
        let column = slot(reads.column.and(declaration.column.as_deref()));
        let until = slot(end_column(name).filter(|_| reads.until));
        wants = wants.or(reads.wants);
        let parameters = Parameters {
            window: declaration.window.and_then(Span::days),
            column,
            until,
            half_life: declaration.half_life.unwrap_or(30.0),
            ..Parameters::default()
        };
        bound.push(Member {
            position,
            kind,
            parameters: kind.prepared(parameters),
            empty: declaration.empty.unwrap_or(f64::NAN),
            places: Vec::new(),
            of_counts: kind.of_counts(),
        });
    }
    let plan = StreamPlan::new(table, filter, &columns, wants)?;
    // Those of one window side by side: some of them share what they compute.
    bound.sort_by_key(|member| (member.parameters.window.unwrap_or(u32::MAX), member.position));
    Some(StreamGroup { table: name, plan, members: bound, since: i32::MIN, marks: Vec::new() })
}

/// Days at which a feature's window as of a cutoff ends and begins, and at which the window before it does if the feature
/// looks at that. Without a window everything before the cutoff is meant.
fn window_days(member: &Member, as_of: i32) -> (i32, i32, Option<i32>) {
    let Some(window) = member.parameters.window else { return (as_of, i32::MIN, None) };
    let reach = member.kind.reach(&member.parameters);
    let before = reach.filter(|&reach| reach > window).map(|_| as_of.saturating_sub_unsigned(window.saturating_mul(2)));
    (as_of, as_of.saturating_sub_unsigned(window), before)
}

impl StreamGroup {
    /// The group with the places of its members' windows at the cutoffs.
    fn placed(mut self, cutoffs: &[i32]) -> Self {
        let earliest = cutoffs.first().copied().unwrap_or(0);
        let reach: Option<Vec<u32>> = self.members.iter().map(|member| member.kind.reach(&member.parameters)).collect();
        let farthest = reach.and_then(|reach| reach.into_iter().max());
        self.since = farthest.map_or(i32::MIN, |days| earliest.saturating_sub_unsigned(days));
        let mut marks = BTreeSet::new();
        for member in &self.members {
            for (end, start, before) in cutoffs.iter().map(|&as_of| window_days(member, as_of)) {
                marks.extend([end, start].into_iter().chain(before));
            }
        }
        self.marks = marks.into_iter().collect();
        let place = |day: i32| self.marks.partition_point(|&mark| mark < day);
        for member in &mut self.members {
            let days: Vec<(i32, i32, Option<i32>)> = cutoffs.iter().map(|&as_of| window_days(member, as_of)).collect();
            let places = days.into_iter();
            member.places = places
                .map(|(end, start, before)| Places { end: place(end), start: place(start), before: before.map(place) })
                .collect();
        }
        self
    }

    /// Whether all features follow from counts of rows that look the same from every cutoff.
    pub fn is_counted(&self) -> bool {
        !self.plan.grows_up() && self.members.iter().all(|member| member.of_counts.is_some())
    }
}
