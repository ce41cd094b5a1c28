//! What people say of themselves: standard claims (OpenID Connect Core §5.1) and the project's own.
//!
//! Every reader and writer is a party, and the project says attribute by attribute what a party
//! may do. Email address, phone number and username are never free text: each is one that the
//! person signs in with, and follows the identities when they change.

mod custom;
mod format;
mod standard;
#[cfg(test)]
mod tests;

use appconfig::user_profile::{AccessLevel, AttributeAccess, UserProfileConfig};
use ctx::Ctx;
use domain::{Attributes, Identity, SHARED_CLAIMS, User, UserId};
use serde_json::{Value, json};
use store::Tx;

use crate::AccountError;

pub use custom::{parse_custom, shown_custom};
pub(crate) use format::is_phone_number;
pub use standard::shown_standard;

/// Who is reading or writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Party {
    /// The person, in their settings.
    EndUser,
    /// Whoever holds a session or an access token of theirs.
    Bearer,
    /// An administrator in the portal.
    PortalUi,
    /// The Admin API, and we ourselves: nothing is hidden from them.
    AdminApi,
}

/// One attribute that becomes something else, or nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// A JSON pointer (RFC 6901): `/given_name`, `/address/country`.
    pub pointer: String,
    pub value: Option<Value>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Updated {
    Updated(Box<User>),
    Refused(AttributeRefusal),
}

/// Why an attribute cannot become that.
#[derive(Clone, Debug, PartialEq)]
pub enum AttributeRefusal {
    /// The party may not write it.
    AccessControl { pointer: String, party: Party, level: AccessLevel },
    /// There is no such attribute.
    Unknown { pointer: String },
    /// The value is not of its type: the keyword of JSON Schema that it breaks, and with what.
    Invalid { pointer: String, keyword: &'static str, details: Value },
    /// The address, number or name is none of the person's own.
    NotOwned { pointer: String },
}

impl Change {
    pub fn new(pointer: &str, value: Option<Value>) -> Self {
        Self { pointer: pointer.to_owned(), value }
    }

    /// What a form field says: an empty one removes the attribute.
    pub fn from_form(pointer: &str, text: &str) -> Self {
        Self::new(pointer, (!text.is_empty()).then(|| json!(text)))
    }
}

impl Party {
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EndUser => "end_user",
            Self::Bearer => "bearer",
            Self::PortalUi => "portal_ui",
            Self::AdminApi => "admin_api",
        }
    }

    fn level(self, access: &AttributeAccess) -> AccessLevel {
        match self {
            Self::EndUser => access.end_user(),
            Self::Bearer => access.bearer(),
            Self::PortalUi => access.portal_ui(),
            Self::AdminApi => AccessLevel::ReadWrite,
        }
    }
}

impl AttributeRefusal {
    /// Which attribute it is about.
    pub fn pointer(&self) -> &str {
        match self {
            Self::AccessControl { pointer, .. }
            | Self::Unknown { pointer }
            | Self::Invalid { pointer, .. }
            | Self::NotOwned { pointer } => pointer,
        }
    }

    /// The stable name of the reason.
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::AccessControl { .. } => "AccessControlViolated",
            Self::Unknown { .. } | Self::Invalid { .. } | Self::NotOwned { .. } => {
                "ValidationFailed"
            }
        }
    }
}

/// Changes standard attributes on behalf of a party. A refusal writes nothing.
pub async fn update_standard(
    ctx: &Ctx,
    tx: &mut Tx,
    party: Party,
    user: &UserId,
    changes: &[Change],
) -> Result<Updated, AccountError> {
    let mut found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let owned = owned_values(tx, user).await?;
    let config = &ctx.app.config.user_profile;
    for change in changes {
        let current = &mut found.standard_attributes;
        if let Err(refusal) = standard::apply(config, party, &owned, current, change) {
            return Ok(Updated::Refused(refusal));
        }
    }
    owned.fill(&mut found.standard_attributes);
    found.updated_at = ctx.now;
    tx.users().set_standard_attributes(user, &found.standard_attributes, ctx.now).await?;
    Ok(Updated::Updated(Box::new(found)))
}

