//! From text to values.

use std::format;
use std::string::String;
use std::vec::Vec;

use serde_json::Value;

use super::{LineError, Said};

/// So many errors are told of one text.
pub(super) const TOLD: usize = 8;
/// No text has more values.
const MOST: usize = 10_000;

/// Takes in every value of a text; what makes no sense to `take`, or is no value, by its line.
pub(in crate::steward) fn each_value(
    said: &Said<'_>,
    mut take: impl FnMut(Value) -> Result<(), String>,
) -> Vec<LineError> {
    let (values, mut errors) = values(said);
    let refused = |(line, value)| take(value).err().map(|reason| LineError { line, reason });
    errors.extend(values.into_iter().filter_map(refused));
    errors.sort_by_key(|error| error.line);
    errors
}

/// Every value of a text with the line on which it begins, and what is no value. A value may go over several lines;
/// what begins as none ends with its line.
fn values(said: &Said<'_>) -> (Vec<(usize, Value)>, Vec<LineError>) {
    let (mut values, mut errors) = (Vec::new(), Vec::new());
    let mut open = String::new();
    let mut began = said.first_line;
    for (line, text) in (said.first_line..).zip(said.text.lines()) {
        if open.is_empty() {
            if text.trim().is_empty() {
                continue;
            }
            began = line;
        }
        open.push_str(text);
        open.push('\n');
        match serde_json::from_str(&open) {
            Ok(Value::Array(several)) => values.extend(several.into_iter().map(|value| (began, value))),
            Ok(value) => values.push((began, value)),
            Err(error) if error.is_eof() => continue,
            Err(error) => errors.push(LineError { line, reason: format!("no JSON: {error}") }),
        }
        open.clear();
        if values.len() > MOST {
            values.truncate(MOST);
            errors.push(LineError { line, reason: format!("more than {MOST} values") });
            break;
        }
    }
    if !open.is_empty() {
        errors.push(LineError { line: began, reason: "it does not end".into() });
    }
    errors.truncate(TOLD);
    (values, errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_one_per_line_or_over_several_and_what_is_none_is_told_with_its_line() {
        let text = "{\"a\": 1}\n\nnonsense\n[\n  {\"b\": 2},\n  {\"c\": 3}\n]\n{\"d\": 4}\n{\"e\":";
        let (values, errors) = values(&Said { first_line: 10, ..Said::line(text) });
        assert_eq!(values.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [10, 13, 13, 17]);
        assert_eq!(errors.iter().map(|error| error.line).collect::<Vec<_>>(), [12, 18]);
    }
}
