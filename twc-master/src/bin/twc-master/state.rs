//! What survives a restart: our id and sign, the slaves and what they were to have at most.
//!
//! One file per link, written beside and renamed into place, so that a reader sees the old or the new and never
//! half of one. A lock beside it keeps a second master off the same link.

use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use serde::{Deserialize, Serialize};
use twc_master::{KnownSlave, Snapshot};
use twc_proto::{CentiAmps, Sign, TwcId, Version};

use crate::exit::Failure;

/// Ids that other people's masters are known by.
const TAKEN_IDS: [u16; 5] = [0x7777, 0xA5A5, 0x1337, 0xF00D, 0x32AB];

/// The contents of a state file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    format: u32,
    id: String,
    sign: u8,
    slaves: Vec<SavedSlave>,
    /// A file before this one made no sense, and its slaves may still follow what it knew.
    #[serde(default)]
    lost: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(clippy::struct_excessive_bools)] // Facts, each on its own.
struct SavedSlave {
    id: String,
    protocol: u8,
    unit_max_centiamps: u16,
    commitment_centiamps: u16,
    stops_proven: bool,
    stopped: bool,
    // What follows is not in files of format 1.
    #[serde(default)]
    sign: Option<u8>,
    #[serde(default)]
    strikes: u8,
    #[serde(default)]
    phases_void: bool,
    #[serde(default)]
    silent: bool,
}

impl State {
    const FORMAT: u32 = 3;

    /// A state for a link never used before: a random id that nobody is known by, and a random sign.
    pub(crate) fn fresh() -> Self {
        let mut random = RandomState::new().build_hasher().finish();
        let id = loop {
            let id = random as u16;
            if id != 0 && !TAKEN_IDS.contains(&id) {
                break id;
            }
            random = RandomState::new().build_hasher().finish();
        };
        let sign = (random >> 16) as u8;
        Self { format: Self::FORMAT, id: TwcId::new(id).to_string(), sign, slaves: Vec::new(), lost: false }
    }

    /// A state in place of one that makes no sense.
    pub(crate) fn after_a_loss() -> Self {
        Self { lost: true, ..Self::fresh() }
    }

    pub(crate) fn is_lost(&self) -> bool {
        self.lost
    }

    pub(crate) fn id(&self) -> Option<TwcId> {
        self.id.parse().ok()
    }

    pub(crate) fn sign(&self) -> Sign {
        Sign::new(self.sign)
    }

    pub(crate) fn set_id(&mut self, id: TwcId) {
        self.id = id.to_string();
    }

    pub(crate) fn slaves(&self) -> impl Iterator<Item = KnownSlave> + '_ {
        self.slaves.iter().filter_map(|saved| {
            Some(KnownSlave {
                id: saved.id.parse().ok()?,
                version: if saved.protocol == 1 { Version::P1 } else { Version::P2 },
                unit_max: CentiAmps::new(saved.unit_max_centiamps),
                commitment: CentiAmps::new(saved.commitment_centiamps),
                stops_proven: saved.stops_proven,
                stopped: saved.stopped,
                sign: saved.sign.map(Sign::new),
                strikes: saved.strikes,
                phases_void: saved.phases_void,
                silent: saved.silent,
            })
        })
    }

    pub(crate) fn with_slaves(&self, snapshot: &Snapshot) -> Self {
        let slaves = snapshot.slaves.iter().flatten().map(|slave| SavedSlave {
            id: slave.id.to_string(),
            protocol: if slave.version == Version::P1 { 1 } else { 2 },
            unit_max_centiamps: slave.unit_max.value(),
            commitment_centiamps: slave.commitment.value(),
            stops_proven: slave.stops_proven,
            stopped: slave.stopped,
            sign: slave.sign.map(Sign::value),
            strikes: slave.strikes,
            phases_void: slave.phases_void,
            silent: slave.silent,
        });
        Self { format: Self::FORMAT, slaves: slaves.collect(), lost: snapshot.state_lost, ..self.clone() }
    }

    pub(crate) fn forget(&mut self, id: TwcId) {
        self.slaves.retain(|slave| slave.id != id.to_string());
    }

    /// The format of a file that a newer program wrote. It is no damage, and its slaves are there.
    fn newer_format(text: &str) -> Option<u64> {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        value.get("format")?.as_u64().filter(|format| *format > u64::from(Self::FORMAT))
    }

    fn parse(text: &str) -> Option<Self> {
        let state: Self = serde_json::from_str(text).ok()?;
        let sound = (1..=Self::FORMAT).contains(&state.format)
            && state.id().is_some()
            && state.slaves().count() == state.slaves.len()
            && state.slaves().all(|slave| slave.unit_max > CentiAmps::ZERO);
        sound.then_some(state)
    }
}

