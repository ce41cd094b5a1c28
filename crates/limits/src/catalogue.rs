//! Every rate limit: its names, who it counts for, and where its numbers come from.
//!
//! A limit is a group of buckets, such as one for each address and one for each person and
//! address. The names are part of the API: clients and the audit log see them.

use Scope::{
    Cooldown, CooldownPerSession, PerClient, PerIp, PerProject, PerTarget, PerUser, PerUserPerIp,
};

/// What is being limited.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Limit {
    VerifyPassword,
    SendOobOtpEmail,
    VerifyOobOtpEmail,
    SendOobOtpSms,
    VerifyOobOtpSms,
    /// Counts as a text message, but for its cooldown.
    SendOobOtpWhatsapp,
    VerifyTotp,
    VerifyRecoveryCode,
    VerifyDeviceToken,
    VerifyPasskey,
    VerifySiwe,
    SignUp,
    SignUpAnonymous,
    /// Whether a login id is known.
    EnumerateAccounts,
    SendVerificationEmail,
    VerifyVerificationEmail,
    SendVerificationSms,
    VerifyVerificationSms,
    SendVerificationWhatsapp,
    SendForgotPasswordEmail,
    VerifyForgotPasswordEmail,
    SendForgotPasswordSms,
    VerifyForgotPasswordSms,
    SendForgotPasswordWhatsapp,
    /// Any text message, whatever it is for.
    SendSms,
    /// Any mail, whatever it is for.
    SendEmail,
    RequestToken,
    RequestClientCredentialsToken,
    /// One turn of a flow.
    WalkFlow,
    /// One request to the account management API.
    ManageAccount,
    UploadImage,
    /// Typing the code of a device (RFC 8628 §5.1).
    EnterDeviceCode,
}

/// Whom a bucket counts for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scope {
    PerIp,
    PerUser,
    PerUserPerIp,
    PerTarget,
    PerClient,
    PerProject,
    /// Once in a while for each target.
    Cooldown,
    /// Once in a while for each flow.
    CooldownPerSession,
}

impl Limit {
    pub const ALL: [Self; 32] = [
        Self::VerifyPassword,
        Self::SendOobOtpEmail,
        Self::VerifyOobOtpEmail,
        Self::SendOobOtpSms,
        Self::VerifyOobOtpSms,
        Self::SendOobOtpWhatsapp,
        Self::VerifyTotp,
        Self::VerifyRecoveryCode,
        Self::VerifyDeviceToken,
        Self::VerifyPasskey,
        Self::VerifySiwe,
        Self::SignUp,
        Self::SignUpAnonymous,
        Self::EnumerateAccounts,
        Self::SendVerificationEmail,
        Self::VerifyVerificationEmail,
        Self::SendVerificationSms,
        Self::VerifyVerificationSms,
        Self::SendVerificationWhatsapp,
        Self::SendForgotPasswordEmail,
        Self::VerifyForgotPasswordEmail,
        Self::SendForgotPasswordSms,
        Self::VerifyForgotPasswordSms,
        Self::SendForgotPasswordWhatsapp,
        Self::SendSms,
        Self::SendEmail,
        Self::RequestToken,
        Self::RequestClientCredentialsToken,
        Self::WalkFlow,
        Self::ManageAccount,
        Self::UploadImage,
        Self::EnterDeviceCode,
    ];