/// Changes the project's own attributes on behalf of a party. A refusal writes nothing.
pub async fn update_custom(
    ctx: &Ctx,
    tx: &mut Tx,
    party: Party,
    user: &UserId,
    changes: &[Change],
) -> Result<Updated, AccountError> {
    let mut found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let config = &ctx.app.config.user_profile;
    for change in changes {
        let current = &mut found.custom_attributes;
        if let Err(refusal) = custom::apply(config, party, current, change) {
            return Ok(Updated::Refused(refusal));
        }
    }
    found.updated_at = ctx.now;
    tx.users().set_custom_attributes(user, &found.custom_attributes, ctx.now).await?;
    Ok(Updated::Updated(Box::new(found)))
}

/// What is worked out when a person is shown, and cannot be written.
const DERIVED: [&str; 3] = ["email_verified", "phone_number_verified", "updated_at"];

/// Puts standard attributes, in the form in which they are shown, in the place of all that there
/// are. Nobody's access is asked for: it is the project that says so.
pub async fn replace_standard(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    attributes: &Attributes,
) -> Result<Updated, AccountError> {
    let found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let wanted = attributes.iter().filter(|(name, _)| !DERIVED.contains(&name.as_str()));
    let changes = replacing(found.standard_attributes.keys(), wanted);
    update_standard(ctx, tx, Party::AdminApi, user, &changes).await
}

/// The same for the project's own attributes.
pub async fn replace_custom(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    attributes: &Attributes,
) -> Result<Updated, AccountError> {
    let found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let config = &ctx.app.config.user_profile;
    let shown = shown_custom(config, Party::AdminApi, &found.custom_attributes);
    let changes = replacing(shown.keys(), attributes.iter());
    update_custom(ctx, tx, Party::AdminApi, user, &changes).await
}

/// The changes after which there is what is wanted, and nothing else.
fn replacing<'a>(
    present: impl Iterator<Item = &'a String>,
    wanted: impl Iterator<Item = (&'a String, &'a Value)>,
) -> Vec<Change> {
    let wanted: Vec<Change> =
        wanted.map(|(name, value)| Change::new(&format!("/{name}"), Some(value.clone()))).collect();
    let removed = present.map(|name| Change::new(&format!("/{name}"), None));
    let is_wanted = |it: &Change| wanted.iter().any(|wanted| wanted.pointer == it.pointer);
    let mut changes: Vec<Change> = removed.filter(|it| !is_wanted(it)).collect();
    changes.extend(wanted);
    changes
}

/// Changes the attributes of somebody who has no account yet: whatever `change` is about.
///
/// What the person will be known by is none of it; that follows from their identities.
pub fn apply_to(
    ctx: &Ctx,
    party: Party,
    change: &Change,
    standard: &mut Attributes,
    custom: &mut Attributes,
) -> Result<(), AttributeRefusal> {
    let config = &ctx.app.config.user_profile;
    match custom::apply(config, party, custom, change) {
        Err(AttributeRefusal::Unknown { .. }) => {
            standard::apply(config, party, &Owned(Vec::new()), standard, change)
        }
        applied => applied,
    }
}

/// Keeps what somebody filled in who has an account already. It was judged by [`apply_to`].
pub async fn fill_in(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    (standard, custom): (&Attributes, &Attributes),
) -> Result<(), AccountError> {
    if standard.is_empty() && custom.is_empty() {
        return Ok(());
    }
    let mut found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    found.standard_attributes.extend(standard.clone());
    found.custom_attributes.extend(custom.clone());
    tx.users().set_standard_attributes(user, &found.standard_attributes, ctx.now).await?;
    Ok(tx.users().set_custom_attributes(user, &found.custom_attributes, ctx.now).await?)
}

