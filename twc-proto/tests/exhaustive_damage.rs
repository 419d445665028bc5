//! Claim: exactly so many one-bit errors, two-bit errors and truncations of a frame are taken for a frame, and of
//! exactly so many one would act on other amperes. The numbers stand in `docs/verification.md`.

mod common;

use common::kinds::{Sent, Tally, delivered, one_of_each_kind};

/// Between the tail byte of the frame before and the delimiter of the next one, as on a real bus.
fn on_the_bus(wire: &[u8]) -> Vec<u8> {
    [&[0xC0, 0xFC], wire, &[0xFC, 0xC0]].concat()
}

fn flip(bytes: &mut [u8], bit: usize) {
    bytes[bit / 8] ^= 1 << (bit % 8);
}

fn two_bit_errors(sent: &Sent) -> Tally {
    let mut tally = Tally::default();
    let bits = sent.wire.len() * 8;
    let mut wire = on_the_bus(&sent.wire);
    for first in 16..16 + bits {
        flip(&mut wire, first);
        for second in first + 1..16 + bits {
            flip(&mut wire, second);
            tally.add(sent, &delivered(&wire));
            flip(&mut wire, second);
        }
        flip(&mut wire, first);
    }
    tally
}

/// Every run of lost bytes: at the front, at the end, in the middle; all but the whole frame.
fn lost_runs(sent: &Sent) -> (Tally, Tally) {
    let (mut ends, mut middle) = (Tally::default(), Tally::default());
    let len = sent.wire.len();
    for start in 0..len {
        for end in start + 1..=len {
            let wire = [&sent.wire[..start], &sent.wire[end..]].concat();
            match (start, end) {
                (0, end) if end == len => {}
                // Cut short, the frame is followed by the next delimiter with or without a tail byte before it.
                (0, _) => ends.add(sent, &delivered(&on_the_bus(&wire))),
                (_, end) if end == len => {
                    ends.add(sent, &delivered(&on_the_bus(&wire)));
                    ends.add(sent, &delivered(&[&[0xC0], wire.as_slice(), &[0xC0]].concat()));
                }
                _ => middle.add(sent, &delivered(&on_the_bus(&wire))),
            }
        }
    }
    (ends, middle)
}

fn row(tally: &Tally) -> [u32; 5] {
    [tally.tried, tally.known, tally.unknown, tally.dangerous, tally.amps]
}

// W-SUM-1 W-SUM-2 W-TYPE-1
#[test]
fn the_one_bit_errors_that_pass_are_in_the_type_byte_but_for_one_accident() {
    let (mut rows, mut elsewhere) = (Vec::new(), Vec::new());
    for sent in one_of_each_kind() {
        let mut all = Tally::default();
        for bit in 0..sent.wire.len() * 8 {
            let mut wire = sent.wire.clone();
            flip(&mut wire, bit);
            let mut tally = Tally::default();
            tally.add(&sent, &delivered(&on_the_bus(&wire)));
            if tally.passed() > 0 && bit / 8 != 1 {
                elsewhere.push((sent.name, bit));
            }
            all.merge(&tally);
        }
        rows.push((sent.name, row(&all)));
    }
    // The closing delimiter as C2: with the tail byte FC, which is then the right sum, an idle marker of 16 bytes.
    assert_eq!(elsewhere, [("FC 1D", 15 * 8 + 1)]);
    assert_eq!(rows, ONE_BIT);
}

#[test]
fn the_two_bit_errors_that_pass_are_these() {
    let rows: Vec<_> = one_of_each_kind().iter().map(|sent| (sent.name, row(&two_bit_errors(sent)))).collect();
    assert_eq!(rows, TWO_BITS);
}

#[test]
fn the_truncated_frames_and_those_with_a_hole_that_pass_are_these() {
    let (mut truncated, mut holes) = (Vec::new(), Vec::new());
    for sent in one_of_each_kind() {
        let (ends, middle) = lost_runs(&sent);
        truncated.push((sent.name, row(&ends)));
        holes.push((sent.name, row(&middle)));
    }
    assert_eq!(truncated, TRUNCATED);
    assert_eq!(holes, HOLES);
}

