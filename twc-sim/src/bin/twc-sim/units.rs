//! Numbers with units, as people write them.

use std::time::Duration;

use twc_proto::CentiAmps;

/// `32A` or `16.5A`; steps of 0.01 A.
pub(crate) fn amps(text: &str) -> Result<CentiAmps, String> {
    let number = text.trim().strip_suffix(['A', 'a']).map(str::trim_end);
    let centiamps = number.and_then(hundredths).and_then(|value| u16::try_from(value).ok());
    centiamps.map(CentiAmps::new).ok_or_else(|| "give amperes like 32A or 16.5A, up to 655.35A".to_owned())
}

/// A positive number of seconds.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let span = text.trim().parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    span.filter(|span| !span.is_zero()).ok_or_else(|| "give a number of seconds above 0, like 2.5".to_owned())
}

/// `5s`, `1.5s`, `800ms` or `2min`.
pub(crate) fn span(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let (number, unit) = text.split_at(text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len()));
    let span = match unit {
        "ms" => seconds(number).map(|span| span / 1_000),
        "s" => seconds(number),
        "min" => seconds(number).and_then(|span| span.checked_mul(60).ok_or_else(String::new)),
        _ => Err(String::new()),
    };
    span.map_err(|_| "give a time like 5s, 800ms or 2min".to_owned())
}

fn hundredths(number: &str) -> Option<u32> {
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let digits = |text: &str| !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) || part.len() > 2 {
        return None;
    }
    let scale = if part.len() == 1 { 10 } else { 1 };
    Some(whole.parse::<u32>().ok()? * 100 + part.parse::<u32>().ok()? * scale)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amperes_need_their_unit_and_at_most_two_decimals() {
        for (text, centiamps) in
            [("32A", 3_200), ("16.5A", 1_650), ("6.05 a", 605), ("0A", 0), ("655.35A", 65_535)]
        {
            assert_eq!(amps(text), Ok(CentiAmps::new(centiamps)), "{text}");
        }
        for bad in ["32", "A", "1.234A", ".5A", "5.A", "-1A", "1e2A", "655.36A", "99999999A", "NaNA"] {
            assert!(amps(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn times_need_their_unit_and_are_above_zero() {
        for (text, millis) in [("5s", 5_000), ("1.5s", 1_500), ("800ms", 800), ("2min", 120_000)] {
            assert_eq!(span(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["5", "s", "0s", "-1s", "5h", "infs", "1e99min"] {
            assert!(span(bad).is_err(), "{bad}");
        }
    }
}
