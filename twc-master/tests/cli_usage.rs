//! Claim: a command line that makes no sense exits 2 and writes nothing to standard output.
#![cfg(feature = "app")]

use std::process::{Command, Output};

fn twc_master(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twc-master")).args(args).output().unwrap()
}

#[test]
fn usage_errors_exit_2_with_a_message() {
    let lines: [&[&str]; 9] = [
        &[],
        &["charge"],
        &["decode"],
        &["decode", "--yaml", "-"],
        &["monitor"],
        &["monitor", "--link", "http://example.invalid"],
        &["monitor", "--link", "tcp://example.invalid"],
        &["monitor", "--link", "serial:"],
        &["monitor", "--link", "/dev/null", "--seconds", "-1"],
    ];
    for args in lines {
        let output = twc_master(args);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty(), "{args:?}: {output:?}");
    }
}

#[test]
fn the_version_and_the_help_are_data() {
    let version = twc_master(&["--version"]);
    assert_eq!(version.status.code(), Some(0));
    assert_eq!(version.stdout, format!("twc-master {}\n", env!("CARGO_PKG_VERSION")).into_bytes());
    for args in [&["--help"][..], &["decode", "--help"], &["monitor", "--help"]] {
        let help = twc_master(args);
        assert!(help.status.success() && !help.stdout.is_empty() && help.stderr.is_empty(), "{args:?}");
    }
}
