//! What can be asked of a running master. Nothing here raises a hard limit: those are the configuration's.

use thiserror::Error;
use twc_proto::message::Item;
use twc_proto::{CentiAmps, TwcId, Version, Vin};

use crate::config::FLOOR;
use crate::event::Event;
use crate::knowledge::{Knowledge, Plug};
use crate::master::Master;
use crate::order::{Bound, Budget, HookOutcome, Mode, Order, SlaveSettings};
use crate::profile::Profile;
use crate::query::QueryPlan;
use crate::share::Share;
use crate::slave::Slave;
use crate::stop::{Cost, StopRefusal, Strategy};
use crate::vehicle::{MAX_VEHICLES, Vehicle};

/// A command that cannot be carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CommandError {
    /// No such slave is known.
    #[error("no slave {slave} is known")]
    UnknownSlave {
        /// Which.
        slave: TwcId,
    },
    /// More than the configuration allows.
    #[error("{wanted} is more than the {ceiling} of the configuration, which alone can raise it")]
    AboveCeiling {
        /// What was asked for.
        wanted: CentiAmps,
        /// What the configuration allows.
        ceiling: CentiAmps,
    },
    /// Less than a wall connector can be told.
    #[error("{wanted} is less than the {FLOOR} that a wall connector takes unasked: stop it instead")]
    BelowFloor {
        /// What was asked for.
        wanted: CentiAmps,
    },
    /// Settings are kept for as many slaves as a bus allows.
    #[error("settings for more slaves than a bus allows")]
    TooManySlaves,
    /// More cars than can be remembered.
    #[error("more than {MAX_VEHICLES} cars cannot be known by their VIN")]
    TooManyVehicles,
    /// This unit cannot be asked: protocol 1, or an old query that is one unchecked byte away from bricking it.
    #[error("{slave} cannot be asked for that")]
    CannotAsk {
        /// Which.
        slave: TwcId,
    },
}

impl<S: Share> Master<S> {
    /// Shares less than the configured limit, or all of it again with `None`.
    ///
    /// A budget is a wish: cars follow it, and what wall connectors take unasked, 6.00 A each, is beyond it.
    ///
    /// # Errors
    /// When it is above the configuration's limit.
    pub fn set_budget(&mut self, budget: Option<CentiAmps>) -> Result<(), CommandError> {
        let ceiling = self.config.limit;
        if let Some(wanted) = budget.filter(|wanted| *wanted > ceiling) {
            return Err(CommandError::AboveCeiling { wanted, ceiling });
        }
        self.budget = budget;
        Ok(())
    }

    /// What all slaves share at present, and what binds it.
    pub fn budget(&self) -> Budget {
        let (limit, fell) = self.guard.shared_limit();
        match self.budget.filter(|budget| *budget < limit) {
            Some(amps) => Budget { amps, bound: Bound::Set },
            None => Budget { amps: limit, bound: if fell { Bound::Fallen } else { Bound::Configured } },
        }
    }

