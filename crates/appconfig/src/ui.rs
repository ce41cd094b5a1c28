//! `ui`: the hosted pages.

mod phone_input;

pub(crate) use phone_input::Alpha2;
pub use phone_input::{
    Libphonenumber, PhoneInput, PhoneValidation, PhoneValidationImplementation,
    PhoneValidationMethod,
};

use crate::client::FlowReference;
use crate::flow::RecoveryChannel;
use crate::section::{choice, section};
use crate::text;

section! {
    /// What the hosted pages look like and where they lead.
    pub struct UiConfig {
        phone_input: PhoneInput = PhoneInput::default(),
        forgot_password: UiForgotPassword = UiForgotPassword::default(),
        authentication_flow: UiAuthenticationFlow = UiAuthenticationFlow::default(),
        ..
        signup_login_flow_enabled: bool,
        passkey_upselling_opt_out_enabled: bool,
        dark_theme_disabled: bool,
        light_theme_disabled: bool,
        watermark_disabled: bool,
        /// The pages can only be reached from a client.
        direct_access_disabled: bool,
        #[schemars(with = "text::Uri")]
        default_client_uri: Option<String>,
        #[schemars(with = "text::Uri")]
        default_redirect_uri: Option<String>,
        #[schemars(with = "text::Uri")]
        brand_page_uri: Option<String>,
        #[schemars(with = "text::Uri")]
        default_post_logout_redirect_uri: Option<String>,
        authentication_disabled: bool,
        settings_disabled: bool,
        /// No longer has an effect.
        implementation: Option<UiImplementation>,
        /// No longer has an effect.
        settings_implementation: Option<SettingsImplementation>,
    }

    /// By which channels a lost password is replaced.
    pub struct UiForgotPassword {
        phone: Vec<RecoveryChannel> = vec![RecoveryChannel::SMS_CODE],
        email: Vec<RecoveryChannel> = vec![RecoveryChannel::EMAIL_LINK],
    }

    /// Which flows the pages run.
    pub struct UiAuthenticationFlow {
        ..
        groups: Vec<UiFlowGroup>,
    }

    /// Flows under one name; a client asks for the group.
    #[schemars(extend("required" = ["name", "flows"]))]
    pub struct UiFlowGroup {
        #[schemars(with = "text::ObjectName")]
        name: String = String::new(),
        ..
        flows: Vec<FlowReference>,
    }
}

choice! {
    /// Generations of the pages.
    pub enum UiImplementation {
        AuthflowV2 = "authflowv2",
        Interaction = "interaction",
        Authflow = "authflow",
    }

    /// Generations of the settings pages.
    pub enum SettingsImplementation {
        V2 = "v2",
        V1 = "v1",
    }
}

impl UiAuthenticationFlow {
    pub fn find_group(&self, name: &str) -> Option<&UiFlowGroup> {
        self.groups.iter().find(|group| group.name == name)
    }
}
