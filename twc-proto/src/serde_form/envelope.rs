//! A message with its length: fields for people, the body for machines.

use serde::de::{self, Deserialize, Deserializer};
use serde::ser::{Serialize, Serializer};

use super::text::Octets;
use crate::frame::Frame;
use crate::message::{Envelope, Message, Received};
use crate::types::BodyLen;

#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    message: Message,
    body_len: BodyLen,
    #[serde(default, skip_serializing_if = "Octets::is_all_zero")]
    filling: Octets,
}

impl Serialize for Received {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            let (message, body_len, filling) = (self.message(), self.body_len(), Octets::new(self.filling()));
            return Form { message, body_len, filling }.serialize(serializer);
        }
        Octets::<{ BodyLen::MAX }>::new(self.body()).serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Received {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let Form { message, body_len, filling } = Form::deserialize(deserializer)?;
            let received = Received::assembled(&message, body_len, filling.as_slice());
            let received = received.map_err(de::Error::custom)?;
            return if filling.as_slice().len() > received.filling().len() {
                Err(de::Error::custom("the filling is longer than what the fields leave free"))
            } else {
                Ok(received)
            };
        }
        let body = Octets::deserialize(deserializer)?;
        let frame = Frame::new_checked(body.as_slice()).map_err(de::Error::custom)?;
        Received::parse(&frame).map_err(de::Error::custom)
    }
}

impl Serialize for Envelope {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_received().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Received::deserialize(deserializer)?.to_envelope().map_err(de::Error::custom)
    }
}
