//! History, views, features, labels.

mod cdnow;
mod hand_made;
mod invariance;
mod labels;
mod oracle;
mod values;
mod workload;
