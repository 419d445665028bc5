//! Bytes as operations: messages, time, commands, losses, crashes. One byte says what, the next two say how.

use core::time::Duration;

use twc_master::{HookOutcome, Mode, Place, Profile, SlaveSettings, Strategy};
use twc_proto::message::{Item, MasterHeartbeat, SlaveHeartbeat, SlaveLinkReady};
use twc_proto::{CentiAmps, Envelope, Message, Sign, SlaveState, TwcId, Version};

use super::judge::{MASTER, Table};

const SLAVES: [TwcId; 4] = [TwcId::new(0x3495), TwcId::new(0x3496), TwcId::new(0x3497), TwcId::new(0x3498)];
/// The last is none that a slave reports.
const STATES: [u8; 10] = [0, 1, 2, 3, 4, 5, 6, 8, 9, 0x77];

/// Plays them; the first byte is the limit, the second whether raises wait for the disk.
pub(crate) fn operations(input: &[u8]) {
    let [limit, durable, rest @ ..] = input else { return };
    let mut table = Table::new(CentiAmps::from_amps(u16::from(*limit).clamp(6, 120)), durable % 2 == 1);
    for piece in rest.chunks_exact(3) {
        let [what, how, much] = piece else { return };
        play(&mut table, *what, *how, *much);
        table.drain();
    }
}

fn play(table: &mut Table, what: u8, how: u8, much: u8) {
    let (slave, amps) = (SLAVES[usize::from(how) % 4], CentiAmps::from_amps(u16::from(much) / 2));
    let now = table.now;
    match what % 22 {
        0 | 1 => table.wait(Duration::from_millis(u64::from(how) * 10)),
        2 => table.wait(Duration::from_secs(u64::from(how))),
        3 | 4 => announce(table, slave, how, CentiAmps::from_amps(u16::from(much).clamp(4, 90))),
        5..=8 => answer(table, how, much),
        9 => hear(table, Message::SlaveHeartbeat(answer_of(slave, how >> 2, amps, amps)), Version::P2),
        10 => hear(table, Message::MasterHeartbeat(MasterHeartbeat::no_change(TwcId::new(1), slave)), Version::P2),
        11 => table.link.handle_bytes(now, &[0xC0, how, much, 0xC0]),
        12 => table.is_slow = how % 2 == 1,
        13 => table.sent(),
        14 => table.reconnect(),
        15 => save(table, how % 2 == 1),
        16 if table.is_durable() => table.restart(),
        17 => drop(table.link.node_mut().order(now, Place::Site, [amps; 3])),
        18 => drop(table.link.node_mut().set_budget(Some(amps))),
        _ => command(table, slave, how, amps),
    }
}

fn command(table: &mut Table, slave: TwcId, how: u8, amps: CentiAmps) {
    let now = table.now;
    let master = table.link.node_mut();
    let profile = Profile::ALL[usize::from(amps.value()) % Profile::ALL.len()];
    let settings = SlaveSettings { profile, priority: how, cap: Some(amps) };
    match how >> 2 {
        0 => drop(master.start(slave)),
        1 => drop(master.release(now, slave)),
        2 => drop(master.stop(slave, None)),
        3..=8 => drop(master.stop(slave, Some(Strategy::ALL[usize::from(how >> 2) - 3]))),
        9 => master.set_mode([Mode::Share, Mode::Minimum, Mode::Off][usize::from(amps.value()) % 3]),
        10 => drop(master.set_slave(slave, settings)),
        11 => drop(master.expect_power_off(slave)),
        12 => drop(master.handle_hook(slave, HookOutcome::Done)),
        13 => drop(master.handle_hook(slave, HookOutcome::Failed)),
        // Only who has looked says so: from here on nothing can flow there.
        14 if master.handle_hook(slave, HookOutcome::ShownOpen).is_ok() => table.forget(slave),
        _ => drop(master.query(slave, Item::Meter)),
    }
}

fn announce(table: &mut Table, slave: TwcId, how: u8, max_current: CentiAmps) {
    let ready = SlaveLinkReady { slave, sign: Sign::new(how >> 3), max_current };
    hear(table, Message::SlaveLinkReady(ready), if how & 4 == 0 { Version::P2 } else { Version::P1 });
}

/// Whom the master asked last answers after 150 ms: with what it was told, or with some other limit.
fn answer(table: &mut Table, how: u8, much: u8) {
    let Some((slave, told)) = table.last() else { return };
    table.wait(Duration::from_millis(150));
    let limit = if how & 0xC0 == 0 { CentiAmps::from_amps(u16::from(much)) } else { told };
    let drawn = CentiAmps::new(limit.value() / 16 * u16::from(much % 18));
    hear(table, Message::SlaveHeartbeat(answer_of(slave, how, limit, drawn)), Version::P2);
}

fn answer_of(slave: TwcId, how: u8, limit: CentiAmps, drawn: CentiAmps) -> SlaveHeartbeat {
    let state = SlaveState::new(STATES[usize::from(how & 0x3F) % STATES.len()]);
    SlaveHeartbeat { slave, master: MASTER, state, limit, drawn }
}

fn hear(table: &mut Table, message: Message, version: Version) {
    let wire = Envelope::canonical(version, message).expect("nothing dangerous").to_wire();
    table.link.handle_bytes(table.now, wire.as_ref());
}

/// The state file is written, or a crash comes between its writing and the news of it.
fn save(table: &mut Table, is_told: bool) {
    let snapshot = table.link.node().snapshot();
    table.saved = Some(snapshot);
    if is_told {
        table.link.node_mut().handle_saved(snapshot.revision);
    }
}
