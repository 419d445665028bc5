//! Benchmarks: `cargo bench -p twc-benches`. Absolute times say little on a shared machine; compare within a run.
