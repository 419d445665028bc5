//! Rows of a CSV file with a header.

use csv::ByteRecord;

use super::input::Row;

/// Where the header says things are.
#[derive(Debug)]
pub(super) struct Columns {
    /// In order of preference.
    hex: Vec<usize>,
    time: Option<usize>,
    direction: Option<usize>,
}

impl Columns {
    /// The columns, if `line` is the header of a file with frames in it.
    pub(super) fn from_header(line: &[u8]) -> Option<Self> {
        let header = parse(line);
        let column =
            |name: &str| header.iter().position(|field| field.trim_ascii().eq_ignore_ascii_case(name.as_bytes()));
        let hex: Vec<_> = ["wire_hex", "message_hex", "raw_hex"].into_iter().filter_map(column).collect();
        let found = !hex.is_empty();
        found.then(|| Self { hex, time: column("time"), direction: column("direction") })
    }

    /// One record; its line number is for the caller to fill in.
    pub(super) fn row(&self, line: &[u8]) -> Row {
        let record = parse(line);
        let field = |at: usize| {
            let bytes = record.get(at).unwrap_or_default().trim_ascii();
            (!bytes.is_empty()).then(|| String::from_utf8_lossy(bytes).into_owned())
        };
        Row {
            time: self.time.and_then(field).filter(|time| time != "-"),
            direction: self.direction.and_then(field),
            text: self.hex.iter().copied().find_map(field).unwrap_or_default(),
            ..Row::default()
        }
    }
}

fn parse(line: &[u8]) -> ByteRecord {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(line);
    let mut record = ByteRecord::new();
    // Reading from memory cannot fail, and bytes of any kind make a record.
    let _ = reader.read_byte_record(&mut record);
    record
}

/// Whether a quoted field is still open at the end of `text`.
pub(super) fn ends_inside_quotes(text: &[u8]) -> bool {
    #[derive(PartialEq)]
    enum At {
        FieldStart,
        Plain,
        Quoted,
        /// Closed, or the first of a doubled quote.
        Quote,
    }
    let end = text.iter().fold(At::FieldStart, |at, byte| match (at, byte) {
        (At::Quoted, b'"') => At::Quote,
        (At::FieldStart | At::Quote, b'"') | (At::Quoted, _) => At::Quoted,
        (_, b',' | b'\n') => At::FieldStart,
        _ => At::Plain,
    });
    end == At::Quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_filled_hex_column_counts() {
        let columns = Columns::from_header(b"id,Direction,time, wire_hex ,message_hex").unwrap();
        let row = columns.row(b"1,S>M,10:00,C0 FC,FC\n");
        let expected = (Some("10:00"), Some("S>M"), "C0 FC");
        assert_eq!((row.time.as_deref(), row.direction.as_deref(), row.text.as_str()), expected);
        let row = columns.row(b"2,,-,,\"FC\"");
        assert_eq!((row.time, row.direction, row.text.as_str()), (None, None, "FC"));
        assert_eq!(columns.row(b"3").text, "");
        assert!(Columns::from_header(b"C0 FC,FD").is_none());
    }

    #[test]
    fn quotes_count_only_where_a_field_begins() {
        for (text, open) in
            [("a,\"b", true), ("a,b\"", false), ("\"a\"\"", true), ("\"a\"\"\",b", false), ("", false)]
        {
            assert_eq!(ends_inside_quotes(text.as_bytes()), open, "{text}");
        }
    }
}
