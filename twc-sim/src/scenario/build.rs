//! From what is written to what is meant: references resolved, times put in order, everything checked.

use core::ops::Range;
use core::time::Duration;

use serde::Deserialize as _;
use toml::Spanned;
use twc_proto::{CentiAmps, TwcId};

use super::error::ScenarioError;
use super::file::{At, BadMeter, Bus, Charger, File, Muted, Visit as WrittenVisit, Which};
use super::site::{House, WrittenNode};
use super::timeline::{Action, Timed, Visit};
use super::units::{Of, WattHours, unknown};
use super::{Demands, Need, Node, OtherBus, Scenario};
use crate::charger::ChargerConfig;
use crate::fault::FaultRates;
use crate::house::{MeterFault, MeterId};

/// More units than any bus has, so that too many can be tried.
const MOST_CHARGERS: usize = 8;
/// The id of the first unit that has none of its own; the others follow.
const FIRST_ID: u16 = 0x3495;
/// What a car wants when nobody says: more than it gets in a day.
const PLENTY: WattHours = WattHours(1_000_000);
const PAINS: u8 = 25;
const SETUPS: u8 = 29;

pub(super) fn build(text: &str) -> Result<Scenario, ScenarioError> {
    let document = toml::de::Deserializer::parse(text).map_err(|error| ScenarioError::from_toml(text, &error))?;
    let file = File::deserialize(document).map_err(|error| ScenarioError::from_toml(text, &error))?;
    Builder { text }.scenario(file)
}

/// More buses than any house has.
const MOST_BUSES: usize = 4;

/// What actions may name.
struct Names<'a> {
    chargers: &'a [ChargerConfig],
    nodes: &'a [Node],
    meters: Vec<&'a str>,
    buses: usize,
}

struct Builder<'a> {
    text: &'a str,
}

