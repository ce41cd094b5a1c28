//! By which methods the person proved it (RFC 8176 §2, with upstream's `x_` names).

#[cfg(test)]
mod tests;

use appconfig::flow::{Authentication, Identification};

use super::{EnrolledFact, Facts};

impl Facts {
    /// The methods used, sorted and each once.
    ///
    /// Two different authenticators make it multi-factor; the same one twice does not, nor does a
    /// passkey, which has a name of its own, nor a device that is spared the second factor.
    pub fn amr(&self) -> Vec<String> {
        let used =
            self.authenticated.iter().map(|it| (it.authenticator_id.clone(), it.authentication));
        let enrolled = self.enrolled.iter().map(|it| (name_of(&it.what), it.authentication));
        let all: Vec<(String, Authentication)> = used.chain(enrolled).collect();
        let mut amr: Vec<String> =
            all.iter().flat_map(|(_, it)| amr_of(*it)).map(|it| (*it).to_owned()).collect();
        for identified in &self.identified {
            if identified.identification == Identification::Passkey {
                let proof = amr_of(Authentication::PrimaryPasskey);
                amr.extend(proof.iter().map(|it| (*it).to_owned()));
            }
        }
        if let Some(continued) = &self.continued_session {
            amr.extend(continued.amr.iter().cloned());
        }
        let proofs = all.iter().filter(|(_, it)| *it != Authentication::DeviceToken);
        let mut authenticators: Vec<&str> = proofs.map(|(id, _)| id.as_str()).collect();
        authenticators.sort_unstable();
        authenticators.dedup();
        if authenticators.len() > 1 {
            amr.push("mfa".to_owned());
        }
        amr.sort_unstable();
        amr.dedup();
        amr
    }
}

/// Stands for an authenticator that does not exist yet.
fn name_of(what: &EnrolledFact) -> String {
    match what {
        EnrolledFact::Password { hash } => format!("new password {hash}"),
        EnrolledFact::Totp { secret, .. } => format!("new totp {secret}"),
        EnrolledFact::OobOtp { target, .. } => format!("new oob {}", target.as_str()),
    }
}

/// The methods that an authentication counts as (`docs/specs/amr.md` of upstream).
pub const fn amr_of(authentication: Authentication) -> &'static [&'static str] {
    match authentication {
        Authentication::PrimaryPassword => &["pwd", "x_primary_password"],
        Authentication::SecondaryPassword => &["pwd", "x_secondary_password"],
        Authentication::PrimaryPasskey => &["x_passkey", "x_primary_passkey"],
        Authentication::PrimaryOobOtpEmail => &["otp", "x_primary_oob_otp_email"],
        Authentication::SecondaryOobOtpEmail => &["otp", "x_secondary_oob_otp_email"],
        Authentication::PrimaryOobOtpSms => &["otp", "sms", "x_primary_oob_otp_sms"],
        Authentication::SecondaryOobOtpSms => &["otp", "sms", "x_secondary_oob_otp_sms"],
        Authentication::SecondaryTotp => &["otp", "x_secondary_totp"],
        Authentication::RecoveryCode => &["x_recovery_code"],
        Authentication::DeviceToken => &["x_device_token"],
    }
}
