//! A person as pages show them: a name, a picture, the ways they are known.

use domain::{Attributes, Identity, LoginId, LoginIdType, UserOverview};
use serde_json::{Value, json};

/// What to call a person: the name that they gave, or else what they sign in with.
pub fn display_name(overview: &UserOverview) -> String {
    let attributes = &overview.user.standard_attributes;
    let full = || {
        let parts: Vec<&str> =
            ["given_name", "family_name"].iter().filter_map(|it| text(attributes, it)).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let claim = |name: &str| text(attributes, name).map(str::to_owned);
    claim("name")
        .or_else(full)
        .or_else(|| claim("nickname"))
        .or_else(|| claim("email"))
        .or_else(|| claim("phone_number"))
        .or_else(|| claim("preferred_username"))
        .or_else(|| login_ids(overview).next().map(|it| it.login_id.clone()))
        .unwrap_or_else(|| overview.user.id.as_str().to_owned())
}

/// A picture that a page may load.
pub fn picture_url(overview: &UserOverview) -> Option<&str> {
    let picture = text(&overview.user.standard_attributes, "picture")?;
    picture.starts_with("https://").then_some(picture)
}

/// The variable `account` of the templates.
pub fn shown(overview: &UserOverview) -> Value {
    let attributes = &overview.user.standard_attributes;
    json!({
        "user_id": overview.user.id.as_str(),
        "display_name": display_name(overview),
        "picture_url": picture_url(overview),
        "email": text(attributes, "email"),
        "phone_number": text(attributes, "phone_number"),
        "preferred_username": text(attributes, "preferred_username"),
    })
}

/// The login IDs of a person, oldest first.
pub fn login_ids(overview: &UserOverview) -> impl Iterator<Item = &LoginId> {
    overview.identities.iter().filter_map(|it| match &it.identity {
        Identity::LoginId(login_id) => Some(login_id),
        _ => None,
    })
}

/// The login ID that stands for the account beside a password: the primary one.
pub fn main_login_id(overview: &UserOverview) -> String {
    let attributes = &overview.user.standard_attributes;
    let mut claims = LoginIdType::ALL.iter().filter_map(|it| text(attributes, it.claim()));
    let primary = claims.next().map(str::to_owned);
    primary.unwrap_or_else(|| display_name(overview))
}

fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    attributes.get(name).and_then(Value::as_str).filter(|it| !it.is_empty())
}
