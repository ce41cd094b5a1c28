//! SAML messages as cases see them: how they travel, and whether a message looks as expected.
//!
//! Signatures are not checked here. Elements are compared by position, with the prefixes that were
//! written; only attributes that are named and text that is not blank count.

#[cfg(test)]
mod tests;
mod xml;

use std::io::{Read as _, Write as _};

use anyhow::{Context as _, Result, bail};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use flate2::Compression;
use flate2::read::DeflateDecoder;
use flate2::write::DeflateEncoder;

use crate::client::Answer;

pub use xml::{Element, Mismatch, compare, parse};

/// How a message travels (SAML 2.0 Bindings §3.4, §3.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Binding {
    Redirect,
    Post,
}

/// A message is a few kilobytes; what swells to more is an attack on the runner.
const MESSAGE_BYTES_MAX: u64 = 1024 * 1024;

impl Binding {
    pub fn parse(name: &str) -> Result<Self> {
        match name {
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" => Ok(Self::Redirect),
            "urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" => Ok(Self::Post),
            _ => bail!("{name} is not a binding of the case format"),
        }
    }

    /// The message as a parameter.
    pub fn encode(self, message: &str) -> Result<String> {
        Ok(match self {
            Self::Post => BASE64_STANDARD.encode(message),
            Self::Redirect => {
                let mut encoder = DeflateEncoder::new(Vec::new(), Compression::default());
                encoder.write_all(message.as_bytes())?;
                BASE64_STANDARD.encode(encoder.finish()?)
            }
        })
    }

    /// The message in an answer, under the name of its parameter.
    pub fn message(self, answer: &Answer, name: &str) -> Result<Element> {
        let text = match self {
            Self::Redirect => {
                let value = parameter(answer, name);
                let value = value.with_context(|| format!("no {name} in the address"))?;
                let packed = BASE64_STANDARD.decode(value).context("it is not base64")?;
                let mut text = String::new();
                let mut decoder = DeflateDecoder::new(packed.as_slice()).take(MESSAGE_BYTES_MAX);
                decoder.read_to_string(&mut text).context("it is not deflated text")?;
                text
            }
            Self::Post => {
                let value = input(answer, name)?;
                let value = value.with_context(|| format!("no {name} in the form"))?;
                String::from_utf8(BASE64_STANDARD.decode(value).context("it is not base64")?)?
            }
        };
        parse(&text).context("it is not XML")
    }
}

/// The relay state of an answer, wherever it is; empty when there is none.
pub fn relay_state(answer: &Answer) -> String {
    let in_address = parameter(answer, "RelayState");
    let in_form = || input(answer, "RelayState").ok().flatten();
    in_address.or_else(in_form).unwrap_or_default()
}

/// A parameter of the address that an answer redirects to.
fn parameter(answer: &Answer, name: &str) -> Option<String> {
    let location = answer.location()?;
    let mut pairs = location.query_pairs().filter(|(key, _)| key == name);
    pairs.next().map(|(_, value)| value.into_owned())
}

/// A field of the form that the body is: `./html/body/form/input`, in XML that is well formed.
fn input(answer: &Answer, name: &str) -> Result<Option<String>> {
    let page = parse(&answer.text()).context("the page is not well-formed XML")?;
    if page.name != "html" {
        return Ok(None);
    }
    let inputs = page.children("body").flat_map(|it| it.children("form"));
    let mut inputs = inputs.flat_map(|it| it.children("input"));
    let found = inputs.find(|it| it.attribute("name") == Some(name));
    Ok(found.and_then(|it| it.attribute("value")).map(str::to_owned))
}
