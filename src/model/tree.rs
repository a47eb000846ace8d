//! Small trees: rules of at most three conditions whose leaves are terms of the model.

use serde::{Deserialize, Serialize};

use super::panel::Values;
use crate::feature::NO_LEVEL;
use crate::stats::tally::UNKNOWN;

/// One tree: its leaves divide the customers, each leaf is one 0/1 term.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Tree {
    /// Nodes; the first is the root, children come after their parent.
    pub nodes: Vec<Node>,
    /// Number of leaves.
    pub leaves: usize,
}

/// A question or an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Node {
    /// A condition on one feature.
    Split {
        /// Position in the model's features.
        feature: usize,
        /// The condition.
        test: Test,
        /// Whether a missing value counts as yes.
        missing_is_yes: bool,
        /// Node when the condition holds.
        yes: usize,
        /// Node when it does not.
        no: usize,
        /// Mean of the leaves below, by training rows.
        value: f64,
        /// Share of the training rows that come here.
        share: f64,
    },
    /// A term.
    Leaf {
        /// Number of the leaf, from 0.
        leaf: usize,
        /// Its coefficient: what it adds to the log-odds.
        value: f64,
        /// Share of the training rows that come here.
        share: f64,
    },
}

/// A condition.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Test {
    /// The number is at least this.
    AtLeast(f64),
    /// The category is this one.
    Is(String),
}

impl Node {
    /// Its value.
    #[must_use]
    pub fn value(&self) -> f64 {
        match self {
            Self::Split { value, .. } | Self::Leaf { value, .. } => *value,
        }
    }

    /// Its share of the training rows.
    #[must_use]
    pub fn share(&self) -> f64 {
        match self {
            Self::Split { share, .. } | Self::Leaf { share, .. } => *share,
        }
    }
}

impl Tree {
    /// Gives the leaves their coefficients and every split the mean of what lies below.
    pub fn set_values(&mut self, coefficients: &[f64]) {
        for position in (0..self.nodes.len()).rev() {
            let mean = match &self.nodes[position] {
                Node::Leaf { leaf, .. } => coefficients[*leaf],
                Node::Split { yes, no, .. } => {
                    let (yes, no) = (&self.nodes[*yes], &self.nodes[*no]);
                    let total = yes.share() + no.share();
                    if total > 0.0 { (yes.share() * yes.value() + no.share() * no.value()) / total } else { 0.0 }
                }
            };
            match &mut self.nodes[position] {
                Node::Split { value, .. } | Node::Leaf { value, .. } => *value = mean,
            }
        }
    }

    /// Measures which share of the rows comes to each leaf.
    pub fn set_shares(&mut self, leaf_of_row: &[u16]) {
        let mut counts = vec![0usize; self.leaves];
        for leaf in leaf_of_row {
            counts[*leaf as usize] += 1;
        }
        let rows = leaf_of_row.len().max(1) as f64;
        for position in (0..self.nodes.len()).rev() {
            let measured = match &self.nodes[position] {
                Node::Leaf { leaf, .. } => counts[*leaf] as f64 / rows,
                Node::Split { yes, no, .. } => self.nodes[*yes].share() + self.nodes[*no].share(),
            };
            match &mut self.nodes[position] {
                Node::Split { share, .. } | Node::Leaf { share, .. } => *share = measured,
            }
        }
    }

    /// The leaves' coefficients, by leaf number.
    #[must_use]
    pub fn values(&self) -> Vec<f64> {
        let mut values = vec![0.0; self.leaves];
        for node in &self.nodes {
            if let Node::Leaf { leaf, value, .. } = node {
                values[*leaf] = *value;
            }
        }
        values
    }

    /// Shares of the training rows, by leaf number.
    #[must_use]
    pub fn shares(&self) -> Vec<f64> {
        let mut shares = vec![0.0; self.leaves];
        for node in &self.nodes {
            if let Node::Leaf { leaf, share, .. } = node {
                shares[*leaf] = *share;
            }
        }
        shares
    }

