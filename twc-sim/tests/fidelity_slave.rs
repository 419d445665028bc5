//! A real slave without a master, and its button (capture `slave_reset`).

mod fidelity;

use core::time::Duration;

use fidelity::{Frame, Monitor, gaps, timed};
use twc_proto::{Instant, Sign, TwcId};
use twc_sim::{Charger, ChargerConfig, World, WorldConfig};

fn run(world: &mut World, monitor: &mut Monitor, until: Instant) {
    while let Some(at) = world.poll_timeout().filter(|at| *at <= until) {
        world.handle_timeout(at);
        monitor.listen(world);
    }
    world.handle_timeout(until);
}

#[test]
fn a_slave_whose_button_is_held_announces_itself_and_reboots_as_captured() {
    let captured = timed("slave_reset.txt");
    let config = ChargerConfig { first_sign: Some(Sign::new(0x8E)), ..ChargerConfig::p2(TwcId::new(0x3495)) };
    let mut world = World::new(WorldConfig::default());
    world.add_charger(Charger::new(config, 1, Instant::ZERO));
    let mut monitor = Monitor::default();
    // Three quick ones and three slow ones; the capture begins with the first slow one.
    run(&mut world, &mut monitor, Instant::from_secs(20));
    let frames = core::mem::take(&mut monitor.frames);
    let third = frames[5].millis;
    // Pressed about 1.85 s after the third.
    let pressed = Instant::from_millis(third + 1_850);
    run(&mut world, &mut monitor, pressed);
    world.charger_mut(0).unwrap().hold_reset(pressed, Duration::from_secs(8));
    run(&mut world, &mut monitor, pressed + Duration::from_secs(29));
    let simulated: Vec<Frame> = frames[3..6].iter().chain(&monitor.frames).cloned().collect();
    assert_eq!(simulated.len(), captured.len());
    for (index, (captured, simulated)) in captured.iter().zip(&simulated).enumerate() {
        if index < 9 {
            assert_eq!(captured.hex(), simulated.hex(), "frame {index}");
        } else {
            let rest = |frame: &Frame| (frame.body[..4].to_vec(), frame.body[5..15].to_vec());
            assert_eq!(rest(captured), rest(simulated), "frame {index}");
            // Another sign than before, the same from here on.
            assert!(simulated.body[4] != 0x8E && simulated.body[4] == monitor.frames[6].body[4]);
        }
    }
    for (index, (captured, simulated)) in gaps(&captured).into_iter().zip(gaps(&simulated)).enumerate() {
        assert!(captured.abs_diff(simulated) <= 150, "gap {index}: captured {captured}, simulated {simulated}");
    }
}
