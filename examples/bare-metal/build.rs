//! Puts captured frames on the wire again, as `twc-proto/tests/captures/README.md` says: delimiters, escapes, and
//! the junk byte that was seen between two frames. Also hands the linker its scripts.

use std::{env, fs, path::Path};

const CAPTURES: &str = "../../twc-proto/tests/captures";

fn main() {
    let read = |name: &str| fs::read_to_string(Path::new(CAPTURES).join(name)).expect("the captures are there");
    let mut wire = Vec::new();
    for line in read("master_and_slave.txt").lines().filter(|line| !line.starts_with('#')) {
        let mut columns = line.splitn(3, ' ').skip(1);
        wire.extend(columns.next().into_iter().flat_map(hex));
        send(&mut wire, columns.next().unwrap_or_default());
    }
    // Protocol 1, the second with a C0 inside; then a frame cut short in the cable, and one with a wrong sum.
    for (file, id, column) in [
        ("frames.csv", "R039", 4),
        ("frames.csv", "R040", 4),
        ("corrupt.csv", "C02", 3),
        ("corrupt.csv", "C04", 3),
    ] {
        let text = read(file);
        let row = text.lines().find(|line| line.split(',').next() == Some(id)).expect("the row is there");
        send(&mut wire, row.split(',').nth(column).unwrap_or_default());
    }
    let out = env::var("OUT_DIR").expect("cargo sets it");
    fs::write(Path::new(&out).join("capture.bin"), wire).expect("OUT_DIR is writable");
    fs::copy("memory.x", Path::new(&out).join("memory.x")).expect("OUT_DIR is writable");
    println!("cargo:rustc-link-search={out}\ncargo:rustc-link-arg-bins=-Tlink.x");
    println!(
        "cargo:rerun-if-changed={CAPTURES}\ncargo:rerun-if-changed=memory.x\ncargo:rerun-if-changed=build.rs"
    );
}

/// The byte pairs in a text; none in `-`.
fn hex(text: &str) -> Vec<u8> {
    text.split(' ').filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect()
}

fn send(wire: &mut Vec<u8>, text: &str) {
    let bytes = hex(text);
    if bytes.first() == Some(&0xC0) {
        return wire.extend(bytes);
    }
    wire.push(0xC0);
    for byte in bytes {
        match byte {
            0xC0 => wire.extend([0xDB, 0xDC]),
            0xDB => wire.extend([0xDB, 0xDD]),
            plain => wire.push(plain),
        }
    }
    wire.push(0xC0);
}
