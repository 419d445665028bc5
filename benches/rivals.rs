//! Other crates, made to do the same work: bytes in, checked frames and typed messages out.
// No single bench uses all of it.
#![allow(dead_code)]

use noalloc_slip_rs::slip::{END_CHAR, SlipDecoder, SlipEncoder};
use noalloc_vec_rs::vec::Vec as FixedVec;
use twc_proto::{Decoder, Envelope, Frame, Message, Received, Version};

/// A typed message of a body that another crate has un-escaped.
fn typed(body: &[u8]) -> usize {
    let Ok(frame) = Frame::new_checked(body) else { return 0 };
    let Ok(received) = Received::parse(&frame) else { return 0 };
    read(&received)
}

/// Every field, as a machine gets it.
#[inline]
fn read(received: &Received) -> usize {
    std::hint::black_box(&received.message());
    1
}

pub(crate) fn ours_slices(wire: &[u8]) -> usize {
    let mut decoder = Decoder::new();
    let (mut rest, mut messages) = (wire, 0);
    loop {
        match &decoder.decode(&mut rest) {
            Some(Ok(received)) => messages += read(received),
            Some(Err(_)) => {}
            None => return messages,
        }
    }
}

pub(crate) fn ours_bytes(wire: &[u8]) -> usize {
    let mut decoder = Decoder::new();
    let mut messages = 0;
    for byte in wire {
        if let Some(Ok(received)) = &decoder.push(*byte) {
            messages += read(received);
        }
    }
    messages
}

/// After an error it is asked again; what it wrote so far is dropped.
pub(crate) fn slip_codec(wire: &[u8]) -> usize {
    use slip_codec::{SlipDecoder, SlipError};
    let mut source = wire;
    let mut decoder = SlipDecoder::new();
    let mut buffer = [0; 64];
    let mut messages = 0;
    loop {
        let mut sink = &mut buffer[..];
        match decoder.decode(&mut source, &mut sink) {
            Ok(len) => messages += typed(&buffer[..len.min(64)]),
            Err(SlipError::EndOfStream) => return messages,
            // It counts on; a new one counts from zero.
            Err(_) => decoder = SlipDecoder::new(),
        }
    }
}

/// It wants to be told where a frame begins: one decoder per frame, the next delimiter searched after an error.
pub(crate) fn serial_line_ip(wire: &[u8]) -> usize {
    let mut rest = wire;
    let mut buffer = [0; 64];
    let mut messages = 0;
    while !rest.is_empty() {
        match serial_line_ip::Decoder::new().decode(rest, &mut buffer) {
            Ok((used, body, true)) => {
                messages += typed(body);
                rest = &rest[used..];
            }
            // Too long for the buffer, or the stream is over.
            Ok((used, ..)) => rest = &rest[used..],
            Err(_) => {
                let next = rest[1..].iter().position(|byte| *byte == END_CHAR);
                rest = next.map_or(&[], |next| &rest[next + 1..]);
            }
        }
    }
    messages
}

pub(crate) fn noalloc_slip(wire: &[u8]) -> usize {
    let mut decoder = SlipDecoder::<64>::default();
    let mut messages = 0;
    for byte in wire {
        if decoder.insert(*byte).is_err() {
            decoder.reset();
        }
        if decoder.is_buffer_completed() {
            messages += typed(decoder.get_buffer());
            decoder.reset();
        }
    }
    messages
}

/// The checked body of a message, which only this crate makes.
pub(crate) fn envelope(message: &Message) -> Envelope {
    Envelope::canonical(Version::P2, *message).expect("a harmless message")
}

pub(crate) fn ours_encode(envelope: &Envelope, out: &mut [u8]) -> usize {
    envelope.encode(out).expect("long enough")
}

pub(crate) fn slip_codec_encode(envelope: &Envelope, out: &mut [u8]) -> usize {
    let body = envelope.emit();
    slip_codec::SlipEncoder::new(true).encode(body.as_ref(), &mut &mut *out).expect("long enough")
}

pub(crate) fn serial_line_ip_encode(envelope: &Envelope, out: &mut [u8]) -> usize {
    let body = envelope.emit();
    let mut encoder = serial_line_ip::Encoder::new();
    let written = encoder.encode(body.as_ref(), out).expect("long enough").written;
    written + encoder.finish(&mut out[written..]).expect("long enough").written
}

pub(crate) fn noalloc_slip_encode(envelope: &Envelope, out: &mut [u8]) -> usize {
    let mut vec = FixedVec::<u8, 44>::new();
    for byte in envelope.emit().as_ref() {
        vec.push(*byte).expect("long enough");
    }
    SlipEncoder::encode(&mut vec).expect("long enough");
    out[..vec.len()].copy_from_slice(&vec);
    vec.len()
}
