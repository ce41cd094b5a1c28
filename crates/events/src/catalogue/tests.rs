//! The names of events, and what they say.

use std::fmt::Write as _;

use appconfig::hook::NonBlockingEvent;
use expect_test::{expect, expect_file};

use super::*;

fn alice() -> UserModel {
    UserModel { id: UserId::new("alice"), model: json!({ "id": "alice" }) }
}

/// One of each.
fn samples() -> Vec<Event> {
    let user = alice;
    let it = || json!({});
    let r#type = LoginIdType::Email;
    let sessions = || vec![json!({ "id": "s" })];
    vec![
        Event::UserCreated { user: user(), identities: vec![it()] },
        Event::UserAuthenticated { user: user(), session: it() },
        Event::UserReauthenticated { user: user(), session: it() },
        Event::UserSignedOut { user: user(), sessions: sessions() },
        Event::UserSessionTerminated {
            user: user(),
            sessions: sessions(),
            kind: TerminationType::AllExceptCurrent,
        },
        Event::UserProfileUpdated { user: user() },
        Event::UserAnonymousPromoted { anonymous: user(), user: user(), identities: vec![it()] },
        Event::UserDisabled { user: user() },
        Event::UserReenabled { user: user() },
        Event::UserDeletionScheduled { user: user() },
        Event::UserDeleted { user: user() },
        Event::LoginIdAdded { user: user(), r#type, identity: it() },
        Event::LoginIdRemoved { user: user(), r#type: LoginIdType::Phone, identity: it() },
        Event::LoginIdUpdated { user: user(), r#type: LoginIdType::Username, old: it(), new: it() },
        Event::OAuthConnected { user: user(), identity: it() },
        Event::BiometricEnabled { user: user(), identity: it() },
        Event::BiometricDisabled { user: user(), identity: it() },
        Event::OAuthDisconnected { user: user(), identity: it() },
        Event::LoginIdVerified { user: user(), r#type, identity: it() },
        Event::LoginIdUnverified { user: user(), r#type, identity: it() },
        Event::LoginIdNotFound { login_id: "bob".to_owned() },
        Event::IdentificationFailed { user: user(), r#type: IdentityType::Passkey },
        Event::AuthenticationFailed {
            user: user(),
            stage: Stage::Primary,
            r#type: AuthenticatorType::Password,
        },
        Event::AuthenticationBlocked { user: None, error: it() },
        Event::RateLimitBlocked { name: "a.per_ip".to_owned(), group: "a".to_owned() },
        Event::MessageSent {
            channel: MessageChannel::Email,
            sender: "no-reply@example.com".to_owned(),
            recipient: "a@example.com".to_owned(),
            r#type: "verification".to_owned(),
        },
        Event::MessageSent {
            channel: MessageChannel::Whatsapp,
            sender: String::new(),
            recipient: "+85298765432".to_owned(),
            r#type: "whatsapp-code".to_owned(),
        },
        Event::MessageSuppressed {
            channel: MessageChannel::Sms,
            recipient: "+85298765432".to_owned(),
            description: "why".to_owned(),
        },
        Event::MessageFailed {
            channel: MessageChannel::Sms,
            recipient: "+85298765432".to_owned(),
            description: "why".to_owned(),
        },
        Event::M2mTokenCreated {
            client_id: "machine".to_owned(),
            client_secret: "s3cr******".to_owned(),
        },
        Event::ProjectAppCreated { config: it() },
        Event::ProjectAppUpdated { old: it(), new: it(), diff: "-".to_owned() },
    ]
}

#[test]
fn the_catalogue_of_events() {
    let mut catalogue = String::new();
    for event in samples() {
        let about = event.user().map_or("-", |user| user.id.as_str());
        let payload = json!(event.payload());
        writeln!(catalogue, "{} {about} {payload}", event.type_name()).unwrap();
    }
    expect![[r#"
        user.created alice {"user":{"id":"alice"},"identities":[{}]}
        user.authenticated alice {"user":{"id":"alice"},"session":{}}
        user.reauthenticated alice {"user":{"id":"alice"},"session":{}}
        user.signed_out alice {"user":{"id":"alice"},"sessions":[{"id":"s"}]}
        user.session.terminated alice {"user":{"id":"alice"},"sessions":[{"id":"s"}],"termination_type":"all_except_current"}
        user.profile.updated alice {"user":{"id":"alice"}}
        user.anonymous.promoted alice {"user":{"id":"alice"},"anonymous_user":{"id":"alice"},"identities":[{}]}
        user.disabled alice {"user":{"id":"alice"}}
        user.reenabled alice {"user":{"id":"alice"}}
        user.deletion_scheduled alice {"user":{"id":"alice"}}
        user.deleted alice {"user":{"id":"alice"}}
        identity.email.added alice {"user":{"id":"alice"},"identity":{}}
        identity.phone.removed alice {"user":{"id":"alice"},"identity":{}}
        identity.username.updated alice {"user":{"id":"alice"},"new_identity":{},"old_identity":{}}
        identity.oauth.connected alice {"user":{"id":"alice"},"identity":{}}
        identity.biometric.enabled alice {"user":{"id":"alice"},"identity":{}}
        identity.biometric.disabled alice {"user":{"id":"alice"},"identity":{}}
        identity.oauth.disconnected alice {"user":{"id":"alice"},"identity":{}}
        identity.email.verified alice {"user":{"id":"alice"},"identity":{}}
        identity.email.unverified alice {"user":{"id":"alice"},"identity":{}}
        authentication.identity.login_id.failed - {"login_id":"bob"}
        authentication.identity.passkey.failed alice {"user":{"id":"alice"},"identity_type":"passkey"}
        authentication.primary.password.failed alice {"user":{"id":"alice"},"authentication_stage":"primary","authenticator_type":"password"}
        authentication.blocked - {"user":null,"error":{}}
        rate_limit.blocked - {"rate_limit":{"name":"a.per_ip","group":"a"}}
        email.sent - {"sender":"no-reply@example.com","recipient":"a@example.com","type":"verification"}
        whatsapp.sent - {"recipient":"+85298765432","type":"whatsapp-code","is_not_counted_in_usage":false}
        sms.suppressed - {"description":"why","recipient":"+85298765432"}
        sms.error - {"description":"why","recipient":"+85298765432"}
        m2m.token.created - {"client_id":"machine","client_secret":"s3cr******"}
        project.app.created - {"app_config":{}}
        project.app.updated - {"app_config_old":{},"app_config_new":{},"app_config_diff":"-","updated_secrets":[],"updated_resources":[]}
    "#]].assert_eq(&catalogue);
}

/// Each type of event once, with everything that a type can be about.
fn every_type() -> Vec<Event> {
    let (user, it) = (alice, || json!({}));
    let mut events = samples();
    for r#type in LoginIdType::ALL {
        events.push(Event::LoginIdAdded { user: user(), r#type, identity: it() });
        events.push(Event::LoginIdRemoved { user: user(), r#type, identity: it() });
        events.push(Event::LoginIdUpdated { user: user(), r#type, old: it(), new: it() });
        if r#type != LoginIdType::Username {
            events.push(Event::LoginIdVerified { user: user(), r#type, identity: it() });
            events.push(Event::LoginIdUnverified { user: user(), r#type, identity: it() });
        }
    }
    for stage in [Stage::Primary, Stage::Secondary] {
        let r#type = AuthenticatorType::Password;
        events.push(Event::AuthenticationFailed { user: user(), stage, r#type });
    }
    events.retain(|event| !matches!(event, Event::IdentificationFailed { .. }));
    events.push(Event::IdentificationFailed { user: user(), r#type: IdentityType::Anonymous });
    events.sort_by_key(Event::type_name);
    events.dedup_by_key(|event| event.type_name());
    events
}

#[test]
fn the_page_of_events_is_written_down() {
    let mut page = "# Events

What the audit log keeps, what handlers are told, and what they are asked. This page is written by a
test in `crates/events`; `cargo xtask codegen` writes it again. How to write a handler is in
[a page of its own](how-to/write-a-hook.md).

Every event has `id`, `seq`, `type`, `payload` and `context`. The context says when, about whom and
through what (`timestamp`, `user_id`, `triggered_by`, `ip_address`, `user_agent`, `client_id`, …).

## What may be refused or changed

`hook.blocking_handlers` names handlers and the one event at which each is asked, in their order.
They are asked before anything is written, with no transaction open; what they were shown is looked
at again when it is. A handler has `hook.sync_hook_timeout_seconds` (5), all of them together
`hook.sync_hook_total_timeout_seconds` (10). Silence, an error or an answer that is not understood
is a no. A flow asks about each moment once, however often its states are looked at.

| type | asked | payload | may answer, beside `is_allowed` |
|---|---|---|---|
| `authentication.pre_initialize` | before a flow begins, but for `account_recovery` | `authentication_context` | `constraints`, `bot_protection`, `rate_limits` |
| `authentication.post_identified` | after each identification | `authentication_context`, `identification` | `constraints`, `bot_protection`, `rate_limits` |
| `authentication.pre_authenticated` | once no step is left that could prove more | `authentication_context` | `constraints`, `rate_limits` |
| `user.pre_create` | before a new person is written, anonymous ones too | `user`, `identities` | `mutations.user` |
| `user.profile.pre_update` | before a person's changes in the settings | `user` | `mutations.user` |
| `user.pre_schedule_deletion` | before a person's account is to be deleted, at their wish | `user` | `mutations.user` |
| `oidc.jwt.pre_create` | before an access token that is a JWT | `user`, `identities`, `jwt` | `mutations.jwt` |
| `oidc.id_token.pre_create` | before an ID token | `user`, `identities`, `id_token` | `mutations.id_token` |

`user.pre_schedule_anonymization` is taken in the configuration; nothing that would ask it is built
yet.

* `is_allowed: false` with `title` and `reason` is the refusal `HookDisallowed`, and people see both
  texts.
* `mutations` replace whole objects and are not merged: `user.standard_attributes`,
  `user.custom_attributes`, `jwt.payload`, `id_token.payload`. The next handler sees them. Attributes
  have to be valid; tokens may get claims, and lose or change none. There are no roles and groups
  yet: a list that names one is not understood.
* `constraints.amr` are methods of which all have to be used. Whoever signs in is asked for what they
  have of them, whoever signs up has to set it up.
* `bot_protection.mode` is `always` or `never`, whatever the flow declares.
* `rate_limits` sets how much an operation counts for `authentication.general` (and the limits that
  fall back to it) and `authentication.account_enumeration`.
* Of several handlers the last that speaks of a thing counts, and so does the later moment.
* Whoever signs up is shown as they would be. Their `user.id` is final; ids of identities and
  authenticators are not.

## What has happened

`hook.non_blocking_handlers` names handlers and what they want to be told of: types that have a yes
in the last column, or `*` for all that do not have a no. An event is delivered after what it tells of was
committed, at least once; the `id` stays the same when it comes again. What happened to one person
comes in order unless a delivery fails. A delivery has a minute. One that fails is tried again after
a second, two, four and so on up to an hour, or when `Retry-After` says, for three days, and
survives a restart; then it stays in `_authwarden_outbox` with its error for 30 days.

| type | payload | handlers |
|---|---|---|
"
    .to_owned();
    for event in every_type() {
        let payload = event.payload();
        let members: Vec<_> = payload.keys().map(|name| format!("`{name}`")).collect();
        let name = event.type_name();
        let told = match (event.is_told(), NonBlockingEvent::from_word(&name)) {
            (true, Some(_)) => "yes",
            (true, None) => "with `*`",
            (false, _) => "no",
        };
        writeln!(page, "| `{name}` | {} | {told} |", members.join(", ")).unwrap();
    }
    expect_file!["../../../../docs/events.md"].assert_eq(&page);
}
