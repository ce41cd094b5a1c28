//! What becomes of accounts: deletion, anonymisation, linking, migration.

use crate::section::{choice, section};
use crate::session::SECONDS_MAX;
use crate::text;

section! {
    /// `account_deletion`
    pub struct AccountDeletion {
        /// Users may ask for it themselves.
        scheduled_by_end_user_enabled: bool = false,
        #[schemars(range(min = 1, max = 180))]
        grace_period_days: i64 = 30,
    }

    /// `account_anonymization`
    pub struct AccountAnonymization {
        #[schemars(range(min = 1, max = 180))]
        grace_period_days: i64 = 30,
    }

    /// `account_linking`: what happens when a new identity looks like an existing user's.
    pub struct AccountLinking {
        ..
        oauth: Vec<AccountLinkingOAuth>,
        login_id: Vec<AccountLinkingLoginId>,
    }

    /// A link from a claim of an identity provider to an attribute of a user.
    #[schemars(extend("required" = ["alias", "oauth_claim", "user_profile", "action"]))]
    pub struct AccountLinkingOAuth {
        alias: String = String::new(),
        oauth_claim: LinkingPointer = LinkingPointer::default(),
        user_profile: LinkingPointer = LinkingPointer::default(),
        action: AccountLinkingAction = AccountLinkingAction::default(),
        ..
        /// What flows call it by.
        name: Option<String>,
    }

    /// A link from a login ID to an attribute of a user.
    #[schemars(extend("required" = ["key", "user_profile", "action"]))]
    pub struct AccountLinkingLoginId {
        key: String = String::new(),
        user_profile: LinkingPointer = LinkingPointer::default(),
        action: AccountLinkingAction = AccountLinkingAction::default(),
        ..
        /// What flows call it by.
        name: Option<String>,
    }

    /// An attribute that identifies.
    #[schemars(extend("required" = ["pointer"]))]
    pub struct LinkingPointer {
        pointer: LinkingAttribute = LinkingAttribute::default(),
    }

    /// `account_migration`: users that another system still holds.
    pub struct AccountMigration {
        hook: AccountMigrationHook = AccountMigrationHook::default(),
        proof_of_phone_number_verification: ProofOfPhoneNumber = ProofOfPhoneNumber::default(),
    }

    /// Another system's word that a phone number was verified there.
    pub struct ProofOfPhoneNumber {
        hook: AccountMigrationHook = AccountMigrationHook::default(),
    }

    /// Whom to ask.
    pub struct AccountMigrationHook {
        /// In seconds.
        #[schemars(range(min = 0, max = SECONDS_MAX))]
        timeout: i64 = 5,
        ..
        #[schemars(with = "text::HookUri")]
        url: Option<String>,
    }
}

choice! {
    /// What happens on a match.
    pub enum AccountLinkingAction {
        Error = "error",
        LoginAndLink = "login_and_link",
    }

    /// Attributes by which users are matched.
    pub enum LinkingAttribute {
        Email = "/email",
        PhoneNumber = "/phone_number",
        PreferredUsername = "/preferred_username",
    }
}

impl LinkingAttribute {
    /// The claim of the same meaning.
    pub const fn claim(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::PhoneNumber => "phone_number",
            Self::PreferredUsername => "preferred_username",
        }
    }
}

impl AccountMigration {
    pub(crate) fn resolve(&mut self) {
        crate::resolve::or(&mut self.hook.timeout, 5);
        crate::resolve::or(&mut self.proof_of_phone_number_verification.hook.timeout, 5);
    }
}
