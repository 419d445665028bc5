//! What was understood, in sentences.

use std::fmt;
use std::format;
use std::string::String;
use std::vec::Vec;

use super::units::{mode_name, shown};
use super::{CircuitSettings, MeterSettings, PhaseUse, Program, Settings, SlaveSettings, VehicleSettings};
use crate::budget::surplus::{Settlement, Topology};

impl Settings {
    /// One line per thing that is configured.
    pub fn summary(&self) -> Vec<String> {
        let mut lines = Vec::new();
        lines.extend(self.link.iter().map(|link| format!("the bus is at {link}")));
        lines.push(self.limit_of(&self.site, "the site carries"));
        for circuit in &self.circuits {
            let below = circuit.fed_by.and_then(|index| self.circuits.get(index)).unwrap_or(&self.site);
            let what = format!("circuit {} under {} carries", circuit.name, below.name);
            lines.push(self.limit_of(circuit, &what));
        }
        for slave in &self.slaves {
            lines.push(self.slave_line(slave));
            lines.extend(hook_lines(slave));
        }
        lines.extend(self.vehicles.iter().chain(&self.guest).map(|of| self.vehicle_line(of)));
        lines.extend(self.meters.iter().map(|meter| {
            let sum = self.sum_of(meter);
            let from = meter.source.as_deref().or(sum.as_deref());
            let from = from.unwrap_or("no source: only a simulation can feed it");
            let ages = (meter.config.failsafe_after, meter.config.withhold_after);
            let then = if meter.config.independent {
                "stays there".into()
            } else {
                format!("nothing after {:?}", ages.1)
            };
            format!(
                "meter {} every {:?}, failsafe after {:?}, {then} ({from})",
                meter.name, meter.config.interval, ages.0
            )
        }));
        lines.extend(self.surplus_line());
        lines.extend(self.battery_line());
        lines.extend(self.schedules.iter().map(|of| {
            let count = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
            let windows = count(of.schedule.windows().len(), "window");
            let departures = count(of.schedule.departures().len(), "departure");
            let prices = count(of.schedule.price_rules().len(), "price rule");
            let otherwise = mode_name(of.schedule.otherwise().mode);
            format!("schedule {}: {windows}, {departures}, {prices}, otherwise {otherwise}", of.name)
        }));
        lines.extend(self.prices.as_ref().map(|of| {
            let until =
                of.max_age.map_or_else(String::new, |age| format!(", forgotten after {age:?} without news"));
            format!(
                "prices hold until the next one, {:?} without one{until} ({})",
                of.lasts,
                from(of.source.as_deref())
            )
        }));
        lines.extend(self.caps.iter().map(|cap| {
            let circuit = cap.circuit.and_then(|index| self.circuits.get(index)).unwrap_or(&self.site);
            let silent = cap.silent.map_or_else(String::new, |silent| {
                format!(", {} on each phase after {:?} of silence", shown(silent.limit), silent.after)
            });
            format!(
                "{} may lower {} at run time{silent} ({})",
                cap.name,
                circuit.name,
                from(cap.source.as_deref())
            )
        }));
        lines.extend(self.orders.as_ref().map(|source| format!("people give orders ({source})")));
        lines
    }

    /// `consumption - east - west`
    fn sum_of(&self, meter: &MeterSettings) -> Option<String> {
        let (first, others) = meter.parts.split_first()?;
        let name = |index: usize| self.meters.get(index).map_or("?", |meter| meter.name.as_str());
        let sign = |comes_off| if comes_off { "- " } else { "" };
        let first = format!("{}{}", sign(first.1), name(first.0));
        let signed = |(index, off): &(usize, bool)| format!(" {} {}", if *off { "-" } else { "+" }, name(*index));
        Some(others.iter().map(signed).fold(first, |sum, part| sum + &part))
    }

    fn battery_line(&self) -> Option<String> {
        let (battery, surplus) = (self.battery.as_ref()?, self.surplus.as_ref()?);
        let policy = surplus.config.battery;
        let gives = policy.buffer_percent.map_or_else(
            || "never gives to them".into(),
            |percent| format!("may give to them from {percent}% on"),
        );
        let source = battery.source.as_deref().unwrap_or("with the values of a meter");
        Some(format!(
            "the home battery comes before cars below {}%, {gives}; believed for {:?} ({source})",
            policy.priority_percent, policy.stale_after
        ))
    }

