//! Rows of `_auth_identity` joined with the tables of all kinds, and back into identities.

use domain::{
    AnonymousIdentity, BiometricIdentity, Identity, IdentityBase, IdentityId, IdentityType,
    LdapIdentity, LoginId, LoginIdType, OAuthIdentity, OAuthProviderId, PasskeyIdentity, UserId,
};
use serde_json::Value;

use crate::db::Row;
use crate::{Result, StoreError};

/// What a statement must select to read an identity of whatever kind.
macro_rules! identity_columns {
    () => {
        "i.id AS identity_id, i.type AS identity_type, i.user_id AS identity_user_id,
         i.created_at AS identity_created_at, i.updated_at AS identity_updated_at,
         l.login_id_key, l.login_id_type, l.login_id, l.original_login_id, l.unique_key,
         l.claims AS login_id_claims,
         o.provider_type, o.provider_keys, o.provider_user_id, o.profile,
         o.claims AS oauth_claims,
         d.server_name, d.user_id_attribute_name, d.user_id_attribute_value, d.raw_entry_json,
         d.last_login_username, d.claims AS ldap_claims,
         n.key_id AS anonymous_key_id, n.key AS anonymous_key,
         b.key_id AS biometric_key_id, b.key AS biometric_key, b.device_info,
         p.credential_id AS passkey_credential_id,
         p.creation_options AS passkey_creation_options,
         p.attestation_response AS passkey_attestation_response "
    };
}
pub(crate) use identity_columns;

/// The joins that [`identity_columns`] needs; `i` is `_auth_identity`.
macro_rules! identity_joins {
    () => {
        " LEFT JOIN _auth_identity_login_id l ON i.type = 'login_id' AND l.id = i.id
          LEFT JOIN _auth_identity_oauth o ON i.type = 'oauth' AND o.id = i.id
          LEFT JOIN _auth_identity_ldap d ON i.type = 'ldap' AND d.id = i.id
          LEFT JOIN _auth_identity_anonymous n ON i.type = 'anonymous' AND n.id = i.id
          LEFT JOIN _auth_identity_biometric b ON i.type = 'biometric' AND b.id = i.id
          LEFT JOIN _auth_identity_passkey p ON i.type = 'passkey' AND p.id = i.id "
    };
}
pub(crate) use identity_joins;

/// The identity of a row; `None` for a kind that we do not offer, or one without its own row.
pub(crate) fn identity_from_row(row: &Row) -> Result<Option<Identity>> {
    let r#type = IdentityType::parse(&row.text("identity_type")?)
        .ok_or(StoreError::Corrupt("identity type"))?;
    let base = base_from_row(row)?;
    let own = match r#type {
        IdentityType::LoginId => "login_id",
        IdentityType::OAuth => "provider_type",
        IdentityType::Ldap => "server_name",
        IdentityType::Passkey => "passkey_credential_id",
        IdentityType::Biometric => "biometric_key_id",
        // A person without a key has a row of nulls.
        IdentityType::Anonymous => {
            return Ok(Some(Identity::Anonymous(anonymous_from_row(row, base)?)));
        }
        IdentityType::Siwe => return Ok(None),
    };
    if row.maybe_text(own)?.is_none() {
        return Ok(None);
    }
    Ok(Some(match r#type {
        IdentityType::LoginId => Identity::LoginId(login_id_from_row(row, base)?),
        IdentityType::OAuth => Identity::OAuth(oauth_from_row(row, base)?),
        IdentityType::Ldap => Identity::Ldap(ldap_from_row(row, base)?),
        IdentityType::Passkey => Identity::Passkey(passkey_from_row(row, base)?),
        IdentityType::Biometric => Identity::Biometric(biometric_from_row(row, base)?),
        IdentityType::Anonymous | IdentityType::Siwe => return Ok(None),
    }))
}

fn base_from_row(row: &Row) -> Result<IdentityBase> {
    Ok(IdentityBase {
        id: IdentityId::new(row.text("identity_id")?),
        user_id: UserId::new(row.text("identity_user_id")?),
        created_at: row.time("identity_created_at")?,
        updated_at: row.time("identity_updated_at")?,
    })
}

fn login_id_from_row(row: &Row, base: IdentityBase) -> Result<LoginId> {
    Ok(LoginId {
        base,
        key: row.text("login_id_key")?,
        r#type: LoginIdType::parse(&row.text("login_id_type")?)
            .ok_or(StoreError::Corrupt("login_id_type"))?,
        login_id: row.text("login_id")?,
        original_login_id: row.text("original_login_id")?,
        unique_key: row.text("unique_key")?,
        claims: row.object("login_id_claims")?,
    })
}

fn oauth_from_row(row: &Row, base: IdentityBase) -> Result<OAuthIdentity> {
    Ok(OAuthIdentity {
        base,
        provider: OAuthProviderId::new(row.text("provider_type")?, row.object("provider_keys")?),
        subject: row.text("provider_user_id")?,
        profile: row.object("profile")?,
        claims: row.object("oauth_claims")?,
    })
}

/// The identity at a provider of a row that has no other columns.
pub(crate) fn oauth_identity_from_row(row: &Row) -> Result<Identity> {
    Ok(Identity::OAuth(oauth_from_row(row, base_from_row(row)?)?))
}

fn ldap_from_row(row: &Row, base: IdentityBase) -> Result<LdapIdentity> {
    Ok(LdapIdentity {
        base,
        server_name: row.text("server_name")?,
        user_id_attribute_name: row.text("user_id_attribute_name")?,
        user_id_attribute_value: row.bytes("user_id_attribute_value")?,
        claims: row.object("ldap_claims")?,
        raw_entry: row.object("raw_entry_json")?,
        last_login_username: row.maybe_text("last_login_username")?,
    })
}

fn anonymous_from_row(row: &Row, base: IdentityBase) -> Result<AnonymousIdentity> {
    // Upstream writes an empty id for somebody without a key.
    let key_id = row.maybe_text("anonymous_key_id")?.filter(|id| !id.is_empty());
    let key = row.maybe_json("anonymous_key")?.filter(|key| !key.is_null());
    Ok(AnonymousIdentity { base, key_id, key })
}

fn passkey_from_row(row: &Row, base: IdentityBase) -> Result<PasskeyIdentity> {
    Ok(PasskeyIdentity {
        base,
        credential_id: row.text("passkey_credential_id")?,
        creation_options: row.json("passkey_creation_options")?,
        attestation_response: row.json("passkey_attestation_response")?,
    })
}

fn biometric_from_row(row: &Row, base: IdentityBase) -> Result<BiometricIdentity> {
    Ok(BiometricIdentity {
        base,
        key_id: row.text("biometric_key_id")?,
        key: row.json("biometric_key")?,
        device_info: row.maybe_json("device_info")?.unwrap_or(Value::Null),
    })
}
