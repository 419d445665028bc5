//! Amperes as people write them: `40A`, `16.5A`, `3x20A`; and as JSON shows them.

use serde_json::{Number, Value};
use twc_proto::CentiAmps;

/// A current per phase.
///
/// `3x20A` is 20 A on each of three phases. A wall connector counts its whole current on every phase, so the
/// number of phases does not change what may be shared.
pub(crate) fn parse(text: &str) -> Result<CentiAmps, String> {
    let per_phase = match text.split_once(['x', 'X']) {
        Some(("1" | "3", rest)) => rest,
        Some((phases, _)) => return Err(format!("`{phases}` phases do not exist, write 1x or 3x")),
        None => text,
    };
    let digits = per_phase.strip_suffix(['A', 'a']).ok_or("amperes end in A, such as 40A, 16.5A or 3x20A")?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let centi = centiamps(whole, fraction).ok_or("write amperes such as 40A, 16.5A or 3x20A")?;
    u16::try_from(centi).map(CentiAmps::new).map_err(|_| "more than 655.35A cannot be told to anybody".to_owned())
}

fn centiamps(whole: &str, fraction: &str) -> Option<u32> {
    let all_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !all_digits(whole) || !all_digits(fraction) || fraction.len() > 2 || whole.len() > 5 {
        return None;
    }
    let fraction: u32 = format!("{fraction:0<2}").parse().ok()?;
    Some(whole.parse::<u32>().ok()? * 100 + fraction)
}

/// A JSON number in amperes with up to two decimals, exactly.
pub(crate) fn json(amps: CentiAmps) -> Value {
    hundredths(u32::from(amps.value()))
}

/// `value` hundredths as a JSON number, whole where it is whole.
pub(crate) fn hundredths(value: u32) -> Value {
    if value % 100 == 0 {
        return Value::from(value / 100);
    }
    // Division is correctly rounded, so the shortest text of the result is the decimal we mean.
    Number::from_f64(f64::from(value) / 100.0).map_or(Value::Null, Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amperes_are_read_as_people_write_them() {
        for (text, centiamps) in [("40A", 4_000), ("16.5A", 1_650), ("3x20A", 2_000), ("6.05a", 605)] {
            assert_eq!(parse(text), Ok(CentiAmps::new(centiamps)), "{text}");
        }
        for text in ["", "40", "A", "-6A", "1e3A", "6.005A", "2x20A", "700A", "6,5A", "99999999999A"] {
            assert!(parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn json_amps_are_exact() {
        assert_eq!(json(CentiAmps::new(1_600)).to_string(), "16");
        assert_eq!(json(CentiAmps::new(1_605)).to_string(), "16.05");
        assert_eq!(json(CentiAmps::new(659)).to_string(), "6.59");
    }
}
