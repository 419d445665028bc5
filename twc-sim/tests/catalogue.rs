//! The catalogue, its folder and its index agree, and every scenario in it makes sense.
#![cfg(feature = "scenario")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use twc_sim::scenario::{CATALOGUE, Scenario};

const INDEX: &str = include_str!("../scenarios/INDEX.md");

fn parsed() -> Vec<Scenario> {
    let parse =
        |(name, text): &(&str, &str)| Scenario::parse(text).unwrap_or_else(|error| panic!("{name}:{error}"));
    CATALOGUE.iter().map(parse).collect()
}

/// For each numbered row below a heading, the scenarios it names.
fn rows(heading: &str) -> BTreeMap<u8, BTreeSet<String>> {
    let (_, section) = INDEX.split_once(&format!("## {heading}\n")).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let mut rows = BTreeMap::new();
    for line in section.lines() {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _, scenarios, proof, _] = cells[..] else { continue };
        let Ok(number) = number.parse::<u8>() else { continue };
        let names: BTreeSet<String> = scenarios.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        assert!(
            !names.is_empty() || !proof.is_empty(),
            "{heading} {number} has neither scenario nor another proof"
        );
        assert!(rows.insert(number, names).is_none(), "{heading} {number} twice");
    }
    rows
}

/// In the repository; the published crate is alone.
#[test]
fn every_file_that_the_index_names_as_proof_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if !root.join("twc-master").is_dir() {
        return;
    }
    let named =
        INDEX.lines().filter(|line| line.starts_with('|')).flat_map(|line| line.split('`').skip(1).step_by(2));
    let files: Vec<&str> = named.filter(|name| name.contains('/')).collect();
    assert!(files.len() > 20, "{files:?}");
    for file in files {
        assert!(root.join(file).exists(), "{file}");
    }
}

#[test]
fn pending_is_said_where_it_is_so() {
    for scenario in parsed() {
        let marked = INDEX.contains(&format!("`{}` (pending)", scenario.name));
        assert_eq!(marked, scenario.is_pending(), "{}", scenario.name);
    }
}

fn claimed(of: fn(&Scenario) -> &[u8]) -> BTreeMap<u8, BTreeSet<String>> {
    let mut claims: BTreeMap<u8, BTreeSet<String>> = BTreeMap::new();
    for scenario in parsed() {
        for number in of(&scenario) {
            claims.entry(*number).or_default().insert(scenario.name.clone());
        }
    }
    claims
}

#[test]
fn the_list_is_the_folder() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "toml"));
    let files: BTreeSet<String> =
        files.map(|path| path.file_stem().unwrap().to_string_lossy().into_owned()).collect();
    let listed: Vec<String> = CATALOGUE.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(listed, files.into_iter().collect::<Vec<_>>());
    let names: Vec<String> = parsed().into_iter().map(|scenario| scenario.name).collect();
    assert_eq!(names, listed, "each file is called like its scenario");
}

#[test]
fn the_index_names_what_the_scenarios_claim() {
    for (heading, count, of) in [
        ("Pains", 25, (|scenario| &scenario.pains) as fn(&Scenario) -> &[u8]),
        ("Installations", 29, |scenario| &scenario.setups),
    ] {
        let rows = rows(heading);
        assert_eq!(rows.keys().copied().collect::<Vec<_>>(), (1..=count).collect::<Vec<_>>(), "{heading}");
        let claims = claimed(of);
        for (number, names) in &rows {
            let claims = claims.get(number).cloned().unwrap_or_default();
            assert_eq!(*names, claims, "{heading} {number}: index and files differ");
        }
    }
}
