//! Finds rules: small trees by histogram gradient boosting on the log loss, started from the fit of the simple terms.
//!
//! The trees only propose terms; the final coefficients of their leaves come from the one logistic regression over all
//! terms. Sums run over rows in order, columns in parallel, ties go to the first column and the lowest threshold: the same
//! rows give the same trees for any thread count.

use rayon::prelude::*;

use super::bins::{Bins, MISSING, SplitColumn};
use super::tree::{Node, Tree};
use crate::stats::logistic;

/// Step of each tree.
const LEARNING_RATE: f64 = 0.08;
/// Ridge on a leaf's value while growing.
const LEAF_RIDGE: f64 = 1.0;
/// Least improvement of the loss for a split.
const LEAST_GAIN: f64 = 1e-3;

/// A split must beat what was found before by more than this share: of two that say the same the first one is taken,
/// whatever rounding makes of their sums.
const CLEARLY: f64 = 1.0 + 1e-9;
/// Tables that a histogram is summed in.
const TABLES: usize = 4;

/// How many trees of what depth, and how strongly their leaves are held to the values boosting gave them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TreeRecipe {
    /// Conditions per rule, 1 to 3.
    pub depth: usize,
    /// Trees.
    pub trees: usize,
    /// Ridge penalty of the leaves' coefficients towards their boosted values.
    pub leaf_penalty: f64,
}

/// Rows, their bins, and the log-odds reached so far.
#[derive(Debug, Clone)]
pub struct Booster {
    bins: Bins,
    outcome: Vec<bool>,
    margin: Vec<f64>,
}

impl Booster {
    /// Starts from the log-odds `margin` of the rows.
    #[must_use]
    pub fn new(bins: Bins, outcome: Vec<bool>, margin: Vec<f64>) -> Self {
        Self { bins, outcome, margin }
    }

    /// Grows `trees` more trees of `depth`; fewer when nothing improves the loss any more.
    #[must_use]
    pub fn extend(&mut self, depth: usize, trees: usize) -> Vec<Tree> {
        let mut grown = Vec::with_capacity(trees);
        let least_rows = (self.outcome.len() / 200).clamp(15, 50) as f64;
        for _ in 0..trees {
            let (mut gradient, mut curvature) = (self.margin.clone(), vec![0.0; self.margin.len()]);
            logistic::slopes(&mut gradient, &self.outcome, &mut curvature);
            let slopes = gradient.into_iter().zip(curvature);
            let slopes: Vec<Slope> = slopes.map(|(gradient, curvature)| Slope { gradient, curvature }).collect();
            let grower = Grower { bins: &self.bins, slopes: &slopes, least_rows };
            let Some(tree) = grower.tree(depth, &mut self.margin) else { break };
            grown.push(tree);
        }
        grown
    }
}

/// Merges trees that ask the same questions: their leaves' values add up.
#[must_use]
pub fn merged(trees: Vec<Tree>) -> Vec<Tree> {
    let mut kept: Vec<Tree> = Vec::with_capacity(trees.len());
    for tree in trees {
        match kept.iter_mut().find(|other| same_questions(other, &tree)) {
            Some(other) => {
                let sum: Vec<f64> = other.values().iter().zip(tree.values()).map(|(a, b)| a + b).collect();
                other.set_values(&sum);
            }
            None => kept.push(tree),
        }
    }
    kept
}

fn same_questions(a: &Tree, b: &Tree) -> bool {
    let same = |(a, b): (&Node, &Node)| match (a, b) {
        (Node::Leaf { leaf: a, .. }, Node::Leaf { leaf: b, .. }) => a == b,
        (
            Node::Split { feature, test, missing_is_yes, yes, no, .. },
            Node::Split { feature: f, test: t, missing_is_yes: m, yes: y, no: n, .. },
        ) => feature == f && test == t && missing_is_yes == m && yes == y && no == n,
        _ => false,
    };
    a.nodes.len() == b.nodes.len() && a.nodes.iter().zip(&b.nodes).all(same)
}

