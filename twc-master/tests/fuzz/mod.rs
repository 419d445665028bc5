//! Bodies of the fuzz targets `operations` and `master`, here so that they always compile; the fuzzers' committed
//! inputs are played through them in `tests/fuzz_corpus.rs`.

mod judge;
mod operations;

use core::time::Duration;

use twc_proto::CentiAmps;

use judge::Table;
pub(crate) use operations::operations;

/// Raw bytes at any pace into a `Link` of a master. The first byte is the limit, then come pieces of 19 bytes, which
/// is a frame with its tail; the last byte of each is how long the line is quiet after it.
pub(crate) fn bytes(input: &[u8]) {
    let Some((limit, rest)) = input.split_first() else { return };
    let mut table = Table::new(CentiAmps::from_amps(u16::from(*limit).clamp(6, 240)), false);
    for piece in rest.chunks(19) {
        table.link.handle_bytes(table.now, piece);
        let pause = piece.last().map_or(0, |last| u64::from(*last) * 5);
        table.wait(Duration::from_millis(pause));
    }
}
