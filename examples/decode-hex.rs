//! Decodes one frame given as hexadecimal digits.
//!
//! `cargo run -p twc-examples --example decode-hex -- FD E0 34 95 77 77 01 06 40 06 18 00 00 00 00 FC`

use std::error::Error;

use twc_proto::{Frame, Message, Received};

fn main() -> Result<(), Box<dyn Error>> {
    let given: String = std::env::args().skip(1).collect();
    let digits = if given.is_empty() { "FDE0349577770106400618000000 00FC".replace(' ', "") } else { given };
    let body = (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(digits.get(at..at + 2).unwrap_or("odd"), 16))
        .collect::<Result<Vec<u8>, _>>()?;

    let received = Received::parse(&Frame::new_checked(body)?)?;
    println!("{:#?}", received.message());
    if let Message::SlaveHeartbeat(heartbeat) = received.message() {
        println!(
            "{} is {}, may draw {}, draws {}",
            heartbeat.slave, heartbeat.state, heartbeat.limit, heartbeat.drawn
        );
    }
    Ok(())
}
