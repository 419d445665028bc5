//! Claim: `run --config` carries out a file: a schedule that is off keeps a simulated car at the least that its unit can be
//! told, a meter's program is started and believed, and `--dry-run` opens nothing.
#![cfg(all(feature = "app", unix))]

use std::fs;
use std::path::PathBuf;
use std::process::Command;

mod programs;

use programs::Program;

/// A file in a folder of its own, so that state files do not meet.
fn written(name: &str, text: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("twc-run-config-{}-{name}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let path = folder.join("twc.toml");
    fs::write(&path, text).unwrap();
    path
}

fn run(config: &PathBuf) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_twc-master"));
    command.args(["run", "--json", "--link", "sim", "--config"]).arg(config);
    command.arg("--state").arg(config.with_extension("state"));
    command
}

#[test]
fn a_dry_run_says_what_would_be_done_and_writes_nothing() {
    let config = written("dry", "[site]\ncontinuous_limit = \"40A\"\n[link]\nto = \"/dev/nowhere\"\n");
    let output = Command::new(env!("CARGO_BIN_EXE_twc-master"))
        .args(["run", "--dry-run", "--config"])
        .arg(&config)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("would open serial:/dev/nowhere") && said.contains("the site carries 40A"), "{said}");
    assert!(!config.with_extension("state").exists());
}

#[test]
fn a_meter_program_feeds_a_limit_and_decisions_are_told_with_their_reason() {
    let config = written(
        "meter",
        r#"
[site]
continuous_limit = "20A"
meter = "grid"
mode = "off"

[[slave]]
id = "3495"
mode = "now"

[meter.grid]
interval = "1s"
source = "exec:/bin/sh TWC_SCRIPT"
"#,
    );
    let script = config.with_file_name("meter.sh");
    fs::write(&script, "while :; do echo '{\"amps\": [10, 1, 1]}'; sleep 0.5; done\n").unwrap();
    let text = fs::read_to_string(&config).unwrap().replace("TWC_SCRIPT", script.to_str().unwrap());
    fs::write(&config, text).unwrap();
    let mut program = Program::start(run(&config));
    // 10 A of 20 A are taken by the house.
    program.wait_for(60, |line| line.contains("protection: no more than 10.00 A").then_some(()));
    program.child.kill().unwrap();
    program.child.wait().unwrap();
}

#[test]
fn hooks_are_run_beside_the_bus_and_one_that_hangs_keeps_no_heartbeat_waiting() {
    let config = written(
        "hook",
        r#"
[site]
continuous_limit = "40A"

[[slave]]
id = "3495"
name = "garage"
mode = "off"
stop = "hook"

[slave.hook]
command = ["/bin/sh", "TWC_SCRIPT"]
deadline = "3s"

[[slave]]
id = "3496"
mode = "off"
stop = "hook"

[slave.hook]
command = ["/bin/true"]

[[slave]]
id = "3497"
"#,
    );
    let (script, told) = (config.with_file_name("hook.sh"), config.with_file_name("told"));
    let hangs = format!("echo $TWC_SLAVE $TWC_NAME $TWC_WANTED $TWC_REASON >>{}\nsleep 60\n", told.display());
    fs::write(&script, hangs).unwrap();
    let text = fs::read_to_string(&config).unwrap().replace("TWC_SCRIPT", script.to_str().unwrap());
    fs::write(&config, text).unwrap();
    let mut program = Program::start(run(&config));
    program.wait_for(60, |line| line.contains("\"hook-due\"").then_some(()));
    program
        .wait_for(20, |line| (line.contains("\"hook\"") && line.contains("for 3496: done (stop)")).then_some(()));
    // Heartbeats went on all the while: who misses them is silenced.
    program.wait_for(20, |line| {
        assert!(!line.contains("slave-silenced"), "{line}");
        (line.contains("\"hook\"") && line.contains("was ended")).then_some(())
    });
    program.wait_for(10, |line| line.contains("\"hook-failed\"").then_some(()));
    assert_eq!(fs::read_to_string(&told).unwrap().lines().next(), Some("3495 garage stop otherwise: off"));
    program.child.kill().unwrap();
    program.child.wait().unwrap();
}

#[test]
fn a_limit_from_outside_comes_from_a_file_and_from_standard_input_and_nonsense_is_told_with_its_line() {
    let config = written(
        "cap",
        r#"
[site]
continuous_limit = "20A"

[[slave]]
id = "3495"

[cap.operator]
source = "file:operator.json"
"#,
    );
    fs::write(config.with_file_name("operator.json"), "{\"amps\": 8, \"for\": \"1h\"}\n{\"amp\": 3}\n").unwrap();
    let mut command = run(&config);
    command.arg("--control");
    let mut program = Program::start(command);
    let news = |text: &'static str| move |line: &str| line.contains(text).then_some(());
    program.wait_for(60, news("cap.operator, line 2: unknown field `amp`"));
    program.wait_for(60, news("operator limits the site to 8A on each phase until 20"));
    program.wait_for(60, news("protection: no more than 8.00 A"));
    program.say(r#"{"to": "cap.operator", "amps": 7}"#);
    program.wait_for(60, news("protection: no more than 7.00 A"));
    program.say(r#"{"to": "cap.operator", "release": true}"#);
    program.wait_for(60, news("operator limits the site no more"));
    program.child.kill().unwrap();
    program.child.wait().unwrap();
}

#[test]
fn what_was_ordered_survives_a_kill_and_what_was_released_does_not_come_back() {
    let config = written(
        "orders",
        "[site]\ncontinuous_limit = \"20A\"\n[[slave]]\nid = \"3495\"\nmode = \"off\"\n[cap.operator]\n",
    );
    let start = || {
        let mut command = run(&config);
        command.arg("--control");
        Program::start(command)
    };
    let orders = config.with_extension("state.orders");
    let kept = |wanted: &str| {
        for _ in 0..200 {
            if fs::read_to_string(&orders).is_ok_and(|text| text.contains(wanted)) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("{wanted} is not kept: {:?}", fs::read_to_string(&orders));
    };
    let news = |text: &'static str| move |line: &str| line.contains(text).then_some(());
    let mut program = start();
    program.say(r#"{"to": "orders", "slave": "3495", "mode": "now", "kwh": 20, "for": "2h"}"#);
    program.say(r#"{"to": "cap.operator", "amps": 9, "for": "1h"}"#);
    kept("operator");
    program.kill();

    let mut program = start();
    program.wait_for(60, news("operator limits the site to 9A on each phase until 20"));
    program.wait_for(60, news("3495 is to have 9.00 A: protection"));
    program.say(r#"{"to": "cap.operator", "release": true}"#);
    program.wait_for(60, news("manual order: all it may have"));
    kept("\"caps\": []");
    program.kill();

    let mut program = start();
    program.wait_for(60, news("manual order: all it may have"));
    program.say(r#"{"to": "orders", "release": true}"#);
    program.wait_for(60, news("otherwise: off"));
    kept("\"orders\": []");
    program.kill();
    fs::write(&orders, "half a file").unwrap();
    let mut program = start();
    program.wait_for(60, news("orders-unreadable"));
    assert_eq!(fs::read_to_string(config.with_extension("state.orders.unreadable")).unwrap(), "half a file");
    program.kill();
}