/// First and second derivative of the loss at one row.
#[derive(Debug, Clone, Copy)]
struct Slope {
    gradient: f64,
    curvature: f64,
}

/// Sums over some rows.
#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    gradient: f64,
    curvature: f64,
    rows: f64,
}

impl Sums {
    fn add(&mut self, slope: Slope) {
        self.gradient += slope.gradient;
        self.curvature += slope.curvature;
        self.rows += 1.0;
    }

    fn plus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient + other.gradient,
            curvature: self.curvature + other.curvature,
            rows: self.rows + other.rows,
        }
    }

    fn minus(self, other: Self) -> Self {
        Self {
            gradient: self.gradient - other.gradient,
            curvature: self.curvature - other.curvature,
            rows: self.rows - other.rows,
        }
    }

    fn strength(self) -> f64 {
        self.gradient * self.gradient / (self.curvature + LEAF_RIDGE)
    }

    fn value(self) -> f64 {
        -LEARNING_RATE * self.gradient / (self.curvature + LEAF_RIDGE)
    }
}

/// The best condition found.
#[derive(Debug, Clone, Copy)]
struct BestSplit {
    gain: f64,
    column: usize,
    /// Codes above this hold the condition.
    after: u8,
    missing_is_yes: bool,
}

/// Rows that share all answers so far.
struct Region {
    rows: Vec<u32>,
    histogram: Vec<Sums>,
    total: Sums,
    node: usize,
}

struct Grower<'a> {
    bins: &'a Bins,
    slopes: &'a [Slope],
    least_rows: f64,
}

