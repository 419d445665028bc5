//! What is plotted, as numbers.

use crate::scenario::Record;

/// Wider than any screen: each column keeps its extremes, so that thinning hides no spike.
const COLUMNS: f64 = 1_200.0;
/// Damaged frames are counted per so many seconds.
const ERROR_WINDOW: f64 = 60.0;

/// One diagram.
#[derive(Debug, Clone, PartialEq)]
pub struct Plot {
    /// Above it.
    pub title: String,
    /// Of its vertical axis.
    pub unit: &'static str,
    /// Where the horizontal axis ends, in seconds.
    pub seconds: f64,
    /// Its lines.
    pub series: Vec<Series>,
}

/// One line: a value holds from its time until the next one.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// In the legend.
    pub name: String,
    /// Seconds and value.
    pub points: Vec<(f64, f64)>,
}

impl Plot {
    /// Every diagram of a run; none for something that is no trace.
    pub fn all(records: &[Record]) -> Vec<Self> {
        let Some(Record::Begin { seconds, limit_amps, slaves, .. }) = records.first() else {
            return Vec::new();
        };
        let mut plots = vec![circuit(records, *seconds, *limit_amps)];
        plots.extend(house(records, *seconds));
        for (number, id) in (1..).zip(slaves) {
            plots.push(currents(records, *seconds, number, id));
            plots.push(states(records, *seconds, number, id));
        }
        plots.push(errors(records, *seconds));
        plots.into_iter().map(Self::thinned).collect()
    }

    fn thinned(mut self) -> Self {
        for series in &mut self.series {
            series.thin(self.seconds);
        }
        self
    }
}

impl Series {
    fn new(name: &str, points: impl Iterator<Item = (f64, f64)>) -> Self {
        let mut series = Self { name: name.to_owned(), points: Vec::new() };
        for (time, value) in points {
            // Of equal neighbours the first is enough.
            if series.points.last().is_none_or(|(_, before)| (before - value).abs() > f64::EPSILON) {
                series.points.push((time, value));
            }
        }
        series
    }

    /// Keeps the first, lowest, highest and last of each column.
    fn thin(&mut self, seconds: f64) {
        let column = |time: f64| (time / seconds.max(1.0) * COLUMNS).floor();
        let mut kept: Vec<(f64, f64)> = Vec::new();
        let mut points = self.points.as_slice();
        while let Some((first, _)) = points.split_first() {
            let same =
                points.iter().take_while(|point| column(point.0).total_cmp(&column(first.0)).is_eq()).count();
            let (group, rest) = points.split_at(same.max(1));
            points = rest;
            if group.len() <= 4 {
                kept.extend_from_slice(group);
                continue;
            }
            let by_value = |one: &&(f64, f64), other: &&(f64, f64)| one.1.total_cmp(&other.1);
            let ends = [group.first(), group.iter().min_by(by_value), group.iter().max_by(by_value), group.last()];
            let mut ends: Vec<(f64, f64)> = ends.into_iter().flatten().copied().collect();
            ends.sort_by(|one, other| one.0.total_cmp(&other.0));
            ends.dedup();
            kept.extend(ends);
        }
        self.points = kept;
    }
}

fn circuit(records: &[Record], seconds: f64, limit_amps: f64) -> Plot {
    let limits = records.iter().filter_map(|record| match record {
        Record::Limit { time, limit_amps } => Some((*time, *limit_amps)),
        _ => None,
    });
    let sums = |of: fn(f64, f64, f64) -> f64| {
        records.iter().filter_map(move |record| match record {
            Record::Sums { time, promised_amps, in_force_amps, drawn_amps } => {
                Some((*time, of(*promised_amps, *in_force_amps, *drawn_amps)))
            }
            _ => None,
        })
    };
    Plot {
        title: "Shared circuit".to_owned(),
        unit: "A",
        seconds,
        series: vec![
            Series::new("limit", std::iter::once((0.0, limit_amps)).chain(limits)),
            Series::new("promised", sums(|promised, _, _| promised)),
            Series::new("in force", sums(|_, in_force, _| in_force)),
            Series::new("drawn", sums(|_, _, drawn| drawn)),
        ],
    }
}

