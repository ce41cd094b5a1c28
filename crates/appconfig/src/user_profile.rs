//! `user_profile`: what is known about users, and who may see and change it.

use crate::section::{choice, section};
use crate::text;

section! {
    /// Standard and custom attributes.
    pub struct UserProfileConfig {
        standard_attributes: StandardAttributes = StandardAttributes::default(),
        custom_attributes: CustomAttributes = CustomAttributes::default(),
    }

    /// The standard claims (OpenID Connect Core §5.1).
    pub struct StandardAttributes {
        population: AttributePopulation = AttributePopulation::default(),
        ..
        /// Names every standard attribute in a resolved configuration.
        access_control: Vec<StandardAttributeAccess>,
    }

    /// Whether identities fill in attributes.
    pub struct AttributePopulation {
        strategy: PopulationStrategy = PopulationStrategy::default(),
    }

    /// Who may do what with one standard attribute.
    pub struct StandardAttributeAccess {
        pointer: StandardAttribute = StandardAttribute::default(),
        ..
        access_control: AttributeAccess,
    }

    /// Who may do what with an attribute. Not every combination makes sense.
    #[schemars(extend("enum" = sensible_access()))]
    pub struct AttributeAccess {
        ..
        /// The user, in their settings. Present in a resolved configuration, like the others.
        end_user: Option<AccessLevel>,
        /// Whoever holds an access token.
        bearer: Option<AccessLevel>,
        /// Administrators.
        portal_ui: Option<AccessLevel>,
    }

    /// Attributes of the project's own.
    pub struct CustomAttributes {
        ..
        attributes: Vec<CustomAttribute>,
    }
}

/// One attribute of the project's own.
#[derive(
    Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
)]
#[serde(default)]
#[schemars(extend("required" = ["id", "pointer", "type"], "allOf" = by_type()))]
pub struct CustomAttribute {
    #[schemars(length(min = 1))]
    pub id: String,
    #[schemars(with = "text::CustomAttributePointer", extend("not" = { "enum": RESERVED }))]
    pub pointer: String,
    #[serde(rename = "type")]
    pub kind: CustomAttributeType,
    pub access_control: AttributeAccess,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub minimum: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "serde_json::Value")]
    pub maximum: Option<f64>,
    #[serde(rename = "enum", skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "serde_json::Value")]
    pub choices: Vec<String>,
}

choice! {
    /// When identities fill in attributes.
    pub enum PopulationStrategy {
        OnSignup = "on_signup",
        None = "none",
    }

    /// What someone may do with an attribute.
    pub enum AccessLevel {
        Hidden = "hidden",
        ReadOnly = "readonly",
        ReadWrite = "readwrite",
    }

    /// What a custom attribute holds.
    pub enum CustomAttributeType {
        String = "string",
        Number = "number",
        Integer = "integer",
        Enum = "enum",
        PhoneNumber = "phone_number",
        Email = "email",
        Url = "url",
        CountryCode = "country_code",
    }

    /// The standard attributes: ten that users see unless told otherwise, then six hidden.
    pub enum StandardAttribute {
        Email = "/email",
        PhoneNumber = "/phone_number",
        PreferredUsername = "/preferred_username",
        FamilyName = "/family_name",
        GivenName = "/given_name",
        Picture = "/picture",
        Gender = "/gender",
        Birthdate = "/birthdate",
        Zoneinfo = "/zoneinfo",
        Locale = "/locale",
        Name = "/name",
        Nickname = "/nickname",
        MiddleName = "/middle_name",
        Profile = "/profile",
        Website = "/website",
        Address = "/address",
    }
}

/// Claims that an attribute of the project's own would shadow.
const RESERVED: &[&str] = &[
    "/iss",
    "/sub",
    "/aud",
    "/exp",
    "/nbf",
    "/iat",
    "/jti",
    "/email",
    "/email_verified",
    "/phone_number",
    "/phone_number_verified",
    "/preferred_username",
    "/family_name",
    "/given_name",
    "/picture",
    "/gender",
    "/birthdate",
    "/zoneinfo",
    "/locale",
    "/name",
    "/nickname",
    "/middle_name",
    "/profile",
    "/website",
    "/address",
    "/updated_at",
];

/// The combinations in which nobody sees more than those who run the project.
fn sensible_access() -> Vec<serde_json::Value> {
    use AccessLevel::{Hidden, ReadOnly, ReadWrite};
    [
        (Hidden, Hidden, Hidden),
        (Hidden, Hidden, ReadOnly),
        (Hidden, Hidden, ReadWrite),
        (Hidden, ReadOnly, ReadOnly),
        (Hidden, ReadOnly, ReadWrite),
        (ReadOnly, ReadOnly, ReadOnly),
        (ReadOnly, ReadOnly, ReadWrite),
        (ReadWrite, ReadOnly, ReadWrite),
    ]
    .map(|(user, bearer, portal)| {
        serde_json::json!({ "end_user": user, "bearer": bearer, "portal_ui": portal })
    })
    .to_vec()
}

/// The keys that only some types of custom attribute have.
fn by_type() -> serde_json::Value {
    let bounds = |kind: &str| {
        let bound = serde_json::json!({ "type": kind });
        serde_json::json!({
            "if": { "properties": { "type": { "const": kind } } },
            "then": { "properties": { "minimum": bound, "maximum": bound } },
        })
    };
    serde_json::json!([
        bounds("number"),
        bounds("integer"),
        {
            "if": { "properties": { "type": { "const": "enum" } } },
            "then": {
                "properties": {
                    "enum": {
                        "type": "array",
                        "items": { "type": "string", "pattern": "^[a-zA-Z0-9_]*$", "minLength": 1 },
                        "minItems": 1,
                        "uniqueItems": true,
                    },
                },
                "required": ["enum"],
            },
        },
    ])
}

impl AttributeAccess {
    fn of(user: AccessLevel, bearer: AccessLevel, portal: AccessLevel) -> Self {
        Self { end_user: Some(user), bearer: Some(bearer), portal_ui: Some(portal) }
    }

    pub fn end_user(&self) -> AccessLevel {
        self.end_user.unwrap_or_default()
    }

    pub fn bearer(&self) -> AccessLevel {
        self.bearer.unwrap_or_default()
    }

    pub fn portal_ui(&self) -> AccessLevel {
        self.portal_ui.unwrap_or_default()
    }
}

impl StandardAttributes {
    fn resolve(&mut self) {
        use AccessLevel::{Hidden, ReadOnly, ReadWrite};
        for (index, pointer) in StandardAttribute::ALL.iter().copied().enumerate() {
            if self.access_control.iter().all(|it| it.pointer != pointer) {
                let access_control = if index < 10 {
                    AttributeAccess::of(ReadWrite, ReadOnly, ReadWrite)
                } else {
                    AttributeAccess::of(Hidden, Hidden, Hidden)
                };
                self.access_control.push(StandardAttributeAccess { pointer, access_control });
            }
        }
    }
}

impl UserProfileConfig {
    pub(crate) fn resolve(&mut self) {
        self.standard_attributes.resolve();
        for attribute in &mut self.custom_attributes.attributes {
            let access = &mut attribute.access_control;
            access.end_user.get_or_insert(AccessLevel::Hidden);
            access.bearer.get_or_insert(AccessLevel::Hidden);
            access.portal_ui.get_or_insert(AccessLevel::ReadWrite);
        }
    }
}
