//! A text file into rows. Lines are read as bytes and of bounded length: any file can be read.

use std::collections::VecDeque;
use std::io::{self, BufRead, Read};

use super::table::{self, Columns};

/// Longer lines are cut, and say so.
pub(super) const LINE_LIMIT: u64 = 64 * 1024;

/// A quoted CSV field that goes on for more lines than this is taken for a stray quote.
const QUOTED_LINES: usize = 16;

/// What may stand where a message is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Shape {
    #[default]
    Message,
    /// Perhaps a token of junk bytes first, as logs with a time and no direction have it.
    MayStartWithJunk,
}

/// One line of text or one record of a CSV file.
#[derive(Debug, PartialEq, Eq, Default)]
pub(super) struct Row {
    /// The number of its (first) line, from 1.
    pub(super) line: u64,
    pub(super) time: Option<String>,
    pub(super) direction: Option<String>,
    /// The hexadecimal digits, if they are that.
    pub(super) text: String,
    pub(super) shape: Shape,
    /// The line was longer than [`LINE_LIMIT`].
    pub(super) cut: bool,
}

/// The rows of a file. Whether it is CSV is told by its first line.
#[derive(Debug)]
pub(super) struct Rows<R> {
    lines: Lines<R>,
    begun: bool,
    columns: Option<Columns>,
}

impl<R: BufRead> Rows<R> {
    pub(super) fn new(reader: R) -> Self {
        Self { lines: Lines { reader, number: 0, again: VecDeque::new() }, begun: false, columns: None }
    }

    /// The next row that is neither empty nor a comment nor the header.
    pub(super) fn next_row(&mut self) -> io::Result<Option<Row>> {
        while let Some(line) = self.lines.next_line()? {
            let text = line.bytes.trim_ascii();
            if text.is_empty() || text.starts_with(b"#") {
                continue;
            }
            if !self.begun {
                self.begun = true;
                self.columns = Columns::from_header(text);
                if self.columns.is_some() {
                    continue;
                }
            }
            let mut row = match &self.columns {
                Some(columns) if !line.cut => columns.row(&self.lines.whole_record(&line)?),
                _ => text_row(&String::from_utf8_lossy(text)),
            };
            row.line = line.number;
            row.cut = line.cut;
            return Ok(Some(row));
        }
        Ok(None)
    }
}

/// `[time [direction]] [junk] message`
fn text_row(text: &str) -> Row {
    let (time, rest) = split_if(text, |token| token == "-" || token.contains(':'));
    let (direction, rest) = split_if(rest, |token| matches!(token, "M>S" | "S>M" | "?"));
    let timed_only = time.is_some() && direction.is_none();
    Row {
        time: time.filter(|time| *time != "-").map(str::to_owned),
        direction: direction.map(str::to_owned),
        text: rest.to_owned(),
        shape: if timed_only { Shape::MayStartWithJunk } else { Shape::Message },
        ..Row::default()
    }
}

fn split_if(text: &str, wanted: impl Fn(&str) -> bool) -> (Option<&str>, &str) {
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    if wanted(first) { (Some(first), rest.trim_start()) } else { (None, text) }
}

#[derive(Debug, Clone)]
struct Line {
    number: u64,
    bytes: Vec<u8>,
    cut: bool,
}

#[derive(Debug)]
struct Lines<R> {
    reader: R,
    number: u64,
    /// Lines that were read ahead.
    again: VecDeque<Line>,
}

impl<R: BufRead> Lines<R> {
    fn next_line(&mut self) -> io::Result<Option<Line>> {
        match self.again.pop_front() {
            Some(line) => Ok(Some(line)),
            None => self.read_line(),
        }
    }

    fn read_line(&mut self) -> io::Result<Option<Line>> {
        let mut bytes = Vec::new();
        if self.reader.by_ref().take(LINE_LIMIT).read_until(b'\n', &mut bytes)? == 0 {
            return Ok(None);
        }
        self.number += 1;
        let cut = bytes.len() as u64 == LINE_LIMIT && !bytes.ends_with(b"\n");
        if cut {
            self.reader.skip_until(b'\n')?;
        }
        let byte_order_mark = b"\xEF\xBB\xBF";
        if self.number == 1 && bytes.starts_with(byte_order_mark) {
            bytes.drain(..byte_order_mark.len());
        }
        Ok(Some(Line { number: self.number, bytes, cut }))
    }

    /// `first` with the lines that a quoted field of it goes on for. A quote that nothing closes is left to
    /// the one line, so that it swallows no others.
    fn whole_record(&mut self, first: &Line) -> io::Result<Vec<u8>> {
        let mut record = first.bytes.clone();
        let mut ahead = VecDeque::new();
        while table::ends_inside_quotes(&record) {
            let next = if ahead.len() < QUOTED_LINES { self.next_line()? } else { None };
            let Some(next) = next.filter(|line| !line.cut) else {
                ahead.append(&mut self.again);
                self.again = ahead;
                return Ok(first.bytes.clone());
            };
            record.extend(&next.bytes);
            ahead.push_back(next);
        }
        Ok(record)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &[u8]) -> Vec<(u64, Option<String>, Option<String>, String)> {
        let mut rows = Rows::new(text);
        let mut all = Vec::new();
        while let Some(row) = rows.next_row().unwrap() {
            all.push((row.line, row.time, row.direction, row.text));
        }
        all
    }

    fn row(line: u64, time: &str, direction: &str, text: &str) -> (u64, Option<String>, Option<String>, String) {
        let given = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        (line, given(time), given(direction), text.to_owned())
    }

    #[test]
    fn times_and_directions_are_split_off_where_they_are() {
        let text =
            b"\xEF\xBB\xBF# comment\r\n\r\n10:00:01\tM>S  FC 1D\r\n- ? FD\n11:00 FE FD\nFC1D\n  S>M FB\n12:00";
        let expected = [
            row(3, "10:00:01", "M>S", "FC 1D"),
            row(4, "", "?", "FD"),
            row(5, "11:00", "", "FE FD"),
            row(6, "", "", "FC1D"),
            row(7, "", "S>M", "FB"),
            row(8, "12:00", "", ""),
        ];
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn csv_rows_keep_their_line_numbers_through_comments_and_line_breaks_in_fields() {
        let text = b"id,note,message_hex\n\n# no\n1,\"a\nb\",FC 1D\n2,c \"d,FD\n3,\"e,FB\n4,f,FA\n";
        let expected = [row(4, "", "", "FC 1D"), row(6, "", "", "FD"), row(7, "", "", ""), row(8, "", "", "FA")];
        assert_eq!(rows(text), expected);
    }

    #[test]
    fn a_huge_line_is_cut_and_the_next_one_is_read() {
        let mut text = vec![b'F'; 200_000];
        text.extend(b"\nFC\n");
        let mut rows = Rows::new(&text[..]);
        assert!(rows.next_row().unwrap().unwrap().cut);
        let next = rows.next_row().unwrap().unwrap();
        assert_eq!((next.line, next.cut, next.text.as_str()), (2, false, "FC"));
    }
}