/// Nothing where there is no house.
fn house(records: &[Record], seconds: f64) -> Option<Plot> {
    let flows = |of: fn([i64; 4]) -> i64| {
        records.iter().filter_map(move |record| match record {
            Record::House { time, grid_watts, solar_watts, loads_watts, battery_watts } => {
                let watts = of([*grid_watts, *solar_watts, *loads_watts, *battery_watts]);
                // No house comes near the 2^52 W from which a float is not exact.
                #[allow(clippy::cast_precision_loss)]
                Some((*time, watts as f64))
            }
            _ => None,
        })
    };
    flows(|_| 0).next()?;
    let series = vec![
        Series::new("grid", flows(|[grid, ..]| grid)),
        Series::new("sun", flows(|[_, solar, ..]| solar)),
        Series::new("loads", flows(|[_, _, loads, _]| loads)),
        Series::new("battery", flows(|[.., battery]| battery)),
    ];
    Some(Plot { title: "House".to_owned(), unit: "W", seconds, series })
}

/// What the records of one slave say about something.
fn of_slave(records: &[Record], number: usize, of: impl Fn(&Record) -> Option<f64>) -> Vec<(f64, f64)> {
    let found = records.iter().filter_map(|record| match record {
        Record::Slave { time, slave, .. } if *slave == number => of(record).map(|value| (*time, value)),
        _ => None,
    });
    found.collect()
}

fn currents(records: &[Record], seconds: f64, number: usize, id: &str) -> Plot {
    let series =
        |name, of: fn(&Record) -> Option<f64>| Series::new(name, of_slave(records, number, of).into_iter());
    Plot {
        title: format!("{id}: currents"),
        unit: "A",
        seconds,
        series: vec![
            series("offered", |record| match record {
                Record::Slave { offered_amps, .. } => *offered_amps,
                _ => None,
            }),
            series("limit", |record| match record {
                Record::Slave { limit_amps, .. } => Some(*limit_amps),
                _ => None,
            }),
            series("drawn", |record| match record {
                Record::Slave { drawn_amps, .. } => Some(*drawn_amps),
                _ => None,
            }),
        ],
    }
}

fn states(records: &[Record], seconds: f64, number: usize, id: &str) -> Plot {
    let series =
        |name, of: fn(&Record) -> Option<f64>| Series::new(name, of_slave(records, number, of).into_iter());
    Plot {
        title: format!("{id}: state, relay, link"),
        unit: "state; relay and link: 1 is closed, linked",
        seconds,
        series: vec![
            series("state", |record| match record {
                Record::Slave { state, .. } => Some(f64::from(*state)),
                _ => None,
            }),
            series("relay", |record| match record {
                Record::Slave { relay, .. } => Some(f64::from(u8::from(*relay))),
                _ => None,
            }),
            series("linked", |record| match record {
                Record::Slave { linked, .. } => Some(f64::from(u8::from(*linked))),
                _ => None,
            }),
        ],
    }
}

fn errors(records: &[Record], seconds: f64) -> Plot {
    let mut counts: Vec<(f64, f64)> = Vec::new();
    let mut window = 0.0;
    let mut count = 0.0;
    for record in records {
        let Record::Frame { time, damaged, .. } = record else { continue };
        while *time >= window + ERROR_WINDOW {
            counts.push((window, count));
            window += ERROR_WINDOW;
            count = 0.0;
        }
        count += f64::from(u8::from(*damaged));
    }
    counts.push((window, count));
    Plot {
        title: "Damaged frames".to_owned(),
        unit: "a minute",
        seconds,
        series: vec![Series::new("damaged", counts.into_iter())],
    }
}
