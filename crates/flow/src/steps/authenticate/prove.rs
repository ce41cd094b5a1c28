//! Looking at proofs that come with the answer: passwords, codes of an app, recovery codes.
//!
//! An attempt is taken before the proof is looked at and given back when it was right.

use accounts::password::{self, MustChange, PasswordCheck};
use accounts::{recovery_code, totp};
use appconfig::flow::FlowStep;
use domain::{Authenticator, AuthenticatorKind, AuthenticatorType, UserId};
use limits::Limit;
use limits::lockout::Method;
use serde_json::Value;
use stdx::Secret;

use super::super::{Taken, text};
use super::options::{Known, Offer};
use crate::engine::Input;
use crate::facts::{Authenticated, ChangeReason};
use crate::refusal::Refusal;
use crate::stage::kind_of;
use crate::state::FlowState;
use crate::{FlowCx, FlowError, answer_or_error, guard, passkey, record, stopped};

/// A proof of one person for one way.
pub struct Proof<'a> {
    pub cx: &'a FlowCx<'a>,
    pub user: &'a UserId,
    pub step: &'a FlowStep,
    pub offer: &'a Offer,
}

impl Proof<'_> {
    pub async fn password(&self, state: &mut FlowState, input: &Input) -> Result<Taken, FlowError> {
        let cx = self.cx;
        if !cx.hasher.has_room() {
            return Ok(Taken::Refused(Refusal::Busy));
        }
        let attempt =
            match guard::admit(cx, self.user, Limit::VerifyPassword, Method::Password).await? {
                Ok(attempt) => attempt,
                Err(refusal) => return Ok(Taken::Refused(refusal)),
            };
        let kind = kind_of(self.offer.authentication);
        let typed = Secret::new(text(input, "password").to_owned());
        let whose = Some((self.user, kind));
        match password::verify(cx.ctx, cx.store, cx.hasher, whose, &typed).await {
            Ok(PasswordCheck::Right { authenticator, must_change }) => {
                guard::give_back(cx, self.user, attempt).await?;
                let id = authenticator.base.id.as_str();
                Ok(self.accept(state, id, must_change.map(reason_of)))
            }
            // A person without a password and a wrong password look the same from outside.
            Ok(PasswordCheck::Wrong | PasswordCheck::Absent) => {
                self.note_wrong(state, kind, AuthenticatorType::Password).await?;
                Ok(Taken::Refused(guard::wrong(&attempt, Refusal::InvalidCredentials)))
            }
            Err(error) => {
                // Nobody looked at the password.
                guard::give_back(cx, self.user, attempt).await?;
                answer_or_error(error).map(Taken::Refused)
            }
        }
    }

    /// A code of an app is good for one sign-in (RFC 6238 §5.2).
    pub async fn totp(
        &self,
        state: &mut FlowState,
        known: &Known,
        input: &Input,
    ) -> Result<Taken, FlowError> {
        let cx = self.cx;
        let attempt = match guard::admit(cx, self.user, Limit::VerifyTotp, Method::Totp).await? {
            Ok(attempt) => attempt,
            Err(refusal) => return Ok(Taken::Refused(refusal)),
        };
        let code = text(input, "code").trim();
        for authenticator in &known.authenticators {
            let Authenticator::Totp(it) = authenticator else { continue };
            let Some(step) = totp::matching_step(&it.secret, code, cx.ctx.now) else { continue };
            let mut tx = cx.store.write(&cx.ctx.app.id).await?;
            let is_fresh = tx.authenticators().use_totp_step(&it.base.id, step).await?;
            tx.commit().await?;
            if is_fresh {
                guard::give_back(cx, self.user, attempt).await?;
                return Ok(self.accept(state, it.base.id.as_str(), None));
            }
        }
        self.note_wrong(state, AuthenticatorKind::Secondary, AuthenticatorType::Totp).await?;
        let wrong = Refusal::WrongCode(AuthenticatorType::Totp);
        Ok(Taken::Refused(guard::wrong(&attempt, wrong)))
    }

    /// The code is used up when the flow finishes.
    pub async fn recovery_code(
        &self,
        state: &mut FlowState,
        input: &Input,
    ) -> Result<Taken, FlowError> {
        let cx = self.cx;
        let admitted =
            guard::admit(cx, self.user, Limit::VerifyRecoveryCode, Method::RecoveryCode).await?;
        let attempt = match admitted {
            Ok(attempt) => attempt,
            Err(refusal) => return Ok(Taken::Refused(refusal)),
        };
        let mut tx = cx.store.read(&cx.ctx.app.id).await?;
        let typed = text(input, "recovery_code");
        let found = recovery_code::find(&mut tx, self.user, typed).await.map_err(stopped)?;
        drop(tx);
        match found {
            Some(code) => {
                guard::give_back(cx, self.user, attempt).await?;
                Ok(self.accept(state, &code.id, None))
            }
            None => Ok(Taken::Refused(guard::wrong(&attempt, Refusal::InvalidCredentials))),
        }
    }

    pub async fn passkey(&self, state: &mut FlowState, input: &Input) -> Result<Taken, FlowError> {
        let receipt = match guard::charge(self.cx, Limit::VerifyPasskey, None).await? {
            Ok(receipt) => receipt,
            Err(exhausted) => return Ok(Taken::Refused(exhausted)),
        };
        let response = input.get("assertion_response").unwrap_or(&Value::Null);
        let Some(used) = passkey::verify(self.cx, state, response).await? else {
            return Ok(Taken::Refused(Refusal::InvalidPasskey));
        };
        if used.user_id != *self.user {
            return Ok(Taken::Refused(Refusal::InvalidPasskey));
        }
        guard::refund(self.cx, receipt).await?;
        Ok(self.accept(state, used.authenticator_id.as_str(), None))
    }

    fn accept(
        &self,
        state: &mut FlowState,
        authenticator_id: &str,
        change_required: Option<ChangeReason>,
    ) -> Taken {
        state.facts.authenticated.push(Authenticated {
            step: self.step.name.clone(),
            authentication: self.offer.authentication,
            authenticator_id: authenticator_id.to_owned(),
            change_required,
        });
        Taken::Branch(self.offer.branch)
    }

    async fn note_wrong(
        &self,
        state: &FlowState,
        kind: AuthenticatorKind,
        r#type: AuthenticatorType,
    ) -> Result<(), FlowError> {
        record::wrong_proof(self.cx, &state.setting, self.user, kind, r#type).await
    }
}

/// What a browser needs for asking one of the person's passkeys.
pub fn request_options(cx: &FlowCx<'_>, state: &FlowState, known: &Known) -> Value {
    let own = known.authenticators.iter().filter_map(|it| match it {
        Authenticator::Passkey(it) => Some(it),
        _ => None,
    });
    passkey::request_options(cx, state, own)
}

const fn reason_of(must_change: MustChange) -> ChangeReason {
    match must_change {
        MustChange::Policy => ChangeReason::Policy,
        MustChange::Expired => ChangeReason::Expiry,
    }
}