impl Grower<'_> {
    /// One tree; the margin moves by its leaves. `None` when nothing improves the loss.
    fn tree(&self, depth: usize, margin: &mut [f64]) -> Option<Tree> {
        let all: Vec<u32> = (0..u32::try_from(self.slopes.len()).unwrap_or(u32::MAX)).collect();
        let histogram = self.histogram(&all);
        let total = self.total(&all);
        let mut tree = Tree { nodes: vec![self.leaf(0, total)], leaves: 1 };
        let mut open = vec![Region { rows: all, histogram, total, node: 0 }];
        let mut closed: Vec<Region> = Vec::new();
        for _ in 0..depth {
            let mut next = Vec::new();
            for region in open {
                match self.best_split(&region) {
                    Some(split) => next.extend(self.divide(&region, split, &mut tree)),
                    None => closed.push(region),
                }
            }
            open = next;
        }
        closed.extend(open);
        if tree.nodes.len() == 1 {
            return None;
        }
        number_leaves(&mut tree);
        let values = tree.values();
        tree.set_values(&values);
        for region in closed {
            let value = region.total.value();
            region.rows.iter().for_each(|row| margin[*row as usize] += value);
        }
        Some(tree)
    }

    fn leaf(&self, leaf: usize, total: Sums) -> Node {
        Node::Leaf { leaf, value: total.value(), share: total.rows / self.slopes.len() as f64 }
    }

    fn total(&self, rows: &[u32]) -> Sums {
        let mut total = Sums::default();
        for row in rows {
            total.add(self.slopes[*row as usize]);
        }
        total
    }

    /// Sums by bin, all columns one after the other.
    fn histogram(&self, rows: &[u32]) -> Vec<Sums> {
        let here: Vec<Slope> = rows.iter().map(|row| self.slopes[*row as usize]).collect();
        let of_column = |column: &SplitColumn| {
            // Neighbours are often equal: rows take turns in several tables, so that none waits for the one before.
            let mut tables = vec![Sums::default(); TABLES * column.bins];
            for (rows, slopes) in rows.chunks(TABLES).zip(here.chunks(TABLES)) {
                for ((row, slope), sums) in rows.iter().zip(slopes).zip(tables.chunks_exact_mut(column.bins)) {
                    sums[column.codes[*row as usize] as usize].add(*slope);
                }
            }
            let bin =
                |bin| tables[bin..].iter().step_by(column.bins).fold(Sums::default(), |sum, part| sum.plus(*part));
            (0..column.bins).map(bin).collect()
        };
        let parts: Vec<Vec<Sums>> = self.bins.columns.par_iter().map(of_column).collect();
        parts.concat()
    }

    fn best_split(&self, region: &Region) -> Option<BestSplit> {
        let mut best: Option<BestSplit> = None;
        let mut offset = 0;
        for (position, column) in self.bins.columns.iter().enumerate() {
            let sums = &region.histogram[offset..offset + column.bins];
            offset += column.bins;
            let found = self.best_of_column(position, sums, region.total);
            if let Some(found) = found.filter(|found| best.is_none_or(|best| found.gain > CLEARLY * best.gain)) {
                best = Some(found);
            }
        }
        best.filter(|best| best.gain > LEAST_GAIN)
    }

    fn best_of_column(&self, column: usize, sums: &[Sums], total: Sums) -> Option<BestSplit> {
        let missing = sums[MISSING as usize];
        let mut below = Sums::default();
        let mut best: Option<BestSplit> = None;
        for (after, sums) in sums.iter().enumerate().take(sums.len() - 1).skip(1) {
            below = below.plus(*sums);
            for missing_is_yes in [false, true] {
                let no = if missing_is_yes { below } else { below.plus(missing) };
                let yes = total.minus(no);
                if no.rows < self.least_rows || yes.rows < self.least_rows {
                    continue;
                }
                let gain = no.strength() + yes.strength() - total.strength();
                if best.is_none_or(|best| gain > CLEARLY * best.gain) {
                    let after = u8::try_from(after).unwrap_or(u8::MAX);
                    best = Some(BestSplit { gain, column, after, missing_is_yes });
                }
            }
        }
        best
    }

    /// Splits a region: the smaller child's histogram is summed, the larger one's is the difference.
    fn divide(&self, region: &Region, split: BestSplit, tree: &mut Tree) -> [Region; 2] {
        let column = &self.bins.columns[split.column];
        let holds = |row: &u32| {
            let code = column.codes[*row as usize];
            if code == MISSING { split.missing_is_yes } else { code > split.after }
        };
        let (yes_rows, no_rows): (Vec<u32>, Vec<u32>) = region.rows.iter().partition(|row| holds(row));
        let (yes_total, no_total) = (self.total(&yes_rows), self.total(&no_rows));
        let yes_is_smaller = yes_rows.len() <= no_rows.len();
        let small = self.histogram(if yes_is_smaller { &yes_rows } else { &no_rows });
        let large: Vec<Sums> = region.histogram.iter().zip(&small).map(|(all, part)| all.minus(*part)).collect();
        let (yes_histogram, no_histogram) = if yes_is_smaller { (small, large) } else { (large, small) };
        let (yes, no) = (tree.nodes.len(), tree.nodes.len() + 1);
        tree.nodes.push(self.leaf(0, yes_total));
        tree.nodes.push(self.leaf(0, no_total));
        tree.nodes[region.node] = Node::Split {
            feature: column.feature,
            test: column.test(split.after),
            missing_is_yes: split.missing_is_yes,
            yes,
            no,
            value: 0.0,
            share: region.total.rows / self.slopes.len() as f64,
        };
        [
            Region { rows: yes_rows, histogram: yes_histogram, total: yes_total, node: yes },
            Region { rows: no_rows, histogram: no_histogram, total: no_total, node: no },
        ]
    }
}

fn number_leaves(tree: &mut Tree) {
    let mut next = 0;
    for node in &mut tree.nodes {
        if let Node::Leaf { leaf, .. } = node {
            *leaf = next;
            next += 1;
        }
    }
    tree.leaves = next;
}