/// A state file that this process alone uses.
#[derive(Debug)]
pub(crate) struct StateFile {
    path: PathBuf,
    _lock: File,
}

/// What was found in a state file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found {
    State(State),
    /// There was none.
    Nothing,
    /// There is one that makes no sense; it was copied aside under this name.
    Unreadable(PathBuf),
}

impl StateFile {
    /// Opens and locks the file for `link`: the one given, or one named after the link in the state directory.
    pub(crate) fn open(given: Option<PathBuf>, link: &str) -> Result<Self, Failure> {
        let path = given.or_else(|| Some(state_directory()?.join(file_name(link)))).ok_or_else(|| {
            Failure::failed("no place for the state file: set HOME or XDG_STATE_HOME, or give --state FILE")
        })?;
        let cannot =
            |error: &io::Error| Failure::failed(format!("cannot use state file {}: {error}", path.display()));
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).map_err(|error| cannot(&error))?;
        }
        let lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(beside(&path, ".lock"))
            .map_err(|error| cannot(&error))?;
        if flock(&lock, FlockOperation::NonBlockingLockExclusive).is_err() {
            return Err(Failure::link(format!(
                "another twc-master uses {}: one master per link; stop it first",
                path.display()
            )));
        }
        Ok(Self { path, _lock: lock })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Reads what an earlier run left. A file that makes no sense is copied aside, never guessed at, and stays until
    /// [`StateFile::write`] replaces it: a start that ends before has forgotten nothing.
    pub(crate) fn read(&self) -> Result<Found, Failure> {
        let text = match fs::read(&self.path) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
            Err(error) => {
                return Err(Failure::failed(format!("cannot read state file {}: {error}", self.path.display())));
            }
        };
        if let Some(state) = State::parse(&text) {
            return Ok(Found::State(state));
        }
        if let Some(format) = State::newer_format(&text) {
            return Err(Failure::failed(format!(
                "state file {} has format {format}, this program knows up to {}: use the newer program, or another \
                 file with --state",
                self.path.display(),
                State::FORMAT
            )));
        }
        let aside = beside(&self.path, ".unreadable");
        fs::copy(&self.path, &aside).map_err(|error| {
            Failure::failed(format!("cannot copy state file {} aside: {error}", self.path.display()))
        })?;
        Ok(Found::Unreadable(aside))
    }

    /// Replaces the file; when this returns the new one is on disk.
    pub(crate) fn write(&self, state: &State) -> io::Result<()> {
        replace(&self.path, &serde_json::to_string_pretty(state)?)
    }
}

