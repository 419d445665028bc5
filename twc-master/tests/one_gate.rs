//! Amps reach a heartbeat through the guard's `Offer` and by no other way.
//!
//! Outside the crate the compiler sees to it: neither the guard nor its offers are public, a share returns wishes, and
//! orders go through the books. Inside the crate this looks: the constructors of heartbeats stand in one file.

use std::fs;
use std::path::Path;

fn sources(directory: &Path, found: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        // The program sits outside the machine, like anybody else.
        if path.is_dir() && !path.ends_with("bin") {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
}

#[test]
fn heartbeats_are_built_in_one_place_and_offers_are_made_in_one() {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut found);
    for (what, place) in [("MasterHeartbeat::", "guard/offer.rs"), ("Offer::new(", "src/guard.rs")] {
        let uses = |(_, text): &&(String, String)| text.contains(what);
        let files: Vec<_> = found.iter().filter(uses).map(|(path, _)| path.replace('\\', "/")).collect();
        assert!(files.len() == 1 && files[0].ends_with(place), "{what} in {files:?}");
    }
    let offer = found.iter().find(|(path, _)| path.replace('\\', "/").ends_with("guard/offer.rs")).unwrap();
    assert!(offer.1.contains("pub(super) fn new(amps: CentiAmps)"), "only the guard may make an offer");
}
