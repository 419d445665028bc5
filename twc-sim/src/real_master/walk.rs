//! What comes after what, and how much later. All times are from the capture of one master unless they say
//! otherwise; they are from the end of one frame to the start of the next.

use core::time::Duration;

use twc_proto::message::Item;

use crate::rng::Rng;

/// What the master sends next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    /// The n-th linkready 1 of a burst.
    LinkReady1(u8),
    /// The n-th linkready 2 of a burst.
    LinkReady2(u8),
    /// Its own meter, while it has no slave.
    Alone,
    /// FC 1D, the n-th of three. Protocol 1 without a slave.
    Idle(u8),
    /// Heartbeat to a slave that has just linked.
    First(usize),
    /// Heartbeat of the first or second round (0, 1) to the slave with this index.
    Heartbeat(u8, usize),
    /// A value of its own.
    Own,
    /// The same value of the slave with this index.
    Query(usize),
}

/// The order in which it shows and asks for values.
pub(super) const WALK: [Item; 6] =
    [Item::Meter, Item::Firmware, Item::VinPart1, Item::VinPart2, Item::VinPart3, Item::Serial];

/// Start to start, in milliseconds: linkready 1 at power-up.
const LINK_READY_1: [u64; 5] = [1_003, 902, 603, 702, 652];
const FROM_1_TO_2: u64 = 1_304;
/// Three were captured; the rest, for masters that send five, repeats them (guessed).
const LINK_READY_2: [u64; 4] = [601, 302, 601, 302];
const FROM_2_TO_OWN: u64 = 703;
/// From power-up to the first linkready (guessed).
pub(super) const BOOT: Duration = Duration::from_millis(500);
/// Its own meter, start to start, while it is alone.
const ALONE: Duration = Duration::from_secs(2);
/// FC 1D: three in a row every two hours (another report says four).
const IDLE: Duration = Duration::from_secs(7_200);
/// Between two of the three (guessed).
const IDLE_GAP: Duration = Duration::from_millis(100);
/// From a linkready's end to the first heartbeat.
pub(super) const TO_FIRST: Duration = Duration::from_millis(380);

/// How many linkready 1 make a burst at power-up.
pub(super) const BURST_1: u8 = 6;
/// How many of each when a slave has the master's own id.
pub(super) const CLASH: u8 = 5;

/// From the start of one step to the start of the next where nobody answers in between.
pub(super) fn after_start(step: Step, next: Step) -> Option<Duration> {
    let table = |table: &[u64], n: u8| table.get(usize::from(n)).or(table.last()).copied().unwrap_or(600);
    Some(match (step, next) {
        (Step::LinkReady1(n), Step::LinkReady1(_)) => Duration::from_millis(table(&LINK_READY_1, n)),
        (Step::LinkReady1(_), _) => Duration::from_millis(FROM_1_TO_2),
        (Step::LinkReady2(n), Step::LinkReady2(_)) => Duration::from_millis(table(&LINK_READY_2, n)),
        (Step::LinkReady2(_), Step::Alone) => Duration::from_millis(FROM_2_TO_OWN),
        (Step::Alone, _) => ALONE,
        (Step::Idle(_), Step::Idle(n)) if n > 0 => IDLE_GAP,
        (_, Step::Idle(_)) => IDLE,
        _ => return None,
    })
}

/// From the end of the answer (or of a frame that gets none) to the start of the next step.
pub(super) fn after_end(step: Step, next: Step, is_p1: bool, rng: &mut Rng) -> Duration {
    let (least, greatest) = match (step, next) {
        // Protocol 1: about once a second (reported).
        (Step::First(_) | Step::Heartbeat(..), Step::Heartbeat(_, 0)) if is_p1 => (700, 850),
        (Step::First(_) | Step::Heartbeat(..), Step::Heartbeat(..)) => (380, 530),
        (Step::First(_) | Step::Heartbeat(..), Step::Own) => (180, 230),
        (Step::Own, _) => (240, 280),
        _ => (380, 430),
    };
    rng.range_millis(Duration::from_millis(least), Duration::from_millis(greatest))
}