/// Kind; tried, delivered as known, as unknown, as dangerous; of the known with ids intact and other amps.
type Rows = [(&'static str, [u32; 5]); 34];
const ONE_BIT: Rows = [
    ("FC E1", [144, 0, 1, 0, 0]),
    ("FB E2", [144, 0, 0, 0, 0]),
    ("FD E2", [144, 0, 1, 0, 0]),
    ("FB E0", [144, 0, 0, 0, 0]),
    ("FD E0", [144, 0, 1, 0, 0]),
    ("FB EB", [144, 0, 0, 0, 0]),
    ("FB EC", [144, 0, 0, 0, 0]),
    ("FB ED", [144, 0, 0, 0, 0]),
    ("FB EE", [144, 0, 0, 0, 0]),
    ("FB EF", [144, 0, 0, 0, 0]),
    ("FB F1", [144, 0, 0, 0, 0]),
    ("FB B4", [144, 0, 0, 0, 0]),
    ("FB 19", [144, 0, 0, 0, 0]),
    ("FB 1A", [144, 0, 0, 0, 0]),
    ("FB 1B", [144, 0, 0, 0, 0]),
    ("FD EB", [176, 0, 1, 0, 0]),
    ("FD EC", [144, 0, 1, 0, 0]),
    ("FD ED", [176, 0, 1, 0, 0]),
    ("FD EE", [176, 0, 1, 0, 0]),
    ("FD EF", [176, 0, 1, 0, 0]),
    ("FD F1", [176, 0, 1, 0, 0]),
    ("FD B4", [144, 0, 1, 0, 0]),
    ("FD 19", [128, 0, 0, 1, 0]),
    ("FD 1A", [128, 0, 0, 1, 0]),
    ("FD 1B", [128, 0, 1, 0, 0]),
    ("FC B1", [144, 1, 0, 0, 0]),
    ("FC B2", [144, 1, 0, 0, 0]),
    ("FD B1", [144, 1, 0, 0, 0]),
    ("FD B2", [144, 1, 0, 0, 0]),
    ("FC 1D", [128, 1, 1, 0, 0]),
    ("FC A1", [144, 0, 1, 0, 0]),
    ("FC 19", [144, 1, 0, 0, 0]),
    ("FC 1A", [128, 1, 0, 0, 0]),
    ("FB E8", [144, 0, 0, 0, 0]),
];
const TWO_BITS: Rows = [
    ("FC E1", [10296, 300, 68, 0, 0]),
    ("FB E2", [10296, 319, 45, 0, 0]),
    ("FD E2", [10296, 253, 49, 0, 50]),
    ("FB E0", [10296, 344, 39, 2, 65]),
    ("FD E0", [10296, 356, 41, 0, 91]),
    ("FB EB", [10296, 334, 76, 0, 0]),
    ("FB EC", [10296, 323, 54, 9, 0]),
    ("FB ED", [10296, 346, 64, 0, 0]),
    ("FB EE", [10296, 340, 64, 0, 0]),
    ("FB EF", [10296, 356, 55, 0, 0]),
    ("FB F1", [10296, 321, 63, 0, 0]),
    ("FB B4", [10296, 296, 50, 0, 0]),
    ("FB 19", [10296, 326, 57, 0, 0]),
    ("FB 1A", [10296, 323, 59, 0, 0]),
    ("FB 1B", [10296, 340, 48, 0, 0]),
    ("FD EB", [15400, 610, 92, 0, 168]),
    ("FD EC", [10296, 269, 65, 0, 0]),
    ("FD ED", [15400, 583, 81, 0, 0]),
    ("FD EE", [15400, 579, 81, 0, 0]),
    ("FD EF", [15400, 593, 67, 0, 0]),
    ("FD F1", [15400, 465, 65, 0, 0]),
    ("FD B4", [10296, 214, 55, 0, 0]),
    ("FD 19", [8128, 239, 44, 0, 0]),
    ("FD 1A", [8128, 238, 50, 0, 0]),
    ("FD 1B", [8128, 172, 37, 0, 0]),
    ("FC B1", [10296, 311, 67, 0, 0]),
    ("FC B2", [10296, 304, 68, 0, 0]),
    ("FD B1", [10296, 199, 55, 0, 0]),
    ("FD B2", [10296, 174, 58, 0, 0]),
    ("FC 1D", [8128, 110, 64, 12, 0]),
    ("FC A1", [10296, 6, 370, 0, 0]),
    ("FC 19", [10296, 2, 68, 259, 0]),
    ("FC 1A", [8128, 0, 64, 158, 0]),
    ("FB E8", [10296, 15, 46, 143, 0]),
];
const TRUNCATED: Rows = [
    ("FC E1", [51, 0, 0, 0, 0]),
    ("FB E2", [51, 0, 1, 0, 0]),
    ("FD E2", [51, 0, 1, 0, 0]),
    ("FB E0", [51, 0, 1, 0, 0]),
    ("FD E0", [51, 3, 1, 0, 0]),
    ("FB EB", [51, 0, 1, 0, 0]),
    ("FB EC", [51, 0, 1, 0, 0]),
    ("FB ED", [51, 0, 1, 0, 0]),
    ("FB EE", [51, 0, 1, 0, 0]),
    ("FB EF", [51, 0, 1, 0, 0]),
    ("FB F1", [51, 0, 1, 0, 0]),
    ("FB B4", [51, 0, 1, 0, 0]),
    ("FB 19", [51, 0, 0, 1, 0]),
    ("FB 1A", [51, 0, 0, 1, 0]),
    ("FB 1B", [51, 0, 1, 0, 0]),
    ("FD EB", [63, 0, 1, 0, 0]),
    ("FD EC", [51, 0, 1, 0, 0]),
    ("FD ED", [63, 0, 1, 0, 0]),
    ("FD EE", [63, 0, 1, 0, 0]),
    ("FD EF", [63, 0, 1, 0, 0]),
    ("FD F1", [63, 0, 1, 0, 0]),
    ("FD B4", [51, 1, 1, 0, 0]),
    ("FD 19", [45, 0, 0, 1, 0]),
    ("FD 1A", [45, 0, 0, 1, 0]),
    ("FD 1B", [45, 0, 1, 0, 0]),
    ("FC B1", [51, 0, 0, 0, 0]),
    ("FC B2", [51, 0, 0, 0, 0]),
    ("FD B1", [51, 1, 0, 0, 0]),
    ("FD B2", [51, 1, 0, 0, 0]),
    ("FC 1D", [45, 0, 0, 0, 0]),
    ("FC A1", [51, 0, 0, 0, 0]),
    ("FC 19", [51, 0, 0, 0, 0]),
    ("FC 1A", [45, 0, 0, 0, 0]),
    ("FB E8", [51, 0, 1, 0, 0]),
];
const HOLES: Rows = [
    ("FC E1", [136, 27, 0, 0, 0]),
    ("FB E2", [136, 27, 0, 0, 0]),
    ("FD E2", [136, 21, 0, 0, 0]),
    ("FB E0", [136, 15, 0, 0, 0]),
    ("FD E0", [136, 9, 0, 0, 0]),
    ("FB EB", [136, 24, 0, 0, 0]),
    ("FB EC", [136, 24, 0, 0, 0]),
    ("FB ED", [136, 24, 0, 0, 0]),
    ("FB EE", [136, 24, 0, 0, 0]),
    ("FB EF", [136, 24, 0, 0, 0]),
    ("FB F1", [136, 24, 0, 0, 0]),
    ("FB B4", [136, 24, 0, 0, 0]),
    ("FB 19", [136, 24, 0, 0, 0]),
    ("FB 1A", [136, 24, 0, 0, 0]),
    ("FB 1B", [136, 24, 0, 0, 0]),
    ("FD EB", [210, 9, 0, 0, 6]),
    ("FD EC", [136, 18, 0, 0, 0]),
    ("FD ED", [210, 10, 0, 0, 0]),
    ("FD EE", [210, 35, 0, 0, 0]),
    ("FD EF", [210, 35, 0, 0, 0]),
    ("FD F1", [210, 63, 0, 0, 0]),
    ("FD B4", [136, 27, 0, 0, 0]),
    ("FD 19", [105, 0, 0, 0, 0]),
    ("FD 1A", [105, 0, 0, 0, 0]),
    ("FD 1B", [105, 8, 0, 0, 0]),
    ("FC B1", [136, 24, 0, 0, 0]),
    ("FC B2", [136, 24, 0, 0, 0]),
    ("FD B1", [136, 30, 0, 0, 0]),
    ("FD B2", [136, 30, 0, 0, 0]),
    ("FC 1D", [105, 11, 0, 0, 0]),
    ("FC A1", [136, 0, 24, 0, 0]),
    ("FC 19", [136, 0, 0, 27, 0]),
    ("FC 1A", [105, 0, 0, 8, 0]),
    ("FB E8", [136, 0, 0, 36, 0]),
];

/// Where the repository is around, its document shows these numbers.
#[test]
fn the_document_shows_these_numbers() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/verification.md");
    let Ok(document) = std::fs::read_to_string(path) else { return };
    let passed = |[_, known, unknown, dangerous, _]: [u32; 5]| known + unknown + dangerous;
    let mut sums = [[0; 5]; 4];
    for ((((name, one), (_, two)), (_, cut)), (_, hole)) in
        ONE_BIT.into_iter().zip(TWO_BITS).zip(TRUNCATED).zip(HOLES)
    {
        let row = format!(
            "| `{name}` | {} of {} | {} of {} | {} | {} | {} | {} of {} | {} of {} |",
            passed(one),
            one[0],
            passed(two),
            two[0],
            two[2],
            two[3],
            two[4],
            passed(cut),
            cut[0],
            passed(hole),
            hole[0],
        );
        assert!(document.contains(&row), "not in the document: {row}");
        for (sum, row) in sums.iter_mut().zip([one, two, cut, hole]) {
            sum.iter_mut().zip(row).for_each(|(sum, number)| *sum += number);
        }
    }
    let [one, two, cut, hole] = sums;
    let row = format!(
        "| all | {} of {} | {} of {} | {} | {} | {} | {} of {} | {} of {} |",
        passed(one),
        one[0],
        passed(two),
        two[0],
        two[2],
        two[3],
        two[4],
        passed(cut),
        cut[0],
        passed(hole),
        hole[0],
    );
    assert!(document.contains(&row), "not in the document: {row}");
}
