//! What is wrong with a scenario file: where, with which key, and what to write instead.

use core::fmt;
use core::ops::Range;

use thiserror::Error;

/// A scenario file that makes no sense. Its text begins with the line's number, so that it can follow the file's name
/// and a colon.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct ScenarioError {
    line: usize,
    source_line: String,
    key: Option<String>,
    message: String,
    hint: Option<String>,
}

impl ScenarioError {
    /// Something wrong at `span` of `text`.
    pub(super) fn at(text: &str, span: Range<usize>, message: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let source_line = text.lines().nth(line).unwrap_or_default().trim().to_owned();
        let key = key_of(&source_line, text.get(span).unwrap_or_default());
        Self { line: line + 1, source_line, key, message: message.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// What the TOML reader found, with the name that was probably meant.
    pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().replace('\n', ", ");
        let found = Self::at(text, error.span().unwrap_or_default(), message.clone());
        match suggestion(&message) {
            Some(meant) => found.hint(format!("did you mean `{meant}`?")),
            None => found,
        }
    }

    /// The line, from 1 on.
    pub fn line(&self) -> usize {
        self.line
    }

    /// The key the line is about, where it is about one.
    pub fn key(&self) -> Option<&str> {
        self.key.as_deref()
    }

    /// What to write instead, where that could be guessed.
    pub fn suggestion(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.line, self.source_line, self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// The span itself where it is a bare word on its line, else the key before the first equals sign.
fn key_of(line: &str, spanned: &str) -> Option<String> {
    let is_bare = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
    };
    let is_key = is_bare(spanned) && !spanned.bytes().all(|byte| byte.is_ascii_digit());
    let before = line.split_once('=').map(|(key, _)| key.trim());
    if is_key && line.contains(spanned) && before.is_none_or(|key| key.contains(spanned) || line.contains('{')) {
        return Some(spanned.to_owned());
    }
    before.or(line.strip_prefix('[').map(|header| header.trim_matches(['[', ']']))).map(ToOwned::to_owned)
}

/// The reader says "unknown field `a`, expected one of `b`, `c`"; the nearest of those names.
fn suggestion(message: &str) -> Option<String> {
    let (unknown, known) = message.strip_prefix("unknown ")?.split_once(", expected ")?;
    let name = unknown.split('`').nth(1)?;
    did_you_mean(name, known.split('`').skip(1).step_by(2)).map(ToOwned::to_owned)
}

/// The name most like `text`, if any is.
pub(crate) fn did_you_mean<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // At half a likeness the guesses begin to be silly.
    let likeness = |name: &str| strsim::jaro_winkler(text, name);
    names
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}
