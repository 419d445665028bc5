//! Claim: every installation that people described (the second table of the scenarios' index) has a configuration that is
//! linked from docs/your-setup.md and makes sense, and a scenario that `catalogue.rs` shows to be kept; and no example
//! configuration is without its place on that page.
#![cfg(feature = "settings")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use twc_master::settings::Settings;
use twc_sim::scenario::by_name;

/// Nobody can be helped there with a file for this program.
const NO_FILE: [(&str, &str); 3] = [
    ("8", "other charging stations are out of scope"),
    ("18", "a microcontroller reads no file"),
    ("27", "no bus"),
];

fn repository() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

#[test]
fn every_installation_has_a_configuration_and_a_scenario() {
    let index = fs::read_to_string(repository().join("twc-sim/scenarios/INDEX.md")).unwrap();
    let page = fs::read_to_string(repository().join("docs/your-setup.md")).unwrap();
    let (_, installations) = index.split_once("## Installations\n").unwrap();
    let mut rows = 0;
    for line in installations.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, what, scenarios, proof, _] = cells[..] else { continue };
        if number.parse::<u8>().is_err() {
            continue;
        }
        rows += 1;
        if NO_FILE.iter().any(|(row, _)| *row == number) {
            continue;
        }
        assert!(quoted(scenarios).any(|name| by_name(name).is_some()), "{number} has no scenario: {what}");
        let files: Vec<&str> = quoted(proof).filter(|file| file.starts_with("examples/configs/")).collect();
        assert!(!files.is_empty(), "{number} has no configuration: {what}");
        for file in files {
            Settings::parse(&fs::read_to_string(repository().join(file)).unwrap())
                .unwrap_or_else(|error| panic!("{file}:{error}"));
            assert!(page.contains(&format!("(../{file})")), "{file} is not on the page for {number}");
        }
    }
    assert_eq!(rows, 29);
}

#[test]
fn every_example_configuration_has_a_place_on_the_page() {
    let page = fs::read_to_string(repository().join("docs/your-setup.md")).unwrap();
    let files = fs::read_dir(repository().join("examples/configs")).unwrap();
    let files: BTreeSet<String> =
        files.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
    for file in files {
        assert!(page.contains(&format!("(../examples/configs/{file})")), "{file}");
    }
}
