//! The formats of password hashes: argon2id, bcrypt, and upstream's bcrypt over SHA-512.
//!
//! Argon2id is written as a PHC string. Upstream's own format is `$bcrypt-sha512$` and a bcrypt
//! hash of the digest; it can still be written, for those who may go back.

use argon2::{Algorithm, Argon2, Block, Params, Version};
use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// Upstream's cost, which is also bcrypt's customary one.
const BCRYPT_COST: u32 = 10;

/// Bytes of the hash itself.
const OUTPUT_BYTES: usize = 32;

const BCRYPT_SHA512: &str = "$bcrypt-sha512$";

/// A hash that asks for more memory was not written by us, and would stop the server.
const MEMORY_KIB_MAX: u32 = 256 * 1024;

/// More than this, in blocks of a kibibyte, is given back after use.
const KEPT_BLOCKS_MAX: usize = 64 * 1024;

/// How new hashes are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashFormat {
    Argon2id(Argon2Cost),
    /// What upstream writes.
    BcryptSha512,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    pub memory_kib: u32,
    pub iterations: u32,
    pub parallelism: u32,
}

impl Argon2Cost {
    pub(super) const LOWEST: Self = Self { memory_kib: 8, iterations: 1, parallelism: 1 };
}

impl Default for HashFormat {
    fn default() -> Self {
        Self::Argon2id(Argon2Cost { memory_kib: 19_456, iterations: 2, parallelism: 1 })
    }
}

impl HashFormat {
    /// `None` when the machine or the settings do not allow it.
    pub(super) fn hash(
        self,
        password: &[u8],
        salt: &[u8; 16],
        memory: &mut Memory,
    ) -> Option<String> {
        match self {
            Self::Argon2id(cost) => {
                let output = memory.argon2id(password, salt, cost, OUTPUT_BYTES)?;
                let Argon2Cost { memory_kib, iterations, parallelism } = cost;
                let (salt, output) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(output));
                Some(format!(
                    "$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${output}"
                ))
            }
            Self::BcryptSha512 => {
                let parts = bcrypt::hash_with_salt(sha512(password), BCRYPT_COST, *salt).ok()?;
                let hash = parts.format_for_version(bcrypt::Version::TwoA);
                Some(format!("{BCRYPT_SHA512}{hash}"))
            }
        }
    }

    /// Whether a hash is as one that would be written today.
    pub(super) fn is_format_of(self, hash: &str) -> bool {
        match self {
            Self::Argon2id(cost) => parse_argon2id(hash).is_some_and(|it| it.cost == cost),
            Self::BcryptSha512 => hash.starts_with(BCRYPT_SHA512),
        }
    }
}

/// A hash that cannot be read matches nothing.
pub(super) fn matches(password: &[u8], hash: &str, memory: &mut Memory) -> bool {
    if let Some(hash) = hash.strip_prefix(BCRYPT_SHA512) {
        return bcrypt::verify(sha512(password), hash).unwrap_or(false);
    }
    if let Some(expected) = parse_argon2id(hash) {
        let length = expected.output.len();
        let output = memory.argon2id(password, &expected.salt, expected.cost, length);
        return output.is_some_and(|output| stdx::constant_time_eq(&output, &expected.output));
    }
    bcrypt::verify(password, hash).unwrap_or(false)
}

/// Whether a hash is bcrypt's, or upstream's over SHA-512: what can be brought along from elsewhere.
pub(crate) fn is_bcrypt(hash: &str) -> bool {
    hash.strip_prefix(BCRYPT_SHA512).unwrap_or(hash).parse::<bcrypt::HashParts>().is_ok()
}

struct ParsedArgon2id {
    cost: Argon2Cost,
    salt: Vec<u8>,
    output: Vec<u8>,
}

fn parse_argon2id(hash: &str) -> Option<ParsedArgon2id> {
    let rest = hash.strip_prefix("$argon2id$v=19$")?;
    let mut parts = rest.split('$');
    let (costs, salt, output) = (parts.next()?, parts.next()?, parts.next()?);
    let mut costs = costs.split(',');
    let mut cost = |name| costs.next()?.strip_prefix(name)?.parse::<u32>().ok();
    let cost =
        Argon2Cost { memory_kib: cost("m=")?, iterations: cost("t=")?, parallelism: cost("p=")? };
    let is_whole = parts.next().is_none() && cost.memory_kib <= MEMORY_KIB_MAX;
    let (salt, output) = (STANDARD_NO_PAD.decode(salt).ok()?, STANDARD_NO_PAD.decode(output).ok()?);
    is_whole.then_some(ParsedArgon2id { cost, salt, output })
}

/// The memory that argon2id fills, kept by each thread: the system would hand it out page by page.
#[derive(Default)]
pub(super) struct Memory(Vec<Block>);

impl Memory {
    fn argon2id(
        &mut self,
        password: &[u8],
        salt: &[u8],
        cost: Argon2Cost,
        length: usize,
    ) -> Option<Vec<u8>> {
        let Argon2Cost { memory_kib, iterations, parallelism } = cost;
        let params = Params::new(memory_kib, iterations, parallelism, Some(length)).ok()?;
        let blocks = params.block_count();
        if self.0.len() < blocks {
            self.0.resize(blocks, Block::default());
        }
        let mut output = vec![0; length];
        let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into_with_memory(password, salt, &mut output, &mut self.0[..blocks]);
        if self.0.len() > KEPT_BLOCKS_MAX {
            self.0 = Vec::new();
        }
        hashed.ok().map(|()| output)
    }
}

fn sha512(password: &[u8]) -> Vec<u8> {
    digest::digest(&digest::SHA512, password).as_ref().to_vec()
}
