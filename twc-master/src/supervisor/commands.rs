//! The commands of [`Master`], from any thread. Each comes back when the master has taken it, with what it says.

use core::error::Error;
use core::time::Duration;
use std::boxed::Box;

use twc_proto::message::Item;
use twc_proto::{CentiAmps, TwcId, Vin};

use super::handle::{BusGone, CallError, Handle};
use crate::command::CommandError;
use crate::config::{PhaseAmps, Place};
use crate::knowledge::Knowledge;
use crate::master::Master;
use crate::order::{HookOutcome, Mode, SlaveSettings};
use crate::profile::Profile;
use crate::query::QueryPlan;
use crate::share::Share;
use crate::stop::{Cost, StopRefusal, Strategy};

type Called<T> = Result<T, CallError<CommandError>>;

impl<S: Share> Handle<S> {
    /// As [`Handle::with`], for what can be refused.
    async fn call<T, E>(
        &self,
        work: impl FnOnce(&mut Master<S>) -> Result<T, E> + Send + 'static,
    ) -> Result<T, CallError<E>>
    where
        T: Send + 'static,
        E: Error + Send + 'static,
    {
        self.with(|master, _| work(master)).await?.map_err(CallError::Refused)
    }

    /// [`Master::set_budget`]: shares less than the configured limit, or all of it again.
    ///
    /// # Errors
    /// When it is above the configuration's limit, or the bus has ended.
    pub async fn set_budget(&self, budget: Option<CentiAmps>) -> Called<()> {
        self.call(move |master| master.set_budget(budget)).await
    }

    /// [`Master::order`]: orders a limit for a circuit. `None`: there is no such circuit.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn order(&self, place: Place, limit: PhaseAmps) -> Result<Option<PhaseAmps>, BusGone> {
        self.with(move |master, now| master.order(now, place, limit)).await
    }

    /// [`Master::lease`]: orders a limit for as long as a lease lasts that was `requested` then. `None`: there is no
    /// such circuit.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn lease(
        &self,
        place: Place,
        limit: PhaseAmps,
        requested: std::time::Instant,
        lasts: Duration,
    ) -> Result<Option<PhaseAmps>, BusGone> {
        self.with(move |master, now| master.lease(now, place, limit, now - requested.elapsed(), lasts)).await
    }

    /// [`Master::set_mode`]: how all slaves are served.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn set_mode(&self, mode: Mode) -> Result<(), BusGone> {
        self.with(move |master, _| master.set_mode(mode)).await
    }

    /// [`Master::set_slave`]: car profile, priority and cap of one slave.
    ///
    /// # Errors
    /// When its cap is too low, when there are too many slaves, or the bus has ended.
    pub async fn set_slave(&self, slave: TwcId, settings: SlaveSettings) -> Called<()> {
        self.call(move |master| master.set_slave(slave, settings)).await
    }

    /// [`Master::set_cap`]: sets the most one slave is to have and leaves the rest of its settings alone.
    ///
    /// # Errors
    /// As [`Handle::set_slave`].
    pub async fn set_cap(&self, slave: TwcId, cap: Option<CentiAmps>) -> Called<()> {
        self.call(move |master| master.set_cap(slave, cap)).await
    }

    /// [`Master::know_vehicle`]: how the car with this VIN is treated, wherever it is plugged in.
    ///
    /// # Errors
    /// When too many others are known, or the bus has ended.
    pub async fn know_vehicle(&self, vin: Vin, profile: &'static Profile) -> Called<()> {
        self.call(move |master| master.know_vehicle(vin, profile)).await
    }

    /// [`Master::set_guest`]: how cars are treated that nobody named.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn set_guest(&self, profile: Option<&'static Profile>) -> Result<(), BusGone> {
        self.with(move |master, _| master.set_guest(profile)).await
    }

    /// [`Master::start`]: lets a car charge whatever the mode says.
    ///
    /// # Errors
    /// When the slave is unknown, or the bus has ended.
    pub async fn start(&self, slave: TwcId) -> Called<()> {
        self.call(move |master| master.start(slave)).await
    }

    /// [`Master::stop`]: stops a car, and says what that costs.
    ///
    /// # Errors
    /// When it cannot be stopped in this way, or the bus has ended.
    pub async fn stop(&self, slave: TwcId, strategy: Option<Strategy>) -> Result<Cost, CallError<StopRefusal>> {
        self.call(move |master| master.stop(slave, strategy)).await
    }

    /// [`Master::can_stop`]: the mildest way to really stop a car.
    ///
    /// # Errors
    /// When there is none, or the bus has ended.
    pub async fn can_stop(&self, slave: TwcId) -> Result<(Strategy, Cost), CallError<StopRefusal>> {
        self.call(move |master| master.can_stop(slave)).await
    }

    /// [`Master::release`]: leaves a slave to the mode again.
    ///
    /// # Errors
    /// When the slave is unknown, or the bus has ended.
    pub async fn release(&self, slave: TwcId) -> Called<()> {
        let known = self.with(move |master, now| master.release(now, slave)).await?;
        known.then_some(()).ok_or(CallError::Refused(CommandError::UnknownSlave { slave }))
    }

    /// [`Master::supply_is_cut`]: an auxiliary contact shows that a slave has no supply.
    ///
    /// # Errors
    /// When the slave is unknown, or the bus has ended.
    pub async fn supply_is_cut(&self, slave: TwcId) -> Called<()> {
        let known = self.with(move |master, _| master.supply_is_cut(slave)).await?;
        known.then_some(()).ok_or(CallError::Refused(CommandError::UnknownSlave { slave }))
    }

    /// [`Master::expect_power_off`]: a slave's supply is about to be switched off.
    ///
    /// # Errors
    /// When the slave is unknown, or the bus has ended.
    pub async fn expect_power_off(&self, slave: TwcId) -> Called<()> {
        self.call(move |master| master.expect_power_off(slave)).await
    }

    /// [`Master::handle_hook`]: what came of [`crate::Event::HookDue`].
    ///
    /// # Errors
    /// When the slave is unknown, or the bus has ended.
    pub async fn hook_ended(&self, slave: TwcId, outcome: HookOutcome) -> Called<()> {
        self.call(move |master| master.handle_hook(slave, outcome)).await
    }

    /// [`Master::query`]: asks a slave for one item as soon as there is slack.
    ///
    /// # Errors
    /// When it cannot be asked for that, or the bus has ended.
    pub async fn query(&self, slave: TwcId, item: Item) -> Called<()> {
        self.call(move |master| master.query(slave, item)).await
    }

    /// [`Master::set_queries`]: what slaves are asked unasked.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn set_queries(&self, plan: QueryPlan) -> Result<(), BusGone> {
        self.with(move |master, _| master.set_queries(plan)).await
    }

    /// [`Master::knowledge`]: what is known of a slave beyond its heartbeats.
    ///
    /// # Errors
    /// When the bus has ended.
    pub async fn knowledge(&self, slave: TwcId) -> Result<Option<Box<Knowledge>>, BusGone> {
        self.with(move |master, _| master.knowledge(slave).map(Box::new)).await
    }
}
