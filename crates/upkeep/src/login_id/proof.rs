//! Showing that an address or a number is one's own, by a code that goes there.

use accounts::account::{ProvedClaim, mark_proved};
use accounts::login_id::CheckedLoginId;
use accounts::otp::{self, Asking, Form, Generated, Otp, Proof, Purpose, Verified};
use appconfig::authenticator::OobChannel;
use ctx::Ctx;
use domain::{IdentityId, LoginId, LoginIdType};
use limits::{Charged, Exhausted, Scope, Subject, charge, refund};
use messaging::{Addressee, Content, Delivery, Kind, Message, Messenger, Undelivered};
use serde::{Deserialize, Serialize};
use stdx::{Secret, Timestamp};
use store::Tx;

use super::{Change, Refusal, Step, check, write};
use crate::{UpkeepCx, UpkeepError, kept, record};

const KIND: &str = "upkeep_login_id";

/// A change that waits for a code, for whoever shows a page about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    pub kind: LoginIdType,
    /// Where the code goes.
    pub target: String,
    /// The channels to choose from.
    pub channels: &'static [OobChannel],
    /// By which one it went; none when one has to be chosen first.
    pub channel: Option<OobChannel>,
    pub can_resend_at: Timestamp,
    pub code_length: usize,
    /// The login ID that is changed or proved; none when one is added.
    pub identity_id: Option<IdentityId>,
}

#[derive(Serialize, Deserialize)]
struct Kept {
    user_id: String,
    sid: String,
    change: String,
    identity_id: String,
    key: String,
    r#type: String,
    login_id: String,
    original_login_id: String,
    unique_key: String,
    channel: Option<String>,
}

/// Begins: sends at once where there is one channel, else lets one be chosen.
pub(super) async fn begin(
    cx: &UpkeepCx<'_>,
    change: Change,
    checked: CheckedLoginId,
) -> Result<Result<Step, Refusal>, UpkeepError> {
    let only = match channels(cx.ctx, checked.r#type) {
        [only] => Some(*only),
        _ => None,
    };
    if let Some(channel) = only {
        match send_code(cx, &checked.login_id, channel).await? {
            Ok(()) => {}
            // The one that was sent a moment ago is still good.
            Err(Refusal::RateLimited(exhausted)) if is_cooldown(&exhausted) => {}
            Err(refusal) => return Ok(Err(refusal)),
        }
    }
    let kept = Kept::of(cx, &change, checked, only);
    Ok(Ok(Step::Waiting(kept::put(cx.ctx, cx.kv, KIND, &kept).await?)))
}

