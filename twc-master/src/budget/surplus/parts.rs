//! One reading from several meters: inverters, batteries, sub-meters.

use twc_proto::Instant;

use crate::budget::meter::{Reading, Sample, Watts};
use crate::budget::phases::PerPhase;

/// Adds up what several devices say, for example two inverters and a consumption meter.
///
/// The sum has the time of its oldest part: it is no fresher than that, and there is none before each has spoken.
#[derive(Debug, Clone, Copy)]
pub struct Parts<const N: usize> {
    parts: [Option<Sample>; N],
    /// `None` where there is no part.
    negated: [Option<bool>; N],
}

impl<const N: usize> Parts<N> {
    /// Parts of which those marked count the other way round: inverters give, consumers take.
    pub fn new(negated: [bool; N]) -> Self {
        Self::some(negated.map(Some))
    }

    /// As [`Parts::new`], with room for parts that do not exist.
    pub const fn some(negated: [Option<bool>; N]) -> Self {
        Self { parts: [None; N], negated }
    }

    /// A part's sample; the sum of all, once there is one of each. Retained samples and parts that do not exist are
    /// ignored.
    pub fn handle_sample(&mut self, part: usize, sample: Sample) -> Option<Sample> {
        let exists = self.negated.get(part).copied().flatten().is_some();
        let slot = self.parts.get_mut(part).filter(|_| exists && !sample.retained)?;
        *slot = Some(sample);
        let mut sum: Option<Sample> = None;
        for (part, negated) in self.parts.iter().zip(self.negated) {
            let Some(negated) = negated else { continue };
            let part = part.as_ref()?;
            let reading = if negated { negate(&part.reading) } else { part.reading };
            let taken = part.measured.unwrap_or(part.arrived);
            sum = Some(match sum {
                None => Sample { reading, measured: Some(taken), ..*part },
                Some(sum) => Sample {
                    reading: add(&sum.reading, &reading),
                    measured: sum.measured.map(|measured: Instant| measured.min(taken)),
                    arrived: sum.arrived.max(part.arrived),
                    retained: false,
                },
            });
        }
        sum
    }
}

fn negate(reading: &Reading) -> Reading {
    let phases = |phases: PerPhase| phases.map(i32::saturating_neg);
    let watts = |watts| match watts {
        Watts::Total(watts) => Watts::Total(watts.saturating_neg()),
        Watts::Phases(watts) => Watts::Phases(phases(watts)),
    };
    Reading { centiamps: reading.centiamps.map(phases), watts: reading.watts.map(watts) }
}

fn add(a: &Reading, b: &Reading) -> Reading {
    let watts = |(a, b): (Watts, Watts)| match (a, b) {
        (Watts::Phases(a), Watts::Phases(b)) => Watts::Phases(a.plus(b)),
        _ => Watts::Total(a.total().saturating_add(b.total())),
    };
    Reading {
        centiamps: a.centiamps.zip(b.centiamps).map(|(a, b)| a.plus(b)),
        watts: a.watts.zip(b.watts).map(watts),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_inverters_and_a_consumption_meter_make_a_grid_meter_as_old_as_the_oldest() {
        let mut parts = Parts::new([true, true, false]);
        let sample = |second, watts| Sample {
            reading: Reading { centiamps: None, watts: Some(Watts::Total(watts)) },
            measured: None,
            arrived: Instant::from_secs(second),
            retained: false,
        };
        assert_eq!(parts.handle_sample(0, sample(1, 3_000)), None);
        assert_eq!(parts.handle_sample(1, sample(2, 1_500)), None);
        let sum = parts.handle_sample(2, sample(3, 700)).unwrap();
        assert_eq!(sum.reading.watts, Some(Watts::Total(-3_800)));
        assert_eq!((sum.measured, sum.arrived), (Some(Instant::from_secs(1)), Instant::from_secs(3)));
        assert_eq!(parts.handle_sample(9, sample(4, 0)), None);

        let mut fewer = Parts::some([Some(false), None, Some(true)]);
        assert_eq!(
            (fewer.handle_sample(0, sample(1, 500)), fewer.handle_sample(1, sample(1, 9_000))),
            (None, None)
        );
        let sum = fewer.handle_sample(2, sample(2, 800)).unwrap();
        assert_eq!(sum.reading.watts, Some(Watts::Total(-300)));
    }
}
