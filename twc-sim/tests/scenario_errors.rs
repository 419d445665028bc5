//! A wrong scenario file is answered with the line, the key and what was probably meant.
#![cfg(feature = "scenario")]

use twc_sim::scenario::Scenario;

/// Eleven lines; a test's lines follow from line 12 on.
const GOOD: &str = r#"name = "test"
about = "A test."
duration = "10min"
limit = "40A"

[bus]
fault = "home"

[[charger]]
car = "tesla"

"#;

struct Wrong {
    add: &'static str,
    line: usize,
    key: &'static str,
    says: &'static str,
}

const fn wrong(add: &'static str, line: usize, key: &'static str, says: &'static str) -> Wrong {
    Wrong { add, line, key, says }
}

const WRONGS: [Wrong; 27] = [
    wrong("[exepct]\nlinked = 1", 12, "exepct", "did you mean `expect`?"),
    wrong("[expect]\nlinkd = 1", 13, "linkd", "did you mean `linked`?"),
    wrong("[expect]\nlimit_at_most = 40", 13, "limit_at_most", "\"32A\""),
    wrong("[expect]\n\nlimit_at_most = \"40\"", 14, "limit_at_most", "give amperes like \"32A\""),
    wrong("[expect]\nmax_heartbeat_gap = \"5\"", 13, "max_heartbeat_gap", "\"5s\""),
    wrong("[expect]\nnever_sent = [\"B2\"]", 13, "never_sent", "FCB2"),
    wrong("[[charger]]\ncar = \"tesle\"", 13, "car", "did you mean `tesla`?"),
    wrong("[[charger]]\nfirmware = \"4.5\"", 13, "firmware", "did you mean `4.5.3`?"),
    wrong("[[charger.visit]]\ncar = \"i3\"\nwants = \"1kWh\"\nschedule = \"23-7\"", 15, "schedule", "23:00-07:00"),
    wrong("[[charger]]\nid = \"34\"", 13, "id", "four hexadecimal digits"),
    wrong("[[charger]]\n[charger.switches]\ncut_aftr = \"20s\"", 14, "cut_aftr", "did you mean `cut_after`?"),
    wrong("[[charger]]\n[[charger.visit]]\ncar = \"i3\"\nwants = \"5kW\"\narrives = \"1s\"", 15, "wants", "kWh"),
    wrong(
        "[[charger.visit]]\ncar = \"i3\"\nwants = \"5kWh\"\narrives = \"2min\"\ndeparts = \"1min\"",
        16,
        "departs",
        "before",
    ),
    wrong("[[at]]\ntime = \"1min\"\nunplg = 1", 14, "unplg", "did you mean `unplug`?"),
    wrong("[[at]]\ntime = \"1min\"\nunplug = 2", 14, "unplug", "give 1 to 1 or an id: 3495"),
    wrong("[[at]]\ntime = \"1min\"\nreset = \"3496\"", 14, "reset", "an id: 3495"),
    wrong("[[at]]\ntime = \"11min\"\nreset = 1", 13, "time", "after the end"),
    wrong("[[at]]\ntime = \"1min\"", 13, "time", "nothing happens"),
    wrong("[[at]]\ntime = \"1min\"\nfault = \"bad-cable\"", 14, "fault", "did you mean `bad_cable`?"),
    wrong("[[charger]]\nbus = 2", 13, "bus", "there are 1"),
    wrong("[[at]]\ntime = \"1min\"\nstall = \"2\"", 14, "stall", "\"5s\""),
    wrong("[[at]]\ntime = \"1min\"\nstall = { to_buss = \"2s\" }", 14, "to_buss", "did you mean `to_bus`?"),
    wrong("[[at]]\ntime = \"1min\"\nstall = {}", 14, "stall", "`from_bus` or both"),
    wrong(
        "[[at]]\ntime = \"1min\"\nforeign_master = { id = \"79\", span = \"1min\" }",
        14,
        "foreign_master",
        "hexadecimal",
    ),
    wrong(
        "[[at]]\ntime = \"1min\"\nforeign_master = { id = \"7973\" }",
        14,
        "foreign_master",
        "missing field `span`",
    ),
    wrong("[expect]\nsaid = \"so\"", 13, "said", "sequence"),
    wrong("[[expect.at]]\ntime = \"1min\"\ncharger = 4", 14, "charger", "there are 1"),
];

#[test]
fn each_wrong_file_is_answered_with_line_key_and_hint() {
    Scenario::parse(GOOD).unwrap();
    for Wrong { add, line, key, says } in WRONGS {
        let error = Scenario::parse(&format!("{GOOD}{add}\n")).unwrap_err();
        assert_eq!((error.line(), error.key()), (line, Some(key)), "{add}: {error}");
        assert!(error.to_string().contains(says), "{add}: {error}");
        assert_eq!(error.to_string().lines().count(), 1, "{error}");
    }
}

#[test]
fn several_buses_are_checked_too() {
    let two = GOOD.replace("[bus]\nfault = \"home\"", "[[bus]]\nlimit = \"16A\"\n[[bus]]\nlimit = \"20A\"");
    Scenario::parse(&two).unwrap();
    for (text, line, key, says) in [
        (two.replacen("limit = \"16A\"", "echo = true", 1), 4, "limit", "give each [[bus]] a `limit`"),
        (two.replacen("limit = \"20A\"", "limt = \"20A\"", 1), 9, "limt", "did you mean `limit`?"),
        (format!("{two}bus = 3\n"), 14, "bus", "there are 2"),
        (format!("{two}[[node]]\nname = \"hut\"\nlimit = \"16A\"\n"), 15, "name", "not known to any one master"),
        (format!("{two}[[at]]\ntime = \"1min\"\nlimit = \"16A\"\n"), 16, "limit", "whose limit"),
    ] {
        let error = Scenario::parse(&text).unwrap_err();
        assert_eq!((error.line(), error.key()), (line, Some(key)), "{text}: {error}");
        assert!(error.to_string().contains(says), "{text}: {error}");
    }
}

#[test]
fn the_head_of_the_file_is_checked_as_well() {
    for (from, to, line, says) in [
        ("name = \"test\"", "name = \"A Test\"", 1, "a-z"),
        ("duration = \"10min\"", "duration = \"0s\"", 3, "some time"),
        ("duration = \"10min\"", "duration = \"10m\"", 3, "\"2min\""),
        ("limit = \"40A\"", "limit = \"4x40A\"", 4, "3x20A"),
        ("limit = \"40A\"", "limit = \"40A\"\npains = [26]", 5, "1 to 25"),
        ("limit = \"40A\"", "limit = \"40A\"\nneeds = \"buget\"", 5, "did you mean `budget`?"),
        ("limit = \"40A\"\n", "\n", 1, "missing field `limit`"),
        ("[bus]", "[bus", 6, "`[bus`"),
    ] {
        let error = Scenario::parse(&GOOD.replace(from, to)).unwrap_err();
        assert_eq!(error.line(), line, "{to}: {error}");
        assert!(error.to_string().contains(says), "{to}: {error}");
    }
}