impl Builder<'_> {
    fn wrong(&self, span: Range<usize>, message: impl Into<String>) -> ScenarioError {
        ScenarioError::at(self.text, span, message)
    }

    fn scenario(&self, file: File) -> Result<Scenario, ScenarioError> {
        let name = file.name.get_ref();
        if name.is_empty()
            || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
        {
            return Err(self.wrong(file.name.span(), "a name is made of a-z, 0-9 and -"));
        }
        let Of(duration) = *file.duration.get_ref();
        if duration.is_zero() {
            return Err(self.wrong(file.duration.span(), "a scenario takes some time"));
        }
        let Of(limit) = *file.limit.get_ref();
        if limit.amps == CentiAmps::ZERO {
            return Err(self.wrong(file.limit.span(), "a circuit carries something"));
        }
        let chargers = self.chargers(&file.charger)?;
        let nodes = self.nodes(&file.node, &chargers)?;
        let buses = file.bus.0.as_slice();
        let others = self.other_buses(&file, buses)?;
        let usual = Bus::default();
        let first = buses.first().unwrap_or(&usual);
        let house = file.house.as_ref();
        let meters: Vec<&str> =
            house.iter().flat_map(|house| &house.meter).map(|meter| meter.name.as_str()).collect();
        self.moments(&file.expect.at, chargers.len(), duration)?;
        Ok(Scenario {
            name: name.clone(),
            about: file.about,
            pains: self.numbers(&file.pains, PAINS, "pains")?,
            setups: self.numbers(&file.setups, SETUPS, "setups")?,
            needs: file.needs.filter(|need| *need == Need::Budget),
            seed: file.seed,
            duration,
            limit,
            fault: first.fault.map_or(FaultRates::NONE, |cable| cable.0),
            echo: first.echo,
            delay: first.delay.map_or(Duration::ZERO, |Of(delay)| delay),
            shares: buses.iter().map(|bus| bus.limit.map(|Of(limit)| limit)).collect(),
            timeline: self.timeline(
                &file.charger,
                &file.at,
                &Names { chargers: &chargers, nodes: &nodes, meters, buses: buses.len() },
                duration,
            )?,
            chargers,
            nodes,
            others,
            house: house.map(House::config),
            demands: Demands::default(),
            expect: file.expect,
            master: first.master.clone().unwrap_or(file.master),
        })
    }

    /// The buses beside the first, with their chargers.
    fn other_buses(&self, file: &File, buses: &[Bus]) -> Result<Vec<OtherBus>, ScenarioError> {
        let several = buses.len() > 1;
        if buses.len() > MOST_BUSES {
            return Err(self.wrong(0..0, format!("{} buses, give 1 to {MOST_BUSES} tables [[bus]]", buses.len())));
        }
        if several && buses.iter().any(|bus| bus.limit.is_none()) {
            let hint = "give each [[bus]] a `limit` such as \"16A\"";
            return Err(self
                .wrong(file.limit.span(), "nothing says what the master of each bus may share out")
                .hint(hint));
        }
        if let Some(node) = file.node.first().filter(|_| several) {
            return Err(self.wrong(node.name.span(), "circuits of several buses are not known to any one master"));
        }
        let mut on = vec![Vec::new(); buses.len().max(1)];
        for (index, charger) in file.charger.iter().enumerate() {
            let bus = charger.bus.as_ref().map_or(0, |bus| bus.get_ref().wrapping_sub(1));
            let Some(chargers) = on.get_mut(bus) else {
                let span = charger.bus.as_ref().map_or(0..0, Spanned::span);
                return Err(self.wrong(span, format!("no such bus, there are {}", buses.len().max(1))));
            };
            chargers.push(index);
        }
        let others = buses.iter().zip(on).skip(1).map(|(bus, chargers)| OtherBus {
            fault: bus.fault.map_or(FaultRates::NONE, |cable| cable.0),
            echo: bus.echo,
            delay: bus.delay.map_or(Duration::ZERO, |Of(delay)| delay),
            chargers,
            master: bus.master.clone(),
        });
        Ok(others.collect())
    }

    fn numbers(&self, numbers: &[Spanned<u8>], most: u8, what: &str) -> Result<Vec<u8>, ScenarioError> {
        let checked = numbers.iter().map(|number| match *number.get_ref() {
            known if (1..=most).contains(&known) => Ok(known),
            _ => Err(self.wrong(number.span(), format!("{what} are numbered 1 to {most}"))),
        });
        checked.collect()
    }

    fn chargers(&self, written: &[Charger]) -> Result<Vec<ChargerConfig>, ScenarioError> {
        if written.is_empty() || written.len() > MOST_CHARGERS {
            let message = format!("{} chargers, give 1 to {MOST_CHARGERS} tables [[charger]]", written.len());
            return Err(self.wrong(0..0, message));
        }
        (0..).zip(written).map(|(number, charger)| self.charger(number, charger)).collect()
    }

    fn charger(&self, number: u16, written: &Charger) -> Result<ChargerConfig, ScenarioError> {
        let id = written.id.as_ref().map_or(TwcId::new(FIRST_ID + number), |id| id.get_ref().0);
        let mut config = match &written.firmware {
            None => ChargerConfig::p2(id),
            Some(name) => ChargerConfig::by_firmware(name.get_ref(), id).ok_or_else(|| {
                self.wrong(name.span(), unknown("firmware", name.get_ref(), ChargerConfig::FIRMWARES))
            })?,
        };
        if let Some(Of(line)) = written.single_phase {
            config = config.single_phase(line);
        }
        if let Some(Of(line)) = written.first_phase {
            config = config.rotated(line);
        }
        if let Some(Of(max)) = written.max {
            config.max_current = max;
        }
        written.switches.apply(&mut config);
        Ok(config)
    }

    fn timeline(
        &self,
        chargers: &[Charger],
        written: &[At],
        names: &Names<'_>,
        duration: Duration,
    ) -> Result<Vec<Timed>, ScenarioError> {
        let mut timeline = Vec::new();
        for (index, charger) in chargers.iter().enumerate() {
            if let Some(Of(car)) = &charger.car {
                let wants = charger.wants.map_or(PLENTY, |Of(wants)| wants);
                let action = Action::Plug(index, Visit::new(car.clone(), wants));
                timeline.push(Timed { time: Duration::ZERO, action });
            }
            for visit in &charger.visit {
                self.visit(index, visit, duration, &mut timeline)?;
            }
        }
        for at in written {
            let time = self.time(&at.time, duration)?;
            let actions = self.actions(at, names)?;
            if actions.is_empty() {
                return Err(self
                    .wrong(at.time.span(), "nothing happens at this time")
                    .hint("add a key such as `plug`, `unplug`, `reset`, `fault`"));
            }
            timeline.extend(actions.into_iter().map(|action| Timed { time, action }));
        }
        timeline.sort_by_key(|timed| timed.time);
        Ok(timeline)
    }

    fn visit(
        &self,
        index: usize,
        visit: &WrittenVisit,
        duration: Duration,
        timeline: &mut Vec<Timed>,
    ) -> Result<(), ScenarioError> {
        let arrives = self.time(&visit.arrives, duration)?;
        let car = Visit {
            car: visit.car.0.clone(),
            wants: visit.wants.0,
            charge_percent: visit.charge,
            ui_cap: visit.ui_cap.map(|Of(cap)| cap),
            schedule: visit.schedule.map(|Of(window)| window),
        };
        timeline.push(Timed { time: arrives, action: Action::Plug(index, car) });
        if let Some(departs) = &visit.departs {
            let time = self.time(departs, duration)?;
            if time <= arrives {
                return Err(self.wrong(departs.span(), "it departs before it has arrived"));
            }
            timeline.push(Timed { time, action: Action::Unplug(index) });
        }
        Ok(())
    }

    fn time(&self, written: &Spanned<Of<Duration>>, duration: Duration) -> Result<Duration, ScenarioError> {
        let Of(time) = *written.get_ref();
        if time <= duration {
            return Ok(time);
        }
        Err(self.wrong(written.span(), format!("that is after the end at {duration:?}")))
    }

    fn moments(
        &self,
        moments: &[super::expect::Moment],
        chargers: usize,
        duration: Duration,
    ) -> Result<(), ScenarioError> {
        for moment in moments {
            self.time(&moment.time, duration)?;
            if let Some(number) =
                moment.charger.as_ref().filter(|number| !(1..=chargers).contains(number.get_ref()))
            {
                return Err(self.wrong(number.span(), format!("no such charger, there are {chargers}")));
            }
        }
        Ok(())
    }

    fn nodes(&self, written: &[WrittenNode], chargers: &[ChargerConfig]) -> Result<Vec<Node>, ScenarioError> {
        let mut nodes: Vec<Node> = Vec::new();
        for node in written {
            if nodes.iter().any(|known| known.name == *node.name.get_ref()) {
                return Err(self.wrong(node.name.span(), "there is such a circuit already"));
            }
            // Only circuits above it can feed one, so that none feeds itself.
            let fed_by = node.fed_by.as_ref().map(|name| self.node(name, &nodes)).transpose()?;
            let on_it: Result<Vec<usize>, _> =
                node.chargers.iter().map(|which| self.find(which, chargers)).collect();
            let Of(limit) = node.limit;
            nodes.push(Node { name: node.name.get_ref().clone(), fed_by, limit, chargers: on_it? });
        }
        Ok(nodes)
    }

    fn node(&self, name: &Spanned<String>, nodes: &[Node]) -> Result<usize, ScenarioError> {
        let found = nodes.iter().position(|node| node.name == *name.get_ref());
        found.ok_or_else(|| {
            let names: Vec<&str> = nodes.iter().map(|node| node.name.as_str()).collect();
            self.wrong(name.span(), format!("no such circuit above this; there are {}", names.join(", ")))
        })
    }

    fn meter_fault(&self, written: &BadMeter, meters: &[&str]) -> Result<Action, ScenarioError> {
        let index = meters.iter().position(|name| name == written.name.get_ref());
        let index = index.ok_or_else(|| {
            self.wrong(written.name.span(), format!("no such meter; there are {}", meters.join(", ")))
        })?;
        let fault = match (written.fault.get_ref().as_str(), written.by, written.time) {
            ("none", None, None) => MeterFault::None,
            ("outage", None, None) => MeterFault::Outage,
            ("stale", None, None) => MeterFault::Stale,
            ("retained", None, None) => MeterFault::Retained,
            ("stuck", None, None) => MeterFault::Stuck,
            ("sign-flip", None, None) => MeterFault::SignFlip,
            ("spike", Some(Of(by)), None) => MeterFault::Spike(i32::from(by.value())),
            ("late", None, Some(Of(time))) => MeterFault::Late(time),
            _ => {
                let hint = "none, outage, stale, retained, stuck, sign-flip, spike with `by`, late with `time`";
                return Err(self.wrong(written.fault.span(), "no such fault").hint(format!("there are {hint}")));
            }
        };
        Ok(Action::Meter(MeterId(index), fault))
    }

    fn house_actions(&self, at: &At, names: &Names<'_>) -> Result<Vec<Action>, ScenarioError> {
        let meter = at.meter.as_ref().map(|meter| self.meter_fault(meter, &names.meters));
        let actions = [
            at.house.map(|Of(watts)| Action::House(watts)),
            at.sun.map(|Of(watts)| Action::Sun(watts)),
            at.day.as_ref().map(|Of(day)| Action::Day(day.clone())),
            at.battery.map(|Of(mode)| Action::Battery(mode)),
            meter.transpose()?,
        ];
        Ok(actions.into_iter().flatten().collect())
    }

    fn actions(&self, at: &At, names: &Names<'_>) -> Result<Vec<Action>, ScenarioError> {
        let find = |which: &Spanned<Which>| self.find(which, names.chargers);
        if let Some(limit) = at.limit.as_ref().filter(|_| names.buses > 1) {
            return Err(self.wrong(limit.span(), "with several buses nobody would know whose limit that is"));
        }
        let limit = at.limit.as_ref().map(Spanned::get_ref).map(|limit| {
            let node = limit.node.as_ref().map(|name| self.node(name, names.nodes)).transpose();
            node.map(|node| Action::Limit(node, limit.to))
        });
        let on_charger = |which: &Option<Spanned<Which>>, action: fn(usize) -> Action| {
            which.as_ref().map(|which| find(which).map(action)).transpose()
        };
        let muted = |muted: &Option<Muted>, action: fn(usize, Duration) -> Action| {
            let made = muted.as_ref().map(|muted| find(&muted.charger).map(|index| action(index, muted.span.0)));
            made.transpose()
        };
        let plug = at.plug.as_ref().map(|plug| {
            let visit = Visit::new(plug.car.0.clone(), plug.wants.0);
            find(&plug.charger).map(|index| Action::Plug(index, visit))
        });
        let ui_cap = at
            .ui_cap
            .as_ref()
            .map(|cap| find(&cap.charger).map(|index| Action::UiCap(index, cap.to.map(|Of(amps)| amps))));
        let actions = [
            on_charger(&at.unplug, Action::Unplug)?,
            plug.transpose()?,
            on_charger(&at.pause_car, Action::PauseCar)?,
            on_charger(&at.resume_car, Action::ResumeCar)?,
            on_charger(&at.wake_car, Action::WakeCar)?,
            ui_cap.transpose()?,
            on_charger(&at.reset, Action::Reset)?,
            on_charger(&at.reset_errors, Action::ResetErrors)?,
            on_charger(&at.reset_limit, Action::ResetLimit)?,
            on_charger(&at.weld_relay, Action::WeldRelay)?,
            on_charger(&at.power_off, |index| Action::Power(index, false))?,
            on_charger(&at.power_on, |index| Action::Power(index, true))?,
            muted(&at.silence, Action::Silence)?,
            muted(&at.deaf, Action::Deafen)?,
            at.fault.map(|cable| Action::Fault(cable.0)),
            at.stall.as_ref().map(|stall| Action::Stall { to_bus: stall.to_bus, from_bus: stall.from_bus }),
            at.foreign_master.as_ref().map(|other| Action::ForeignMaster {
                id: other.id.0,
                span: other.span.0,
                limit: other.limit.map(|Of(limit)| limit),
            }),
            limit.transpose()?,
            at.tell_master.clone().map(Action::TellMaster),
            at.kill_master.then_some(Action::KillMaster),
            at.start_master.then_some(Action::StartMaster),
        ];
        let mut actions: Vec<Action> = actions.into_iter().flatten().collect();
        actions.extend(self.house_actions(at, names)?);
        Ok(actions)
    }

    /// A charger's index.
    fn find(&self, which: &Spanned<Which>, configs: &[ChargerConfig]) -> Result<usize, ScenarioError> {
        let found = match which.get_ref() {
            Which::Number(number) => number.checked_sub(1).filter(|index| *index < configs.len()),
            Which::Id(text) => {
                let id: Option<TwcId> = text.parse().ok();
                id.and_then(|id| configs.iter().position(|config| config.id == id))
            }
        };
        let ids: Vec<String> = configs.iter().map(|config| config.id.to_string()).collect();
        let error = || {
            self.wrong(which.span(), "no such charger").hint(format!(
                "give 1 to {} or an id: {}",
                configs.len(),
                ids.join(", ")
            ))
        };
        found.ok_or_else(error)
    }
}