    /// The leaf of each row.
    #[must_use]
    pub fn leaves_of(&self, values: &[Values<'_>], rows: usize) -> Vec<u16> {
        let walker = Walker::new(self, values);
        (0..rows).map(|row| walker.walk(values, row, |_, _| ())).collect()
    }

    /// Every leaf as a sentence, by leaf number.
    #[must_use]
    pub fn read(&self, names: &[&str]) -> Vec<String> {
        let mut sentences = vec![String::new(); self.leaves];
        self.read_below(0, &mut Vec::new(), names, &mut sentences);
        sentences
    }

    fn read_below(&self, node: usize, path: &mut Vec<String>, names: &[&str], sentences: &mut [String]) {
        match &self.nodes[node] {
            Node::Leaf { leaf, .. } => sentences[*leaf] = path.join(" and "),
            Node::Split { feature, test, missing_is_yes, yes, no, .. } => {
                for (holds, child) in [(true, *yes), (false, *no)] {
                    path.push(test.read(names[*feature], holds, *missing_is_yes == holds));
                    self.read_below(child, path, names, sentences);
                    path.pop();
                }
            }
        }
    }
}

impl Test {
    fn read(&self, feature: &str, holds: bool, or_missing: bool) -> String {
        let known = match (self, holds) {
            (Self::AtLeast(threshold), true) => format!("{feature} ≥ {threshold}"),
            (Self::AtLeast(threshold), false) => format!("{feature} < {threshold}"),
            (Self::Is(level), true) => format!("{feature} is {level}"),
            (Self::Is(level), false) => format!("{feature} is not {level}"),
        };
        if or_missing { format!("{known} (or unknown)") } else { known }
    }
}

/// A tree with its conditions resolved against one frame's levels.
#[derive(Debug)]
pub struct Walker<'a> {
    tree: &'a Tree,
    /// Code of the level of each `Is` node; `None` where the frame does not know the level.
    codes: Vec<Option<u32>>,
}

impl<'a> Walker<'a> {
    /// Resolves the categories' names; `values` by model feature.
    #[must_use]
    pub fn new(tree: &'a Tree, values: &[Values<'_>]) -> Self {
        let code = |node: &Node| match node {
            Node::Split { feature, test: Test::Is(level), .. } => match &values[*feature] {
                Values::Levels { levels, .. } => {
                    levels.iter().position(|known| known == level).and_then(|at| u32::try_from(at).ok())
                }
                Values::Numbers(_) | Values::Counts { .. } => None,
            },
            _ => None,
        };
        Self { tree, codes: tree.nodes.iter().map(code).collect() }
    }

    /// The leaf of a row; `visit(feature, change of value)` is called for every condition on the way.
    pub fn walk(&self, values: &[Values<'_>], row: usize, mut visit: impl FnMut(usize, f64)) -> u16 {
        let mut at = 0;
        loop {
            match &self.tree.nodes[at] {
                Node::Leaf { leaf, .. } => return u16::try_from(*leaf).unwrap_or(u16::MAX),
                Node::Split { feature, test, missing_is_yes, yes, no, value, .. } => {
                    let holds = self.holds(at, test, &values[*feature], row).unwrap_or(*missing_is_yes);
                    let next = if holds { *yes } else { *no };
                    visit(*feature, self.tree.nodes[next].value() - value);
                    at = next;
                }
            }
        }
    }

    /// Whether the condition holds; `None` if the value is missing.
    fn holds(&self, node: usize, test: &Test, values: &Values<'_>, row: usize) -> Option<bool> {
        match (test, values) {
            (Test::AtLeast(threshold), Values::Numbers(numbers)) => {
                let value = numbers[row];
                (!value.is_nan()).then_some(value >= *threshold)
            }
            (Test::AtLeast(threshold), Values::Counts { counts, .. }) => {
                let count = counts[row];
                (count != UNKNOWN).then_some(f64::from(count) >= *threshold)
            }
            (Test::Is(_), Values::Levels { codes, .. }) => {
                let code = codes[row];
                (code != NO_LEVEL).then(|| self.codes[node] == Some(code))
            }
            _ => None,
        }
    }
}
