//! Settings actions: an app has one thing of an account changed on our pages, and gets the person
//! back (upstream's `sdk-settings-actions.md`).

use crate::Params;

/// What is to be changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SettingsAction {
    ChangePassword,
    DeleteAccount,
    AddEmail,
    AddPhone,
    AddUsername,
    ChangeEmail,
    ChangePhone,
    ChangeUsername,
    LinkOAuth,
    UnlinkOAuth,
}

impl SettingsAction {
    pub const ALL: [Self; 10] = [
        Self::ChangePassword,
        Self::DeleteAccount,
        Self::AddEmail,
        Self::AddPhone,
        Self::AddUsername,
        Self::ChangeEmail,
        Self::ChangePhone,
        Self::ChangeUsername,
        Self::LinkOAuth,
        Self::UnlinkOAuth,
    ];

    /// The value of `x_settings_action`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ChangePassword => "change_password",
            Self::DeleteAccount => "delete_account",
            Self::AddEmail => "add_email",
            Self::AddPhone => "add_phone",
            Self::AddUsername => "add_username",
            Self::ChangeEmail => "change_email",
            Self::ChangePhone => "change_phone",
            Self::ChangeUsername => "change_username",
            Self::LinkOAuth => "link_oauth",
            Self::UnlinkOAuth => "unlink_oauth",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|it| it.as_str() == text)
    }

    /// Whether it needs the alias of a provider.
    pub const fn is_about_provider(self) -> bool {
        matches!(self, Self::LinkOAuth | Self::UnlinkOAuth)
    }
}

/// The login ID that `x_settings_action_query` names.
///
/// SDKs in JavaScript write the word `undefined` when there is none.
pub fn login_id_of(query: &str) -> Option<String> {
    let params = Params::parse(query.strip_prefix('?').unwrap_or(query)).ok()?;
    params.owned("q_login_id").filter(|it| it != "undefined")
}

#[cfg(test)]
mod tests {
    use super::{SettingsAction, login_id_of};

    #[test]
    fn every_action_is_read_as_it_is_written() {
        for action in SettingsAction::ALL {
            assert_eq!(SettingsAction::parse(action.as_str()), Some(action));
        }
        assert_eq!(SettingsAction::parse("manage_mfa"), None);
    }

    #[test]
    fn a_login_id_is_there_or_not() {
        assert_eq!(
            login_id_of("q_login_id=a%2Bb%40example.com").as_deref(),
            Some("a+b@example.com")
        );
        assert_eq!(login_id_of("q_login_id=undefined"), None);
        assert_eq!(login_id_of("q_login_id="), None);
        assert_eq!(login_id_of("other=1"), None);
        assert_eq!(login_id_of(""), None);
    }
}
