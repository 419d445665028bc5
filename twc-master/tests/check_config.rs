//! Claim: every example configuration is accepted, a wrong one exits 3 with line, value, reason and suggestion, and a
//! schedule can be seen before it runs.
#![cfg(feature = "app")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn twc_master(args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_twc-master")).args(args).output().unwrap()
}

fn configs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/configs")
}

fn example(name: &str) -> String {
    configs().join(name).to_str().unwrap().to_owned()
}

#[test]
fn every_example_configuration_is_accepted_without_a_note_and_named_in_the_page_about_setups() {
    let page = fs::read_to_string(configs().join("../../docs/your-setup.md")).unwrap();
    let mut count = 0;
    for entry in fs::read_dir(configs()).unwrap() {
        let path = entry.unwrap().path();
        let checked = twc_master(&["check", path.to_str().unwrap()]);
        assert!(checked.status.success() && !checked.stdout.is_empty(), "{path:?}: {checked:?}");
        assert!(checked.stderr.is_empty(), "{path:?}: {checked:?}");
        let name = path.file_name().unwrap().to_str().unwrap();
        assert!(page.contains(&format!("../examples/configs/{name}")), "{name} is not in docs/your-setup.md");
        count += 1;
    }
    let named: Vec<&str> = page.split("../examples/configs/").skip(1).collect();
    assert!(count > 15 && named.len() >= count, "{count} files, {} named", named.len());
    for name in named.iter().map(|rest| rest.split(')').next().unwrap()) {
        assert!(configs().join(name).is_file(), "docs/your-setup.md names {name}, which does not exist");
    }
}

#[test]
fn a_wrong_configuration_exits_3_with_line_value_reason_and_suggestion() {
    let path = std::env::temp_dir().join(format!("twc-check-{}.toml", std::process::id()));
    fs::write(&path, "[site]\ncontinuous_limit = \"16A\"\n\n[[slave]]\nid = \"3495\"\nminimum = \"20A\"\n")
        .unwrap();
    let checked = twc_master(&["check", path.to_str().unwrap()]);
    fs::remove_file(&path).unwrap();
    assert_eq!(checked.status.code(), Some(3));
    assert!(checked.stdout.is_empty());
    let expected = format!(
        "twc-master: {}:6: `minimum = \"20A\"`: more than the 16A that the wiring to 3495 carries; write 16A or less\n",
        path.display()
    );
    assert_eq!(String::from_utf8(checked.stderr).unwrap(), expected);
    assert_eq!(twc_master(&["check", "/nonexistent.toml"]).status.code(), Some(3));
}

#[test]
fn a_preview_prints_the_days_to_come() {
    let from = "2026-10-23T20:00:00Z";
    let args = ["schedule", "preview", &example("nights-and-weekend-sun.toml"), "--days", "3", "--from", from];
    let preview = twc_master(&args);
    assert_eq!(preview.status.code(), Some(0));
    let expected = "\
Fri 2026-10-23 22:00 CEST  off: otherwise
Fri 2026-10-23 23:00 CEST  now: window 1, mon,tue,wed,thu,fri 23:00-07:00
Sat 2026-10-24 07:00 CEST  solar: window 2, sat,sun 00:00-24:00
Mon 2026-10-26 00:00 CET  off: otherwise
Mon 2026-10-26 21:00 CET  end of the preview
";
    assert_eq!(String::from_utf8(preview.stdout).unwrap(), expected);
    let json = twc_master(&[args.as_slice(), &["--json"]].concat());
    let lines: Vec<serde_json::Value> =
        String::from_utf8(json.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(
        (lines[1]["mode"].as_str(), lines[1]["from"].as_str()),
        (Some("now"), Some("2026-10-23T21:00:00Z"))
    );
    assert_eq!(twc_master(&["schedule", "preview", &example("one-unit.toml")]).status.code(), Some(3));
}

#[test]
fn a_preview_shows_what_prices_open_and_names_the_line_that_makes_no_sense() {
    let prices = std::env::temp_dir().join(format!("twc-prices-{}.json", std::process::id()));
    fs::write(
        &prices,
        "[{\"start\": \"2026-06-17T00:00+01:00\", \"price\": 0.3},\n {\"start\": \"2026-06-17T02:00+01:00\", \"price\": 0.1}]\n\
         {\"start\": \"2026-06-17T03:00+01:00\", \"end\": \"2026-06-17T04:00+01:00\", \"price\": 0.11}\n\
         {\"start\": \"2026-06-17T05:00\", \"price\": 0.0}\n",
    )
    .unwrap();
    let example = example("price-at-this-unit.toml");
    let shown = prices.to_str().unwrap();
    let from = "2026-06-16T23:00:00Z";
    let args = ["schedule", "preview", &example, "--days", "1", "--from", from, "--prices", shown];
    let preview = twc_master(&args);
    fs::remove_file(&prices).unwrap();
    let expected = "\
Wed 2026-06-17 00:00 BST  off: otherwise
Wed 2026-06-17 02:00 BST  now: price rule 1, at most 0.1
Wed 2026-06-17 03:00 BST  off: otherwise
Wed 2026-06-17 04:48 BST  now: departure 1, all the energy still to come
Wed 2026-06-17 07:00 BST  off: otherwise
Wed 2026-06-17 16:00 BST  off: window 1, daily 16:00-19:00
Wed 2026-06-17 19:00 BST  off: otherwise
Thu 2026-06-18 00:00 BST  end of the preview
";
    assert_eq!(String::from_utf8(preview.stdout).unwrap(), expected);
    let said = String::from_utf8(preview.stderr).unwrap();
    assert!(said.contains("line 4: `2026-06-17T05:00` is no time"), "{said}");
    // A file that is named on the command line must be there; the configuration's may come later.
    assert_eq!(twc_master(&args).status.code(), Some(3));
    assert_eq!(twc_master(&args[..7]).status.code(), Some(0));
}

#[test]
fn the_schema_is_json() {
    let schema = twc_master(&["check", "--schema"]);
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).unwrap();
    for table in ["site", "prices", "battery", "cap", "orders"] {
        assert!(schema["properties"][table].is_object(), "{table}");
    }
}
