//! What is wrong with a configuration: where, with which key and value, why, and what to write instead.

use core::ops::Range;
use std::borrow::ToOwned;
use std::fmt;
use std::format;
use std::string::String;

use thiserror::Error;

/// A configuration that makes no sense. Its text begins with the line's number, so that it can follow a file's name
/// and a colon.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub struct SettingsError {
    line: usize,
    source_line: String,
    reason: String,
    hint: Option<String>,
}

impl SettingsError {
    /// Something wrong at `span` of `text`.
    pub(super) fn at(text: &str, span: Range<usize>, reason: impl Into<String>) -> Self {
        let before = text.get(..span.start).unwrap_or(text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count();
        let source_line = text.lines().nth(line).unwrap_or_default().trim().to_owned();
        Self { line: line + 1, source_line, reason: reason.into(), hint: None }
    }

    #[must_use]
    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What the TOML reader found, with the name that was probably meant.
    pub(super) fn from_toml(text: &str, error: &toml::de::Error) -> Self {
        let message = error.message().replace('\n', ", ");
        let found = Self::at(text, error.span().unwrap_or_default(), message.as_str());
        match suggestion(&message) {
            Some(meant) => found.hint(format!("did you mean `{meant}`?")),
            None => found,
        }
    }

    /// The line, from 1 on.
    pub const fn line(&self) -> usize {
        self.line
    }

    /// What is wrong.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// What to write instead, where that is clear.
    pub fn suggestion(&self) -> Option<&str> {
        self.hint.as_deref()
    }
}

impl fmt::Display for SettingsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.line, self.source_line, self.reason)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// The reader says "unknown field `a`, expected one of `b`, `c`"; the nearest of those names.
fn suggestion(message: &str) -> Option<String> {
    let (unknown, known) = message.strip_prefix("unknown ")?.split_once(", expected ")?;
    let name = unknown.split('`').nth(1)?;
    did_you_mean(name, known.split('`').skip(1).step_by(2)).map(ToOwned::to_owned)
}

/// The name most like `text`, if any is.
pub(super) fn did_you_mean<'a>(text: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // At half a likeness the guesses begin to be silly.
    let likeness = |name: &str| strsim::jaro_winkler(text, name);
    names
        .map(|name| (likeness(name), name))
        .filter(|(likeness, _)| *likeness > 0.75)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, name)| name)
}