/// The change that a token stands for.
pub async fn look(cx: &UpkeepCx<'_>, token: &str) -> Result<Result<Waiting, Refusal>, UpkeepError> {
    let (kept, checked) = match find(cx, token).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let channels = channels(cx.ctx, checked.r#type);
    let channel = kept.channel(cx.ctx, checked.r#type);
    let can_resend_at = match channel {
        Some(channel) => {
            let otp = code_for(&checked.login_id, channel);
            otp::inspect(cx.ctx, cx.kv, otp, Asking::default()).await?.can_resend_at
        }
        None => cx.ctx.now,
    };
    Ok(Ok(Waiting {
        kind: checked.r#type,
        target: checked.login_id,
        channels,
        channel,
        can_resend_at,
        code_length: Form::Code.length(),
        identity_id: kept.change().and_then(|it| it.identity_id().cloned()),
    }))
}

/// Sends another code, by the channel of this name or by the one of before.
pub async fn send(
    cx: &UpkeepCx<'_>,
    token: &str,
    wanted: Option<&str>,
) -> Result<Result<(), Refusal>, UpkeepError> {
    let (mut kept, checked) = match find(cx, token).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let offered = channels(cx.ctx, checked.r#type);
    let channel = match wanted {
        Some(wanted) => offered.iter().find(|it| it.as_str() == wanted).copied(),
        None => kept.channel(cx.ctx, checked.r#type),
    };
    let Some(channel) = channel else { return Ok(Err(Refusal::UnknownChannel)) };
    if let Err(refusal) = send_code(cx, &checked.login_id, channel).await? {
        return Ok(Err(refusal));
    }
    kept.channel = Some(channel.as_str().to_owned());
    kept::replace(cx.ctx, cx.kv, KIND, (token, &kept)).await?;
    Ok(Ok(()))
}

/// Makes the change, if the code is right. A code works once, and so does the change.
pub async fn finish(
    cx: &UpkeepCx<'_>,
    token: &str,
    code: &Secret<String>,
) -> Result<Result<LoginId, Refusal>, UpkeepError> {
    let (kept, checked) = match find(cx, token).await? {
        Ok(found) => found,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let Some(channel) = kept.channel(cx.ctx, checked.r#type) else {
        return Ok(Err(Refusal::UnknownChannel));
    };
    let Some(change) = kept.change() else { return Ok(Err(Refusal::UnknownToken)) };
    if let Err(refusal) = try_code(cx, code_for(&checked.login_id, channel), code).await? {
        return Ok(Err(refusal));
    }
    // What the project allows may have changed since the change began.
    if change != Change::Prove(IdentityId::new(kept.identity_id.clone()))
        && let Err(invalid) = check(cx, &checked.key, &checked.original_login_id)
    {
        return Ok(Err(Refusal::Invalid(invalid)));
    }
    let written = write(cx, &change, checked, Some(channel.as_str())).await?;
    if written.is_ok() {
        kept::take::<Kept>(cx.ctx, cx.kv, KIND, token).await?;
    }
    Ok(written)
}

/// Writes the proof down.
pub(super) async fn note(
    cx: &UpkeepCx<'_>,
    tx: &mut Tx,
    login_id: &LoginId,
    channel: &str,
) -> Result<(), UpkeepError> {
    let claim = ProvedClaim {
        name: login_id.r#type.claim().to_owned(),
        value: login_id.login_id.clone(),
        channel: Some(channel.to_owned()),
    };
    Ok(mark_proved(cx.ctx, tx, &cx.session.user_id, &claim).await?)
}

/// The channels that reach a kind of login ID, in the order in which they are offered.
fn channels(ctx: &Ctx, kind: LoginIdType) -> &'static [OobChannel] {
    match kind {
        LoginIdType::Email => &[OobChannel::Email],
        LoginIdType::Phone => ctx.app.config.authenticator.oob_otp.sms.phone_otp_mode.channels(),
        LoginIdType::Username => &[],
    }
}

fn code_for(target: &str, channel: OobChannel) -> Otp<'_> {
    Otp { purpose: Purpose::Verification, form: Form::Code, channel, target }
}

async fn find(
    cx: &UpkeepCx<'_>,
    token: &str,
) -> Result<Result<(Kept, CheckedLoginId), Refusal>, UpkeepError> {
    let Some(kept) = kept::find::<Kept>(cx.ctx, cx.kv, KIND, token).await? else {
        return Ok(Err(Refusal::UnknownToken));
    };
    if kept.user_id != cx.session.user_id.as_str() {
        return Ok(Err(Refusal::OthersToken));
    }
    // Of the same person, but begun in a session that may be over and somebody else's hands.
    if kept.sid != cx.session.sid() {
        return Ok(Err(Refusal::UnknownToken));
    }
    Ok(match kept.checked() {
        Some(checked) => Ok((kept, checked)),
        None => Err(Refusal::UnknownToken),
    })
}

async fn try_code(
    cx: &UpkeepCx<'_>,
    otp: Otp<'_>,
    code: &Secret<String>,
) -> Result<Result<(), Refusal>, UpkeepError> {
    let receipt = match charge(cx.ctx, cx.kv, otp.verify_limit(), Subject::default()).await? {
        Charged::Charged(receipt) => receipt,
        Charged::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            return Ok(Err(Refusal::RateLimited(exhausted)));
        }
    };
    match otp::verify(cx.ctx, cx.kv, otp, Proof::Code(code)).await? {
        Verified::Right => {
            refund(cx.ctx, cx.kv, receipt).await?;
            Ok(Ok(()))
        }
        Verified::Wrong => Ok(Err(Refusal::WrongCode)),
        Verified::WornOut => Ok(Err(Refusal::TooManyAttempts)),
    }
}

async fn send_code(
    cx: &UpkeepCx<'_>,
    target: &str,
    channel: OobChannel,
) -> Result<Result<(), Refusal>, UpkeepError> {
    let otp = code_for(target, channel);
    let asking = Asking { user: Some(&cx.session.user_id), ..Asking::default() };
    let code = match otp::generate(cx.ctx, cx.kv, otp, asking).await? {
        Generated::Code(code) => code,
        Generated::Refused(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            return Ok(Err(Refusal::RateLimited(exhausted)));
        }
    };
    let message = Message {
        kind: Kind::Verification,
        channel,
        addressee: Addressee::Known,
        to: target.to_owned(),
        content: Content::Code(code),
        language: language(cx),
        has_password: false,
        expires_at: cx.ctx.now.plus_seconds(otp.lifetime_seconds(cx.ctx)),
    };
    let UpkeepCx { ctx, store, kv, outbound, hooks, .. } = *cx;
    let via = Messenger { ctx, store, kv, outbound, hooks };
    match messaging::send(via, cx.source, &message).await? {
        Delivery::Sent { message_id: Some(id) } => {
            otp::note_message(cx.ctx, cx.kv, otp, &id).await?;
            Ok(Ok(()))
        }
        Delivery::Sent { .. } | Delivery::Queued | Delivery::Suppressed => Ok(Ok(())),
        Delivery::Refused(undelivered) => refused(cx, undelivered).await.map(Err),
    }
}

async fn refused(cx: &UpkeepCx<'_>, undelivered: Undelivered) -> Result<Refusal, UpkeepError> {
    Ok(match undelivered {
        Undelivered::Exhausted(exhausted) => {
            record::limit_exhausted(cx, &exhausted).await?;
            Refusal::RateLimited(exhausted)
        }
        Undelivered::Gateway(refusal) => Refusal::Undelivered(refusal.kind.reason()),
        Undelivered::Whatsapp(refusal) => Refusal::Undelivered(refusal.reason()),
        Undelivered::Failed => Refusal::Undelivered(None),
    })
}

fn language(cx: &UpkeepCx<'_>) -> String {
    let app = &cx.ctx.app;
    let asked = cx.source.language.as_deref();
    i18n::negotiate(app.languages(), app.catalogue.fallback(), asked, None).to_owned()
}

/// Whether it says no more than that a code was sent a moment ago.
fn is_cooldown(exhausted: &Exhausted) -> bool {
    matches!(exhausted.scope, Scope::Cooldown | Scope::CooldownPerSession)
}

impl Change {
    const fn word(&self) -> &'static str {
        match self {
            Self::Add => "add",
            Self::Replace(_) => "replace",
            Self::Prove(_) => "prove",
        }
    }

    fn identity_id(&self) -> Option<&IdentityId> {
        match self {
            Self::Add => None,
            Self::Replace(id) | Self::Prove(id) => Some(id),
        }
    }
}

impl Kept {
    fn of(
        cx: &UpkeepCx<'_>,
        change: &Change,
        checked: CheckedLoginId,
        channel: Option<OobChannel>,
    ) -> Self {
        let identity_id = change.identity_id().map(IdentityId::as_str).unwrap_or_default();
        Self {
            user_id: cx.session.user_id.as_str().to_owned(),
            sid: cx.session.sid(),
            change: change.word().to_owned(),
            identity_id: identity_id.to_owned(),
            key: checked.key,
            r#type: checked.r#type.as_str().to_owned(),
            login_id: checked.login_id,
            original_login_id: checked.original_login_id,
            unique_key: checked.unique_key,
            channel: channel.map(|it| it.as_str().to_owned()),
        }
    }

    /// `None` for what an older build kept otherwise.
    fn checked(&self) -> Option<CheckedLoginId> {
        Some(CheckedLoginId {
            key: self.key.clone(),
            r#type: LoginIdType::parse(&self.r#type)?,
            login_id: self.login_id.clone(),
            original_login_id: self.original_login_id.clone(),
            unique_key: self.unique_key.clone(),
        })
    }

    fn change(&self) -> Option<Change> {
        let id = IdentityId::new(self.identity_id.clone());
        match self.change.as_str() {
            "add" => Some(Change::Add),
            "replace" => Some(Change::Replace(id)),
            "prove" => Some(Change::Prove(id)),
            _ => None,
        }
    }

    fn channel(&self, ctx: &Ctx, kind: LoginIdType) -> Option<OobChannel> {
        let name = self.channel.as_deref()?;
        channels(ctx, kind).iter().find(|it| it.as_str() == name).copied()
    }
}
