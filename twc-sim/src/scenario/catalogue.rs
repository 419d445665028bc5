//! The scenarios that come with the crate.

/// Name and text of each, in the order of their names.
pub const CATALOGUE: [(&str, &str); 1] = [("three-share", include_str!("../../scenarios/three-share.toml"))];

/// The text of the scenario with this name.
pub fn by_name(name: &str) -> Option<&'static str> {
    CATALOGUE.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
}
