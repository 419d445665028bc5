//! What this project does: a steward with a configuration.

use twc_master::Master;
use twc_master::budget::PerPhase;
use twc_master::budget::meter::{Reading, Sample, Watts};
use twc_master::settings::Settings;
use twc_master::share::Any;
use twc_master::steward::Steward;
use twc_proto::Instant;
use twc_sim::MeterSample;

use crate::policy::Policy;

/// Any midnight will do for a schedule in UTC.
const MIDNIGHT: &str = "2026-06-15T00:00:00Z";

#[derive(Debug)]
pub(crate) struct Ours(Steward);

impl Ours {
    pub(crate) fn new(settings: Settings) -> Self {
        let mut steward = Steward::new(settings, Instant::ZERO).expect("a configuration that can be followed");
        steward.handle_clock(Instant::ZERO, MIDNIGHT.parse().expect("a time"));
        Self(steward)
    }
}

impl Policy for Ours {
    fn handle_meter(&mut self, now: Instant, sample: &MeterSample) {
        let watts = Watts::Total(i32::try_from(sample.watts).expect("a house"));
        let reading = Reading { centiamps: sample.centiamps.map(PerPhase), watts: Some(watts) };
        let sample = Sample { reading, measured: Some(sample.at), arrived: now, retained: sample.is_retained };
        // A value that is not believed does not count; that is its business.
        let _ = self.0.handle_sample(0, &sample);
    }

    fn steer(&mut self, now: Instant, master: &mut Master<Any>) {
        self.0.steer(now, master);
    }
}