    /// Changes how all slaves are served.
    pub fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
    }

    /// How all slaves are served.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Sets what a slave is like; it need not have been heard yet.
    ///
    /// # Errors
    /// When its cap is under 6.00 A, or when settings are kept for as many others as a bus allows.
    pub fn set_slave(&mut self, slave: TwcId, settings: SlaveSettings) -> Result<(), CommandError> {
        if let Some(wanted) = settings.cap.filter(|cap| *cap < FLOOR) {
            return Err(CommandError::BelowFloor { wanted });
        }
        let known = self.settings.iter().position(|entry| entry.is_some_and(|(id, _)| id == slave));
        let place = known.or_else(|| self.settings.iter().position(Option::is_none));
        let place = place.and_then(|place| self.settings.get_mut(place)).ok_or(CommandError::TooManySlaves)?;
        *place = Some((slave, settings));
        if let Some(slave) = self.slave_mut(slave) {
            slave.settings = settings;
        }
        Ok(())
    }

    /// Sets the most a slave is to have, or lifts that with `None`.
    ///
    /// # Errors
    /// As for [`Master::set_slave`].
    pub fn set_cap(&mut self, slave: TwcId, cap: Option<CentiAmps>) -> Result<(), CommandError> {
        self.set_slave(slave, SlaveSettings { cap, ..self.settings(slave) })
    }

    /// What is set for a slave.
    pub fn settings(&self, slave: TwcId) -> SlaveSettings {
        let entries = self.settings.iter().flatten();
        entries
            .filter(|(id, _)| *id == slave)
            .map(|(_, settings)| *settings)
            .next()
            .unwrap_or(SlaveSettings::DEFAULT)
    }

    /// Names a car by its VIN: wherever it is plugged in, it is treated by this profile.
    ///
    /// # Errors
    /// When [`MAX_VEHICLES`] others are known.
    pub fn know_vehicle(&mut self, vin: Vin, profile: &'static Profile) -> Result<(), CommandError> {
        self.vehicles.know(vin, profile)
    }

    /// How cars are treated that tell a VIN which nobody named; as their slave is set, with `None`.
    pub fn set_guest(&mut self, profile: Option<&'static Profile>) {
        self.vehicles.guest = profile;
    }

    /// Lets a car charge whatever the mode says, until another is plugged in or [`Master::release`].
    ///
    /// # Errors
    /// When the slave is unknown.
    pub fn start(&mut self, slave: TwcId) -> Result<(), CommandError> {
        self.slave_mut(slave).ok_or(CommandError::UnknownSlave { slave })?.orders.order = Order::Start;
        Ok(())
    }

    /// Stops a car, and says what that costs. `None` takes the way of its profile, or of its protocol.
    ///
    /// # Errors
    /// When it cannot be stopped in this way; see [`Master::can_stop`] for one in which it can.
    pub fn stop(&mut self, slave: TwcId, strategy: Option<Strategy>) -> Result<Cost, StopRefusal> {
        let slot = self.slot_of(slave).ok_or(StopRefusal::UnknownSlave)?;
        let strikes = self.guard.strikes(slot);
        let Some(Some(slave)) = self.slaves.get_mut(slot) else { return Err(StopRefusal::UnknownSlave) };
        let strategy = strategy.unwrap_or_else(|| slave.usual_stop(strikes));
        let cost = slave.situation(strikes).cost(strategy)?;
        slave.orders.order = Order::Stop(strategy);
        Ok(cost)
    }

    /// The mildest way to really stop a car.
    ///
    /// # Errors
    /// [`StopRefusal::CannotWithoutReplugging`] when there is none.
    pub fn can_stop(&self, slave: TwcId) -> Result<(Strategy, Cost), StopRefusal> {
        let slot = self.slot_of(slave).ok_or(StopRefusal::UnknownSlave)?;
        let known = self.slave(slave).ok_or(StopRefusal::UnknownSlave)?;
        known.situation(self.guard.strikes(slot)).mildest()
    }

    /// A slave's supply is about to be switched off, by a contactor or at the panel. Its silence is no fault
    /// then, and its identity is kept. Its amps are freed on the same proof as ever.
    ///
    /// # Errors
    /// When the slave is unknown.
    pub fn expect_power_off(&mut self, slave: TwcId) -> Result<(), CommandError> {
        self.slave_mut(slave).ok_or(CommandError::UnknownSlave { slave })?.orders.expected_off = true;
        Ok(())
    }

    /// How a slave's car is being stopped at present; `None` while it may charge.
    pub fn stopped(&self, slave: TwcId) -> Option<Strategy> {
        self.slave(slave)?.orders.stopped
    }

    /// What came of [`Event::HookDue`].
    ///
    /// # Errors
    /// When the slave is unknown.
    pub fn handle_hook(&mut self, slave: TwcId, outcome: HookOutcome) -> Result<(), CommandError> {
        let known = self.slave_mut(slave).ok_or(CommandError::UnknownSlave { slave })?;
        known.orders.hook_until = None;
        match outcome {
            HookOutcome::Done => {}
            HookOutcome::Failed => {
                // Its supply is still there: silence would be a fault again.
                known.orders.expected_off = false;
                self.events.push(Event::HookFailed { slave });
            }
            HookOutcome::ShownOpen => {
                known.orders.expected_off = true;
                self.supply_is_cut(slave);
            }
        }
        Ok(())
    }

    /// Changes what slaves are asked unasked.
    pub fn set_queries(&mut self, plan: QueryPlan) {
        self.queries = plan;
    }

    /// Asks a slave for one item as soon as there is slack; the answer shows in [`Master::knowledge`].
    ///
    /// # Errors
    /// When the slave is unknown, speaks protocol 1, or the item is one of the old forms.
    pub fn query(&mut self, slave: TwcId, item: Item) -> Result<(), CommandError> {
        let now = self.now;
        let known = self.slave_mut(slave).ok_or(CommandError::UnknownSlave { slave })?;
        let old = matches!(item, Item::OldSerial | Item::OldModel | Item::OldFirmware);
        if old || known.version == Version::P1 {
            return Err(CommandError::CannotAsk { slave });
        }
        known.questions.ask([item], now);
        Ok(())
    }

    /// What is known of a slave beyond its heartbeats.
    pub fn knowledge(&self, slave: TwcId) -> Option<Knowledge> {
        let record = self.slave(slave)?.record.view();
        let here = record.plug == Plug::PluggedIn;
        let vehicle = if here { self.vehicles.who(record.vin).0 } else { Vehicle::Unknown };
        Some(Knowledge { vehicle, ..record })
    }

    fn slave(&self, id: TwcId) -> Option<&Slave> {
        self.slaves.iter().flatten().find(|slave| slave.id == id)
    }

    fn slave_mut(&mut self, id: TwcId) -> Option<&mut Slave> {
        self.slaves.iter_mut().flatten().find(|slave| slave.id == id)
    }
}
