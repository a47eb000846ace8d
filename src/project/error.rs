//! What can be wrong with a project file: place with line and column, an excerpt with carets, a hint.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::error::{Exit, Explain};

/// Why a project could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The folder is not there.
    #[error("there is no folder `{}`", .0.display())]
    NoFolder(PathBuf),
    /// The folder holds no project file.
    #[error("there is no project file `{}`", .0.display())]
    NoFile(PathBuf),
    /// The project file cannot be read.
    #[error("the project file `{}` cannot be read: {kind}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why not.
        kind: std::io::ErrorKind,
    },
    /// The project file is not UTF-8 text.
    #[error("the project file `{}` is not UTF-8 text", .0.display())]
    NotText(PathBuf),
    /// Something in the file is wrong.
    #[error("{}", .0.finding)]
    Wrong(Box<Wrong>),
}

/// One mistake in a project file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// Where it is.
    pub place: Place,
    /// What was found.
    pub finding: String,
    /// What was expected instead.
    pub expectation: Option<String>,
    /// What to do next.
    pub hint: Option<String>,
}

/// A stretch of a text file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as the user named its folder.
    pub path: PathBuf,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line.
    pub text: String,
    /// How many characters are meant, at least 1.
    pub width: usize,
}

impl Place {
    /// The stretch `span` (bytes) of `text`, which was read from `path`.
    #[must_use]
    pub fn new(path: &Path, text: &str, span: Range<usize>) -> Self {
        let start = floor_boundary(text, span.start);
        let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
        let end = floor_boundary(text, span.end.min(line_end)).max(start);
        Self {
            path: path.to_owned(),
            line: text[..start].matches('\n').count() + 1,
            column: text[line_start..start].chars().count() + 1,
            text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
            width: text[start..end].trim_end().chars().count().max(1),
        }
    }

    fn excerpt(&self) -> String {
        let number = self.line.to_string();
        let margin = " ".repeat(number.len());
        let mut excerpt = String::new();
        let _ = writeln!(excerpt, "{margin} |");
        let _ = writeln!(excerpt, "{number} | {}", self.text);
        let _ = writeln!(excerpt, "{margin} | {}{}", " ".repeat(self.column - 1), "^".repeat(self.width));
        excerpt
    }
}

fn floor_boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Explain for Error {
    fn exit(&self) -> Exit {
        Exit::Project
    }

    fn place(&self) -> Option<String> {
        match self {
            Self::Wrong(wrong) => {
                let Place { path, line, column, .. } = &wrong.place;
                Some(format!("{}:{line}:{column}", path.display()))
            }
            _ => None,
        }
    }

    fn excerpt(&self) -> Option<String> {
        match self {
            Self::Wrong(wrong) => Some(wrong.place.excerpt()),
            _ => None,
        }
    }

    fn expectation(&self) -> Option<String> {
        match self {
            Self::Wrong(wrong) => wrong.expectation.clone(),
            _ => None,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::NoFolder(_) | Self::NoFile(_) => Some(
                "`--project DIR` names the project's folder; `tidewatch init DIR --from FILES...` starts one"
                    .to_owned(),
            ),
            Self::Unreadable { .. } => Some("check the file's permissions".to_owned()),
            Self::NotText(_) => Some("save the file as UTF-8".to_owned()),
            Self::Wrong(wrong) => wrong.hint.clone(),
        }
    }
}
