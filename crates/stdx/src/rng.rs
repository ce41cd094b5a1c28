//! Randomness, from the operating system or from a seed.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;

use crate::{base64url, hex};

/// The only source of randomness. Clones share one stream.
#[derive(Clone)]
pub struct Rng(Source);

#[derive(Clone)]
enum Source {
    System,
    /// Blocks of SHA-256 over seed and counter: the same on every machine.
    Seeded(u64, Arc<AtomicU64>),
}

impl Rng {
    /// The operating system's generator.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A stream that a test can foresee. Never for production.
    pub fn seeded(seed: u64) -> Self {
        Self(Source::Seeded(seed, Arc::new(AtomicU64::new(0))))
    }

    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.0 {
            Source::System => {
                aws_lc_rs::rand::fill(&mut bytes).expect("the operating system has randomness");
            }
            Source::Seeded(seed, counter) => {
                for chunk in bytes.chunks_mut(32) {
                    let count = counter.fetch_add(1, Ordering::Relaxed);
                    let mut block = [0; 16];
                    block[..8].copy_from_slice(&seed.to_be_bytes());
                    block[8..].copy_from_slice(&count.to_be_bytes());
                    let block = digest::digest(&digest::SHA256, &block);
                    chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
                }
            }
        }
        bytes
    }

    /// An opaque token of 256 bits, base64url.
    pub fn token(&self) -> String {
        base64url(&self.bytes::<32>())
    }

    /// A version 4 UUID (RFC 9562 §5.4), hyphenated lower case.
    pub fn uuid(&self) -> String {
        let mut bytes = self.bytes::<16>();
        bytes[6] = bytes[6] & 0x0f | 0x40;
        bytes[8] = bytes[8] & 0x3f | 0x80;
        let text = hex(&bytes);
        [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
    }

    /// `length` decimal digits, each equally likely.
    pub fn digits(&self, length: usize) -> String {
        let mut digits = String::with_capacity(length);
        while digits.len() < length {
            // 250 is the largest multiple of ten in a byte: beyond it the low digits would win.
            let fair = self.bytes::<32>().into_iter().filter(|byte| *byte < 250);
            digits
                .extend(fair.take(length - digits.len()).map(|byte| char::from(b'0' + byte % 10)));
        }
        digits
    }
}

impl fmt::Debug for Rng {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Rng")
    }
}
