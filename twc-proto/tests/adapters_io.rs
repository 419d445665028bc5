//! Claim: a port read through `embedded-io` yields what the decoder yields, however little it gives at once.
#![cfg(feature = "embedded-io")]

mod common;

use common::{envelope, stream};
use embedded_io::{Error, ErrorKind, ErrorType};
use proptest::prelude::*;
use twc_proto::Decoder;
use twc_proto::io::{self, MessageReader, ReadError};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Unplugged;

impl core::fmt::Display for Unplugged {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("unplugged")
    }
}

impl core::error::Error for Unplugged {}

impl Error for Unplugged {
    fn kind(&self) -> ErrorKind {
        ErrorKind::Other
    }
}

/// Gives and takes up to `step` bytes at once, and fails when `fails` says so.
#[derive(Debug)]
struct Port {
    input: Vec<u8>,
    output: Vec<u8>,
    step: usize,
    fails: bool,
    flushed: bool,
}

impl Port {
    fn new(input: &[u8], step: usize) -> Self {
        Self { input: input.to_vec(), output: Vec::new(), step, fails: false, flushed: false }
    }
}

impl ErrorType for Port {
    type Error = Unplugged;
}

impl embedded_io::Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Unplugged> {
        if self.fails {
            return Err(Unplugged);
        }
        let len = self.step.min(buffer.len()).min(self.input.len());
        for (slot, byte) in buffer.iter_mut().zip(self.input.drain(..len)) {
            *slot = byte;
        }
        Ok(len)
    }
}

impl embedded_io::Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Unplugged> {
        if self.fails {
            return Err(Unplugged);
        }
        let len = self.step.min(bytes.len());
        self.output.extend_from_slice(&bytes[..len]);
        Ok(len)
    }

    fn flush(&mut self) -> Result<(), Unplugged> {
        self.flushed = true;
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_reader_yields_what_the_decoder_yields(bytes in stream(), step in 1..100_usize) {
        let mut reader = MessageReader::new(Port::new(&bytes, step));
        let (mut decoder, mut input) = (Decoder::new(), &bytes[..]);
        while let Some(outcome) = decoder.decode(&mut input) {
            prop_assert_eq!(reader.read(), Ok(outcome));
        }
        prop_assert_eq!(reader.read(), Err(ReadError::Closed));
        prop_assert_eq!(reader.stats(), decoder.stats());
    }

    #[test]
    fn a_frame_is_written_whole_and_flushed(
        envelope in envelope(),
        tail in any::<Option<u8>>(),
        step in 1..50_usize,
    ) {
        let mut port = Port::new(&[], step);
        io::write(&mut port, &envelope, tail).unwrap();
        let expected = envelope.to_wire().with_tail(tail);
        prop_assert_eq!(port.output.as_slice(), expected.as_ref());
        prop_assert!(port.flushed);
    }
}

#[test]
fn a_port_that_fails_half_way_loses_no_bytes() {
    let wire = b"\xC0\xFC\x1D\0\0\0\0\0\0\0\0\0\0\0\x1D\xC0";
    let mut reader = MessageReader::new(Port::new(&wire[..9], 4));
    assert_eq!(reader.read(), Err(ReadError::Closed));
    reader.port_mut().fails = true;
    assert_eq!(reader.read(), Err(ReadError::Port(Unplugged)));
    reader.port_mut().fails = false;
    reader.port_mut().input.extend_from_slice(&wire[9..]);
    assert!(reader.read().unwrap().is_ok());
    assert!(reader.into_port().input.is_empty());
}

#[cfg(all(feature = "embedded-io-async", feature = "tokio"))]
mod in_async_code {
    use super::*;

    impl embedded_io_async::Read for Port {
        async fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Unplugged> {
            tokio::task::yield_now().await;
            embedded_io::Read::read(self, buffer)
        }
    }

    impl embedded_io_async::Write for Port {
        async fn write(&mut self, bytes: &[u8]) -> Result<usize, Unplugged> {
            tokio::task::yield_now().await;
            embedded_io::Write::write(self, bytes)
        }

        async fn flush(&mut self) -> Result<(), Unplugged> {
            embedded_io::Write::flush(self)
        }
    }

    fn run<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    proptest! {
        #[test]
        fn an_async_reader_yields_the_same(bytes in stream(), step in 1..100_usize) {
            let mut reader = MessageReader::new(Port::new(&bytes, step));
            let (mut decoder, mut input) = (Decoder::new(), &bytes[..]);
            while let Some(outcome) = decoder.decode(&mut input) {
                prop_assert_eq!(run(reader.read_async()), Ok(outcome));
            }
            prop_assert_eq!(run(reader.read_async()), Err(ReadError::Closed));
        }

        #[test]
        fn an_async_write_is_the_same(envelope in envelope(), step in 1..50_usize) {
            let mut port = Port::new(&[], step);
            run(io::write_async(&mut port, &envelope, Some(0xFE))).unwrap();
            let expected = envelope.to_wire().with_tail(Some(0xFE));
            prop_assert_eq!(port.output.as_slice(), expected.as_ref());
            prop_assert!(port.flushed);
        }
    }
}