/// Replaces a file; a reader sees the old or the new one, never half of one, and when this returns the new one is on disk.
pub(crate) fn replace(path: &Path, text: &str) -> io::Result<()> {
    let new = beside(path, ".new");
    let mut file = File::create(&new)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(directory) if directory != Path::new("") => File::open(directory)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// The path with something behind it.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// systemd's, then the user's.
fn state_directory() -> Option<PathBuf> {
    let set = |name| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("STATE_DIRECTORY")
        .or_else(|| Some(set("XDG_STATE_HOME")?.join("twc-master")))
        .or_else(|| Some(set("HOME")?.join(".local/state/twc-master")))
}

/// The link's name with everything but letters, digits, dots and dashes as %XX, so that no two links meet.
fn file_name(link: &str) -> String {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    let name: Vec<_> = link
        .bytes()
        .map(|byte| if safe(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect();
    name.concat() + ".json"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(name: &str) -> PathBuf {
        let directory = std::env::temp_dir().join(format!("twc-state-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        directory.join("state.json")
    }

    #[test]
    fn what_was_written_is_read_again() {
        let file = StateFile::open(Some(place("again")), "").unwrap();
        assert_eq!(file.read().unwrap(), Found::Nothing);
        let mut state = State::fresh();
        state.slaves.push(SavedSlave {
            id: "3495".into(),
            protocol: 2,
            unit_max_centiamps: 3_200,
            commitment_centiamps: 1_400,
            stops_proven: true,
            stopped: false,
            sign: Some(0x5A),
            strikes: 1,
            phases_void: true,
            silent: true,
        });
        file.write(&state).unwrap();
        assert_eq!(file.read().unwrap(), Found::State(state));
    }

    #[test]
    fn a_file_of_format_1_is_read_and_one_of_a_newer_program_is_refused_and_kept() {
        let path = place("formats");
        let file = StateFile::open(Some(path.clone()), "").unwrap();
        let text = |format: u32| {
            format!(
                "{{\"format\":{format},\"id\":\"4242\",\"sign\":1,\"slaves\":[{{\"id\":\"3495\",\"protocol\":2,\
                 \"unit_max_centiamps\":3200,\"commitment_centiamps\":1400,\"stops_proven\":true,\"stopped\":false}}]}}"
            )
        };
        fs::write(&path, text(1)).unwrap();
        let Found::State(state) = file.read().unwrap() else { panic!("format 1 is known") };
        let slave = state.slaves().next().unwrap();
        assert_eq!((slave.commitment, slave.sign, slave.strikes), (CentiAmps::new(1_400), None, 0));
        fs::write(&path, text(State::FORMAT + 1)).unwrap();
        assert!(file.read().is_err());
        assert!(path.exists());
    }

    #[test]
    fn a_file_that_makes_no_sense_is_kept_aside_and_not_guessed_at_until_another_says_that_it_was_lost() {
        let path = place("aside");
        let file = StateFile::open(Some(path.clone()), "").unwrap();
        fs::write(&path, "{\"format\":1,\"id\":\"XXXX\"").unwrap();
        let aside = beside(&path, ".unreadable");
        for _ in 0..2 {
            assert_eq!(file.read().unwrap(), Found::Unreadable(aside.clone()));
        }
        file.write(&State::after_a_loss()).unwrap();
        let Found::State(state) = file.read().unwrap() else { panic!("a state was written") };
        assert!(state.is_lost() && aside.exists());
        let settled = Snapshot { revision: 1, slaves: [None; 3], state_lost: false };
        assert!(!state.with_slaves(&settled).is_lost());
    }

    #[test]
    fn a_second_master_on_the_same_file_is_refused() {
        let path = place("second");
        let _first = StateFile::open(Some(path.clone()), "").unwrap();
        assert!(StateFile::open(Some(path), "").is_err());
    }

    #[test]
    fn no_two_links_share_a_file() {
        assert_ne!(file_name("serial:/dev/a-b"), file_name("serial:/dev-a/b"));
        assert_eq!(file_name("tcp://h:1"), "tcp%3A%2F%2Fh%3A1.json");
    }

    #[test]
    fn fresh_ids_are_nobodys() {
        for _ in 0..100 {
            assert!(!TAKEN_IDS.contains(&State::fresh().id().unwrap().value()));
        }
    }
}
