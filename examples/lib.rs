//! Small programs, one idea each: `cargo run -p twc-examples --example decode-hex`.