/// Keeps what others say of somebody, where nothing is known yet.
pub async fn learn<'a>(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
    told: impl Iterator<Item = &'a Attributes>,
) -> Result<(), AccountError> {
    let found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let mut attributes = found.standard_attributes.clone();
    for told in told {
        fill_gaps(&mut attributes, told);
    }
    if attributes != found.standard_attributes {
        tx.users().set_standard_attributes(user, &attributes, ctx.now).await?;
    }
    Ok(())
}

/// Takes what another party says of the person where nothing is known yet. What the person is
/// known by is none of it; that follows from their identities.
pub(crate) fn fill_gaps(attributes: &mut Attributes, told: &Attributes) {
    for (name, value) in told {
        if !SHARED_CLAIMS.contains(&name.as_str()) && !attributes.contains_key(name) {
            attributes.insert(name.clone(), value.clone());
        }
    }
}

/// Lets email address, phone number and username follow the identities, as they are now.
///
/// To be called whenever an identity came or went.
pub async fn follow_identities(
    ctx: &Ctx,
    tx: &mut Tx,
    user: &UserId,
) -> Result<Attributes, AccountError> {
    let found = tx.users().find(user).await?.ok_or(AccountError::Gone)?;
    let owned = owned_values(tx, user).await?;
    let mut attributes = found.standard_attributes.clone();
    owned.fill(&mut attributes);
    if attributes != found.standard_attributes {
        tx.users().set_standard_attributes(user, &attributes, ctx.now).await?;
    }
    Ok(attributes)
}

/// The values by which a person is known, with the name of the claim, newest first.
struct Owned(Vec<(&'static str, String)>);

async fn owned_values(tx: &mut Tx, user: &UserId) -> Result<Owned, AccountError> {
    let identities = tx.identities().list(user).await?;
    let newest_first = identities.iter().rev();
    let values = newest_first.flat_map(Identity::shared_claims);
    Ok(Owned(values.map(|(name, value)| (name, value.to_owned())).collect()))
}

impl Owned {
    /// Whether `name` may be `value`; attributes that are not the identities' may be anything.
    fn allows(&self, name: &str, value: &Value) -> bool {
        let is_coupled = SHARED_CLAIMS.contains(&name);
        !is_coupled || self.0.iter().any(|(it, owned)| *it == name && owned == value)
    }

    /// Drops what the person no longer owns, and fills what is missing with the newest.
    fn fill(&self, attributes: &mut Attributes) {
        for name in SHARED_CLAIMS {
            if attributes.get(name).is_some_and(|value| !self.allows(name, value)) {
                attributes.remove(name);
            }
            if !attributes.contains_key(name)
                && let Some((_, newest)) = self.0.iter().find(|(it, _)| *it == name)
            {
                attributes.insert(name.to_owned(), json!(newest));
            }
        }
    }
}

fn require_write(
    party: Party,
    access: &AttributeAccess,
    pointer: &str,
) -> Result<(), AttributeRefusal> {
    match party.level(access) {
        AccessLevel::ReadWrite => Ok(()),
        level @ (AccessLevel::Hidden | AccessLevel::ReadOnly) => {
            Err(AttributeRefusal::AccessControl { pointer: pointer.to_owned(), party, level })
        }
    }
}

fn may_read(party: Party, access: &AttributeAccess) -> bool {
    party.level(access) != AccessLevel::Hidden
}

/// The access that the project gives to a standard attribute, by its top-level name.
fn standard_access<'a>(config: &'a UserProfileConfig, name: &str) -> Option<&'a AttributeAccess> {
    let listed = config.standard_attributes.access_control.iter();
    let mut matching = listed.filter(|it| it.pointer.as_str().strip_prefix('/') == Some(name));
    matching.next().map(|it| &it.access_control)
}