    fn limit_of(&self, circuit: &CircuitSettings, what: &str) -> String {
        let limit = shown(circuit.limit);
        let Some(house) = &circuit.house else {
            return format!("{what} {limit} on each phase, loaded by wall connectors only");
        };
        let meter = self.meters.get(house.meter).map_or("?", |meter| meter.name.as_str());
        let margin = shown(house.config.margin);
        let failsafe = shown(house.config.failsafe);
        format!(
            "{what} {limit} on each phase, of which wall connectors get what meter {meter} leaves, less {margin}; \
             {failsafe} each while it is silent"
        )
    }

    fn slave_line(&self, slave: &SlaveSettings) -> String {
        let name = slave.name.as_deref().map_or_else(String::new, |name| format!(" ({name})"));
        let circuit = slave.circuit.and_then(|index| self.circuits.get(index)).unwrap_or(&self.site);
        let phases = match (slave.phases_known, slave.phases.count()) {
            (true, 1) => "one phase",
            (true, 2) => "two phases",
            _ => "all phases",
        };
        let follows = slave.schedule.and_then(|index| self.schedules.get(index));
        let follows = follows.map_or_else(String::new, |of| format!(" {}", of.name));
        format!(
            "slave {}{name} on {}: {} to {}, wired for {}, on {phases}, mode {}{follows}",
            slave.id,
            circuit.name,
            shown(slave.minimum),
            shown(slave.maximum),
            shown(slave.limit),
            mode_name(slave.mode)
        )
    }

    fn vehicle_line(&self, of: &VehicleSettings) -> String {
        let vin = of.vin.map_or_else(String::new, |vin| format!(" ({vin})"));
        if !of.allow {
            return format!("{}{vin} may not charge", of.name);
        }
        let mut what: Vec<String> = of.car.iter().map(|car| format!("as a {}", car.name)).collect();
        if let Some((mode, schedule)) = of.mode {
            let follows = schedule.and_then(|index| self.schedules.get(index));
            what.push(format!(
                "mode {}{}",
                mode_name(mode),
                follows.map_or_else(String::new, |of| format!(" {}", of.name))
            ));
        }
        what.extend(of.minimum.map(|least| format!("{} or more", shown(least))));
        what.extend(of.maximum.map(|most| format!("{} or less", shown(most))));
        what.extend(of.priority.map(|priority| format!("priority {priority}")));
        format!("{}{vin}, wherever it is plugged in: {}", of.name, what.join(", "))
    }

    fn surplus_line(&self) -> Option<String> {
        let surplus = self.surplus.as_ref()?;
        let config = &surplus.config;
        let meter = self.meters.get(surplus.meter).map_or("?", |meter| meter.name.as_str());
        let sees = match config.topology {
            Topology::Inside => "which sees the cars",
            Topology::Outside => "which does not see the cars",
        };
        let settled = match config.settlement {
            Settlement::NetSum => "as a sum",
            Settlement::PerPhase => "on each phase",
        };
        Some(format!(
            "surplus from meter {meter}, {sees}, settled {settled}: starts after {:?}, stops after {:?}, at least {:?} \
             on and {:?} off, {} W reserve, {} W flex",
            config.switch.start_delay,
            config.switch.stop_delay,
            config.switch.min_on,
            config.switch.min_off,
            config.reserve_watts,
            config.flex_watts
        ))
    }
}

fn hook_lines(slave: &SlaveSettings) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(hook) = &slave.hook {
        let what =
            if hook.contactor { "its contactor is switched by" } else { "its car is stopped and started by" };
        let proof = if hook.feedback.is_some() { ", whose contact is read back" } else { "" };
        lines.push(format!("slave {}: {what} {}{proof}", slave.id, hook.program));
    }
    if let Some(switch) = &slave.phase_switch {
        let (program, config) = (&switch.program, &switch.config);
        let what = match switch.uses {
            PhaseUse::Auto => "one phase where the sun is too weak for three",
            PhaseUse::One => "one phase",
            PhaseUse::Three => "all phases",
        };
        lines.push(format!(
            "slave {}: {what}, switched by {program}, {} times for a car at most, {:?} apart",
            slave.id, config.per_session, config.gap
        ));
    }
    if let Some(resume) = &slave.on_resume {
        let (program, after) = (&resume.program, resume.after);
        lines.push(format!(
            "slave {}: a car that may charge again and does not in {after:?} is woken by {program}",
            slave.id
        ));
    }
    lines
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` within {:?}", self.command.join(" "), self.deadline)
    }
}

fn from(source: Option<&str>) -> &str {
    source.unwrap_or("no source: told by hand or by a program that uses the library")
}
