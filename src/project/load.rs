//! Reading `tidewatch.toml`: text → sections → semantic checks; every refusal names its place in the file.

use std::path::Path;

use super::error::{Error, Place, Wrong};
use super::spans::Spans;
use super::{PROJECT_FILE, Project, validate};

impl Project {
    /// Reads and checks the project in the folder `dir`.
    ///
    /// # Errors
    /// [`Error`], naming file, line and column where there is one.
    pub fn load(dir: &Path) -> Result<Self, Error> {
        let path = dir.join(PROJECT_FILE);
        let bytes = std::fs::read(&path).map_err(|error| unreadable(dir, &path, &error))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| Error::NotText(path.clone()))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut project = Self::parse(text, &path)?;
        dir.clone_into(&mut project.root);
        project.digest = blake3::hash(&bytes).to_hex().to_string();
        Ok(project)
    }

    /// The project that `text` declares; `path` is named in errors.
    ///
    /// # Errors
    /// [`Error::Wrong`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, Error> {
        let project: Self = toml::from_str(text).map_err(|error| wrong_toml(&error, text, path))?;
        let spans = Spans::parse(text, path);
        validate::validate(&project, &spans)?;
        Ok(project)
    }
}

fn unreadable(dir: &Path, path: &Path, error: &std::io::Error) -> Error {
    match error.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory if !dir.is_dir() => {
            Error::NoFolder(dir.to_owned())
        }
        std::io::ErrorKind::NotFound => Error::NoFile(path.to_owned()),
        kind => Error::Unreadable { path: path.to_owned(), kind },
    }
}

/// Turns a refusal of the TOML reader into ours: shorter, with "did you mean".
fn wrong_toml(error: &toml::de::Error, text: &str, path: &Path) -> Error {
    let place = Place::new(path, text, error.span().unwrap_or(0..0));
    let message = plain(&error.message().trim().replace('\n', ", "));
    let (finding, expectation, hint) = match unknown_name(&message) {
        Some((finding, name, known)) => (finding, Some(listed(&known)), did_you_mean(&name, &known)),
        None => expected_type(&message),
    };
    Error::Wrong(Box::new(Wrong { place, finding, expectation, hint }))
}

/// Names of types as people say them.
fn plain(message: &str) -> String {
    let mut message = message.to_owned();
    let names = [
        ("expected u32", "expected a whole number from 0 on"),
        ("expected u64", "expected a whole number from 0 on"),
        ("expected f64", "expected a number"),
        ("expected a string", "expected text in quotes"),
        ("expected a boolean", "expected true or false"),
        ("expected a sequence", "expected a list such as [\"a\", \"b\"]"),
        ("string values must be quoted, expected literal string", "text must stand in quotes"),
    ];
    for (name, said) in names {
        message = message.replace(name, said);
    }
    message
}

/// Finding, expectation and hint of "invalid type: ..., expected ..." and of a zone that does not exist.
fn expected_type(message: &str) -> (String, Option<String>, Option<String>) {
    if let Some(zone) = message.strip_suffix("` is not a time zone of the IANA database") {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let hint = did_you_mean(zone.trim_start_matches('`'), &names);
        return (message.to_owned(), Some("an IANA name such as `Europe/Berlin`".to_owned()), hint);
    }
    match message.split_once(", expected ") {
        Some((finding, expected)) => (finding.to_owned(), Some(expected.to_owned()), None),
        None => (message.to_owned(), None, None),
    }
}

/// The parts of serde's "unknown field `x`, expected one of `a`, `b`" and "unknown variant ...".
fn unknown_name(message: &str) -> Option<(String, String, Vec<String>)> {
    let (what, rest) = if let Some(rest) = message.strip_prefix("unknown field `") {
        ("key", rest)
    } else {
        ("value", message.strip_prefix("unknown variant `")?)
    };
    let (name, rest) = rest.split_once('`')?;
    let known = rest.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    Some((format!("unknown {what} `{name}`"), name.to_owned(), known))
}

/// "one of a, b, c".
pub(super) fn listed(known: &[String]) -> String {
    match known {
        [] => "nothing here".to_owned(),
        [only] => format!("`{only}`"),
        several => format!("one of `{}`", several.join("`, `")),
    }
}

/// A hint naming the most similar of the known names, if one is similar enough.
pub fn did_you_mean<S: AsRef<str>>(name: &str, known: impl IntoIterator<Item = S>) -> Option<String> {
    let similarity = |known: &str| strsim::jaro_winkler(&name.to_lowercase(), &known.to_lowercase());
    let best = known.into_iter().map(|known| (similarity(known.as_ref()), known));
    let best = best.max_by(|a, b| a.0.total_cmp(&b.0)).filter(|(similarity, _)| *similarity > 0.8);
    best.map(|(_, known)| format!("did you mean `{}`?", known.as_ref()))
}
