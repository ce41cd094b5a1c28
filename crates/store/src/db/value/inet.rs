//! PostgreSQL's `inet`, which sqlx speaks only with one more dependency.

use std::net::IpAddr;

use sqlx::encode::IsNull;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArgumentBuffer, PgTypeInfo, PgValueRef, Postgres};

/// An address as a value of PostgreSQL.
pub(in crate::db) struct Inet(pub(super) IpAddr);

pub(in crate::db) fn to_postgres_ip(ip: IpAddr) -> Inet {
    Inet(ip)
}

/// The wire format: family, prefix length, "is a cidr", length, bytes.
const IPV4: u8 = 2;
const IPV6: u8 = 3;

impl sqlx::Type<Postgres> for Inet {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_name("inet")
    }
}

impl sqlx::Encode<'_, Postgres> for Inet {
    fn encode_by_ref(
        &self,
        buffer: &mut PgArgumentBuffer,
    ) -> std::result::Result<IsNull, BoxDynError> {
        match self.0 {
            IpAddr::V4(ip) => {
                buffer.extend([IPV4, 32, 0, 4]);
                buffer.extend(ip.octets());
            }
            IpAddr::V6(ip) => {
                buffer.extend([IPV6, 128, 0, 16]);
                buffer.extend(ip.octets());
            }
        }
        Ok(IsNull::No)
    }
}

impl sqlx::Decode<'_, Postgres> for Inet {
    fn decode(value: PgValueRef<'_>) -> std::result::Result<Self, BoxDynError> {
        match value.as_bytes()? {
            [IPV4, _, _, 4, octets @ ..] => Ok(Self(<[u8; 4]>::try_from(octets)?.into())),
            [IPV6, _, _, 16, octets @ ..] => Ok(Self(<[u8; 16]>::try_from(octets)?.into())),
            _ => Err("not an inet value".into()),
        }
    }
}
