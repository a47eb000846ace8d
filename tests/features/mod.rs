//! History, views, features, labels.

mod hand_made;
mod invariance;
mod labels;
mod oracle;
mod values;