    /// The name of the group; empty for limits that are nobody's business but ours.
    pub const fn group(self) -> &'static str {
        match self {
            Self::VerifyPassword => "authentication.password",
            Self::SendOobOtpEmail => "authentication.oob_otp.email.trigger",
            Self::VerifyOobOtpEmail => "authentication.oob_otp.email.validate",
            Self::SendOobOtpSms | Self::SendOobOtpWhatsapp => "authentication.oob_otp.sms.trigger",
            Self::VerifyOobOtpSms => "authentication.oob_otp.sms.validate",
            Self::VerifyTotp => "authentication.totp",
            Self::VerifyRecoveryCode => "authentication.recovery_code",
            Self::VerifyDeviceToken => "authentication.device_token",
            Self::VerifyPasskey => "authentication.passkey",
            Self::VerifySiwe => "authentication.siwe",
            Self::SignUp => "authentication.signup",
            Self::SignUpAnonymous => "authentication.signup_anonymous",
            Self::EnumerateAccounts => "authentication.account_enumeration",
            Self::SendVerificationEmail => "verification.email.trigger",
            Self::VerifyVerificationEmail => "verification.email.validate",
            Self::SendVerificationSms | Self::SendVerificationWhatsapp => {
                "verification.sms.trigger"
            }
            Self::VerifyVerificationSms => "verification.sms.validate",
            Self::SendForgotPasswordEmail => "forgot_password.email.trigger",
            Self::VerifyForgotPasswordEmail => "forgot_password.email.validate",
            Self::SendForgotPasswordSms | Self::SendForgotPasswordWhatsapp => {
                "forgot_password.sms.trigger"
            }
            Self::VerifyForgotPasswordSms => "forgot_password.sms.validate",
            Self::SendSms => "messaging.sms",
            Self::SendEmail => "messaging.email",
            Self::RequestToken => "oauth.token.general",
            Self::RequestClientCredentialsToken => "oauth.token.client_credentials",
            Self::WalkFlow | Self::ManageAccount | Self::UploadImage | Self::EnterDeviceCode => "",
        }
    }

    /// The buckets in the order in which they are charged.
    pub const fn scopes(self) -> &'static [Scope] {
        match self {
            Self::VerifyPassword
            | Self::VerifyTotp
            | Self::VerifyRecoveryCode
            | Self::VerifyDeviceToken
            | Self::VerifyOobOtpEmail
            | Self::VerifyOobOtpSms => &[PerIp, PerUserPerIp],
            Self::SendOobOtpEmail
            | Self::SendOobOtpSms
            | Self::SendOobOtpWhatsapp
            | Self::SendVerificationEmail
            | Self::SendVerificationSms
            | Self::SendVerificationWhatsapp => &[Cooldown, CooldownPerSession, PerIp, PerUser],
            Self::SendForgotPasswordEmail
            | Self::SendForgotPasswordSms
            | Self::SendForgotPasswordWhatsapp => &[Cooldown, CooldownPerSession, PerIp],
            Self::VerifyPasskey
            | Self::VerifySiwe
            | Self::SignUp
            | Self::SignUpAnonymous
            | Self::EnumerateAccounts
            | Self::VerifyVerificationEmail
            | Self::VerifyVerificationSms
            | Self::VerifyForgotPasswordEmail
            | Self::VerifyForgotPasswordSms
            | Self::WalkFlow
            | Self::ManageAccount
            | Self::EnterDeviceCode => &[PerIp],
            Self::SendSms | Self::SendEmail => &[PerProject, PerIp, PerTarget],
            Self::RequestToken => &[PerIp, PerUser],
            Self::RequestClientCredentialsToken => &[PerClient, PerProject],
            Self::UploadImage => &[PerUser],
        }
    }

    /// The limit of one bucket by its full name, such as `authentication.password.per_ip`.
    pub fn name(self, scope: Scope) -> String {
        match self.group() {
            "" => String::new(),
            group => format!("{group}.{}", scope.suffix()),
        }
    }

    /// What a bucket is called in the details of an error.
    pub fn bucket(self, scope: Scope) -> String {
        match (self, scope) {
            (Self::SendSms | Self::SendEmail, PerProject) => self.bucket_stem().to_owned(),
            (_, Cooldown | CooldownPerSession) => {
                let stem = self.bucket_stem().replace("Trigger", "Cooldown");
                format!("{stem}{}", scope.bucket_suffix())
            }
            _ => format!("{}{}", self.counted_as().bucket_stem(), scope.bucket_suffix()),
        }
    }

    /// Whose buckets are charged, but for cooldowns.
    pub(crate) const fn counted_as(self) -> Self {
        match self {
            Self::SendOobOtpWhatsapp => Self::SendOobOtpSms,
            Self::SendVerificationWhatsapp => Self::SendVerificationSms,
            Self::SendForgotPasswordWhatsapp => Self::SendForgotPasswordSms,
            other => other,
        }
    }

    const fn bucket_stem(self) -> &'static str {
        match self {
            Self::VerifyPassword => "VerifyPassword",
            Self::SendOobOtpEmail => "OOBOTPTriggerEmail",
            Self::VerifyOobOtpEmail => "OOBOTPValidateEmail",
            Self::SendOobOtpSms => "OOBOTPTriggerSMS",
            Self::SendOobOtpWhatsapp => "OOBOTPTriggerWhatsapp",
            Self::VerifyOobOtpSms => "OOBOTPValidateSMS",
            Self::VerifyTotp => "VerifyTOTP",
            Self::VerifyRecoveryCode => "VerifyRecoveryCode",
            Self::VerifyDeviceToken => "VerifyDeviceToken",
            Self::VerifyPasskey => "VerifyPasskey",
            Self::VerifySiwe => "VerifySIWE",
            Self::SignUp => "Signup",
            Self::SignUpAnonymous => "SignupAnonymous",
            Self::EnumerateAccounts => "AccountEnumeration",
            Self::SendVerificationEmail => "VerificationTriggerEmail",
            Self::VerifyVerificationEmail => "VerificationValidateEmail",
            Self::SendVerificationSms => "VerificationTriggerSMS",
            Self::SendVerificationWhatsapp => "VerificationTriggerWhatsapp",
            Self::VerifyVerificationSms => "VerificationValidateSMS",
            Self::SendForgotPasswordEmail => "ForgotPasswordTriggerEmail",
            Self::VerifyForgotPasswordEmail => "ForgotPasswordValidateEmail",
            Self::SendForgotPasswordSms => "ForgotPasswordTriggerSMS",
            Self::SendForgotPasswordWhatsapp => "ForgotPasswordTriggerWhatsapp",
            Self::VerifyForgotPasswordSms => "ForgotPasswordValidateSMS",
            Self::SendSms => "MessagingSMS",
            Self::SendEmail => "MessagingEmail",
            Self::RequestToken => "OAuthToken",
            Self::RequestClientCredentialsToken => "OAuthTokenClientCredentials",
            Self::WalkFlow => "AuthowAPI",
            Self::ManageAccount => "AccountManagementAPI",
            Self::UploadImage => "PresignImageUploadRequest",
            Self::EnterDeviceCode => "DeviceUserCode",
        }
    }
}

impl Scope {
    /// The last part of a limit's name.
    const fn suffix(self) -> &'static str {
        match self {
            PerIp => "per_ip",
            PerUser => "per_user",
            PerUserPerIp => "per_user_per_ip",
            PerTarget => "per_target",
            PerClient => "per_client",
            PerProject => "per_project",
            Cooldown => "cooldown",
            CooldownPerSession => "cooldown_per_session",
        }
    }

    /// The last part of a bucket's name.
    const fn bucket_suffix(self) -> &'static str {
        match self {
            PerIp => "PerIP",
            PerUser => "PerUser",
            PerUserPerIp => "PerUserPerIP",
            PerTarget => "PerTarget",
            PerClient => "PerClient",
            PerProject => "PerProject",
            Cooldown => "",
            CooldownPerSession => "PerSession",
        }
    }
}
