//! Starting and stopping without wearing out relays.

use core::time::Duration;

use twc_proto::Instant;

/// How long what must hold before a session starts or stops because of the sun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SwitchConfig {
    /// Enough for so long before a start: 60 s.
    pub start_delay: Duration,
    /// Too little for so long before a stop: 180 s.
    pub stop_delay: Duration,
    /// Energy in watt seconds that may be missing before a stop, however short the time.
    pub deficit: Option<u32>,
    /// A session goes on for so long once the car draws: 10 min.
    pub min_on: Duration,
    /// A pause lasts so long: 5 min.
    pub min_off: Duration,
}

impl Default for SwitchConfig {
    fn default() -> Self {
        Self {
            start_delay: Duration::from_secs(60),
            stop_delay: Duration::from_secs(180),
            deficit: None,
            min_on: Duration::from_secs(600),
            min_off: Duration::from_secs(300),
        }
    }
}

/// Whether one slave may charge, and when that may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Switch {
    on: bool,
    /// When it went off; never, at the start.
    off_since: Option<Instant>,
    drawing_since: Option<Instant>,
    enough_since: Option<Instant>,
    short_since: Option<Instant>,
    /// Watt milliseconds missing since it became short.
    missing: u64,
    updated: Instant,
    on_since: Instant,
}

/// After so long it is an equal's turn, if one waits.
const TURN: Duration = Duration::from_secs(1_800);

impl Switch {
    pub(super) const fn is_on(&self) -> bool {
        self.on
    }

    /// Whether it has been on for as long as a turn lasts.
    pub(super) fn had_its_turn(&self, now: Instant) -> bool {
        self.on && now.since(self.on_since) >= TURN
    }

    /// A sample says whether there is enough, and how many watts are missing otherwise.
    pub(super) fn update(&mut self, config: &SwitchConfig, now: Instant, missing_watts: u32, draws: bool) {
        let passed = u64::try_from(now.since(self.updated).as_millis()).unwrap_or(u64::MAX);
        self.updated = now;
        if draws && self.on {
            self.drawing_since.get_or_insert(now);
        }
        if missing_watts == 0 {
            self.enough_since.get_or_insert(now);
            (self.short_since, self.missing) = (None, 0);
        } else {
            self.enough_since = None;
            if self.short_since.replace(self.short_since.unwrap_or(now)).is_some() {
                self.missing = self.missing.saturating_add(passed.saturating_mul(missing_watts.into()));
            }
        }
        if self.on && self.must_stop(config, now) {
            self.stop(now);
        } else if !self.on && self.starts_at(config).is_some_and(|at| now >= at) {
            *self = Self { on: true, updated: now, on_since: now, ..Self::default() };
        }
    }

    /// Somebody else ended the session. The pause counts from now.
    pub(super) fn stop(&mut self, now: Instant) {
        if self.on {
            *self = Self { off_since: Some(now), updated: now, ..Self::default() };
        }
    }

    /// Nothing is known any more that could justify a start.
    pub(super) fn forget_enough(&mut self) {
        self.enough_since = None;
    }

    /// When it starts if there goes on being enough.
    pub(super) fn starts_at(&self, config: &SwitchConfig) -> Option<Instant> {
        let enough = self.enough_since.filter(|_| !self.on)? + config.start_delay;
        Some(self.rests_until(config).map_or(enough, |rested| rested.max(enough)))
    }

    /// When the pause it must make ends.
    pub(super) fn rests_until(&self, config: &SwitchConfig) -> Option<Instant> {
        self.off_since.map(|since| since + config.min_off)
    }

    /// When it stops if there goes on being too little.
    pub(super) fn stops_at(&self, config: &SwitchConfig) -> Option<Instant> {
        let short = self.short_since.filter(|_| self.on)? + config.stop_delay;
        Some(self.held_until(config).map_or(short, |held| held.max(short)))
    }

    fn held_until(&self, config: &SwitchConfig) -> Option<Instant> {
        self.drawing_since.map(|since| since + config.min_on)
    }

    fn must_stop(&self, config: &SwitchConfig, now: Instant) -> bool {
        let held = self.held_until(config).is_some_and(|held| now < held);
        let used_up = config.deficit.is_some_and(|most| self.missing >= u64::from(most) * 1_000);
        let late = self.stops_at(config).is_some_and(|at| now >= at);
        !held && self.short_since.is_some() && (used_up || late)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONFIG: SwitchConfig = SwitchConfig {
        start_delay: Duration::from_secs(60),
        stop_delay: Duration::from_secs(180),
        deficit: None,
        min_on: Duration::from_secs(600),
        min_off: Duration::from_secs(300),
    };

    /// The second at which the switch changes while every second is like the others.
    fn changes(switch: &mut Switch, config: &SwitchConfig, from: u64, missing: u32) -> Option<u64> {
        let before = switch.is_on();
        (from..from + 3_600).find(|second| {
            switch.update(config, Instant::from_secs(*second), missing, switch.is_on());
            switch.is_on() != before
        })
    }

    #[test]
    fn it_starts_after_a_minute_of_enough_and_holds_for_ten() {
        let mut switch = Switch::default();
        assert_eq!(changes(&mut switch, &CONFIG, 0, 0), Some(60));
        assert_eq!(changes(&mut switch, &CONFIG, 61, 500), Some(661));
        assert_eq!(changes(&mut switch, &CONFIG, 662, 0), Some(961), "five minutes of rest");
    }

    #[test]
    fn a_short_lack_stops_nothing_and_energy_stops_sooner_than_time() {
        let config = SwitchConfig { deficit: Some(30_000), min_on: Duration::ZERO, ..CONFIG };
        let mut switch = Switch::default();
        changes(&mut switch, &config, 0, 0);
        switch.update(&config, Instant::from_secs(100), 500, true);
        switch.update(&config, Instant::from_secs(150), 0, true);
        assert_eq!(changes(&mut switch, &config, 200, 500), Some(260), "30 kJ at 500 W");
    }

    #[test]
    fn a_cloud_during_the_delay_begins_it_anew() {
        let mut switch = Switch::default();
        switch.update(&CONFIG, Instant::from_secs(0), 0, false);
        switch.update(&CONFIG, Instant::from_secs(59), 10, false);
        assert_eq!(changes(&mut switch, &CONFIG, 61, 0), Some(121));
    }
}
