//! `replay`: a capture on a terminal or a port, or printed.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use crate::capture::{Capture, Direction, Frame};
use crate::cli::{Only, ReplayArgs};
use crate::failure::Failure;
use crate::file;
use crate::port::Port;
use crate::serve::stop_signal;

/// Puts the capture where the command line says.
pub(crate) fn replay(args: &ReplayArgs) -> Result<(), Failure> {
    let text = file::read(&args.capture, "give a capture, one frame a line")?;
    let mut capture = Capture::parse(&text);
    for warning in &capture.warnings {
        // Without standard error there is nobody to warn.
        let _ = writeln!(std::io::stderr(), "twc-sim: {}: {warning}", args.capture.display());
    }
    let wanted = match args.only {
        Some(Only::Master) => Some(Direction::ToSlaves),
        Some(Only::Slaves) => Some(Direction::ToMaster),
        None => None,
    };
    capture.frames.retain(|frame| wanted.is_none() || frame.direction == wanted);
    if args.port.pty.is_none() && args.port.tcp.is_none() {
        print(&capture.frames);
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::Internal(format!("cannot start: {error}")))?;
    runtime.block_on(send(args, &capture.frames))
}

fn print(frames: &[Frame]) {
    let mut text = String::new();
    for frame in frames {
        let direction = frame.direction.map_or("?", Direction::name);
        // Writing into a string does not fail.
        let _ = write!(text, "{:>10.3} {direction}", frame.at.as_secs_f64());
        for byte in &frame.wire {
            let _ = write!(text, " {byte:02X}");
        }
        text.push('\n');
    }
    // Nobody may be listening any more; that is no failure.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// Begins with the first client, so that nothing is lost before.
async fn send(args: &ReplayArgs, frames: &[Frame]) -> Result<(), Failure> {
    let stop = stop_signal().map_err(|error| Failure::Internal(format!("cannot catch signals: {error}")))?;
    let mut stop = std::pin::pin!(stop);
    let mut port = Port::open(&args.port, false).await?;
    // Whoever started this reads it to know when to connect; without a reader it goes on all the same.
    let _ = writeln!(std::io::stdout(), "{}", port.ready_line());
    while !port.has_client() {
        tokio::select! {
            () = &mut stop => return Ok(()),
            _ = port.read() => {}
            () = tokio::time::sleep(Duration::from_millis(20)) => {}
        }
    }
    let start = tokio::time::Instant::now();
    for frame in frames {
        let due = start + frame.at.div_f64(args.speed);
        loop {
            tokio::select! {
                () = &mut stop => return Ok(()),
                // What clients say is nobody's concern here.
                _ = port.read() => {}
                () = tokio::time::sleep_until(due) => break,
            }
        }
        port.send(&frame.wire);
    }
    // The last bytes may still be on their way to the client.
    tokio::time::sleep(Duration::from_millis(200)).await;
    Ok(())
}
