//! People.

use serde_json::{Map, Value};
use stdx::Timestamp;

stdx::id_type! {
    /// A person within one project: the `sub` of every token about them.
    UserId,
}

/// Standard or custom attributes: names and JSON values.
pub type Attributes = Map<String, Value>;

/// One person, as the account table keeps them.
#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub id: UserId,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
    /// The most recent sign-in.
    pub login_at: Option<Timestamp>,
    /// The sign-in before that: what "last signed in" shows.
    pub last_login_at: Option<Timestamp>,
    pub is_disabled: bool,
    pub disable_reason: Option<String>,
    /// Disabled by the person, as a step towards deletion.
    pub is_deactivated: bool,
    pub delete_at: Option<Timestamp>,
    pub is_anonymized: bool,
    pub anonymize_at: Option<Timestamp>,
    pub temporarily_disabled_from: Option<Timestamp>,
    pub temporarily_disabled_until: Option<Timestamp>,
    pub account_valid_from: Option<Timestamp>,
    pub account_valid_until: Option<Timestamp>,
    pub mfa_grace_period_end_at: Option<Timestamp>,
    /// OpenID Connect Core §5.1 claims.
    pub standard_attributes: Attributes,
    /// Keyed by attribute id, not by pointer.
    pub custom_attributes: Attributes,
}

/// Whether an account may be used, and why not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountStatus {
    Normal,
    /// By an administrator, with their reason if they gave one.
    Disabled {
        reason: Option<String>,
    },
    Deactivated,
    ScheduledDeletion {
        at: Timestamp,
        by_the_person: bool,
    },
    Anonymized,
    ScheduledAnonymization {
        at: Timestamp,
    },
    /// Before or after the period for which the account was opened.
    OutsideValidPeriod,
}

impl User {
    /// A person who has done nothing yet.
    pub fn new(id: UserId, now: Timestamp) -> Self {
        Self {
            id,
            created_at: now,
            updated_at: now,
            login_at: None,
            last_login_at: None,
            is_disabled: false,
            disable_reason: None,
            is_deactivated: false,
            delete_at: None,
            is_anonymized: false,
            anonymize_at: None,
            temporarily_disabled_from: None,
            temporarily_disabled_until: None,
            account_valid_from: None,
            account_valid_until: None,
            mfa_grace_period_end_at: None,
            standard_attributes: Attributes::new(),
            custom_attributes: Attributes::new(),
        }
    }

    /// Derived at `now`, so that a temporary state ends by itself.
    pub fn status(&self, now: Timestamp) -> AccountStatus {
        if self.is_anonymized {
            return AccountStatus::Anonymized;
        }
        if let Some(at) = self.delete_at {
            return AccountStatus::ScheduledDeletion { at, by_the_person: self.is_deactivated };
        }
        if self.is_deactivated {
            return AccountStatus::Deactivated;
        }
        if let Some(at) = self.anonymize_at {
            return AccountStatus::ScheduledAnonymization { at };
        }
        let too_early = self.account_valid_from.is_some_and(|from| now < from);
        let too_late = self.account_valid_until.is_some_and(|until| now >= until);
        if too_early || too_late {
            return AccountStatus::OutsideValidPeriod;
        }
        if self.is_disabled_at(now) {
            return AccountStatus::Disabled { reason: self.disable_reason.clone() };
        }
        AccountStatus::Normal
    }

    /// Whether the person may sign in and keep using what they signed in to.
    pub fn is_usable(&self, now: Timestamp) -> bool {
        self.status(now) == AccountStatus::Normal
    }

    fn is_disabled_at(&self, now: Timestamp) -> bool {
        match (self.temporarily_disabled_from, self.temporarily_disabled_until) {
            (Some(from), Some(until)) => from <= now && now < until,
            _ => self.is_disabled,
        }
    }
}
