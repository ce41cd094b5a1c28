//! Sessions, grants, tokens and consents.

use domain::{
    Access, AccessToken, AccessTokenHolder, AnonymousIdentity, Authorization, AuthorizationId,
    ClientId, Grant, GrantId, Identity, IdpSession, IdpSessionId, RefreshToken, Scopes, UserId,
    UserStanding, VerifiedClaim,
};

use super::accounts::identity_base;
use super::passwords::password;
use super::{NOW, conformance, read, user, write};
use crate::{Rotation, Store};

fn access(seconds: i64) -> Access {
    Access { at: Some(NOW.plus_seconds(seconds)), ip: "1.2.3.4".into(), user_agent: "ua".into() }
}

fn session(user: &UserId) -> IdpSession {
    IdpSession {
        id: IdpSessionId::new("s1"),
        user_id: user.clone(),
        created_at: NOW,
        authenticated_at: NOW,
        amr: vec!["pwd".into(), "x_primary_password".into()],
        initial_access: access(0),
        last_access: access(0),
        token_hash: "hash".into(),
        expires_at: NOW.plus_seconds(3600),
        idle_expires_at: Some(NOW.plus_seconds(600)),
        ended_at: None,
    }
}

fn grant(user: &UserId) -> Grant {
    Grant {
        id: GrantId::new("g1"),
        user_id: user.clone(),
        client_id: ClientId::new("app"),
        idp_session_id: Some(IdpSessionId::new("s1")),
        identity_id: None,
        created_at: NOW,
        authenticated_at: NOW,
        amr: Vec::new(),
        initial_access: access(0),
        last_access: access(0),
        device_info: None,
        sso_enabled: true,
        app2app_device_key_jwk: None,
        device_secret_hash: None,
        device_secret_dpop_jkt: None,
        expires_at: NOW.plus_seconds(3600),
        idle_expires_at: None,
        ended_at: None,
    }
}

fn refresh_token() -> RefreshToken {
    RefreshToken {
        id: "r1".into(),
        grant_id: GrantId::new("g1"),
        client_id: ClientId::new("app"),
        authorization_id: Some(AuthorizationId::new("a1")),
        scopes: Scopes::parse("openid offline_access"),
        created_at: NOW,
        dpop_jkt: None,
        hash: "first".into(),
        previous_hash: None,
        sealed_successor: None,
        rotated_at: None,
        expires_at: None,
    }
}

fn access_token() -> AccessToken {
    AccessToken {
        hash: "access".into(),
        holder: AccessTokenHolder::Grant(GrantId::new("g1")),
        client_id: ClientId::new("app"),
        scopes: Scopes::parse("openid"),
        audience: None,
        dpop_jkt: Some("thumbprint".into()),
        created_at: NOW,
        expires_at: NOW.plus_seconds(1800),
    }
}

/// A person with a session, a grant out of it, and both tokens of the grant.
async fn signed_in(store: &Store) -> UserId {
    let alice = user(store, "alice").await;
    let mut tx = write(store).await;
    tx.idp_sessions().insert(&session(&alice)).await.unwrap();
    tx.grants().insert(&grant(&alice)).await.unwrap();
    tx.refresh_tokens().insert(&refresh_token()).await.unwrap();
    tx.access_tokens().insert(&access_token()).await.unwrap();
    tx.commit().await.unwrap();
    alice
}

async fn sessions_and_grants_are_read_as_written(store: &Store) {
    let alice = signed_in(store).await;
    let (session, grant) = (session(&alice), grant(&alice));
    let mut tx = read(store).await;
    assert_eq!(tx.idp_sessions().find(&session.id).await.unwrap(), Some(session.clone()));
    assert_eq!(tx.idp_sessions().list(&alice).await.unwrap(), std::slice::from_ref(&session));
    assert_eq!(tx.grants().find(&grant.id).await.unwrap(), Some(grant.clone()));
    assert_eq!(tx.grants().list(&alice).await.unwrap(), std::slice::from_ref(&grant));
    assert_eq!(
        tx.grants().list_of_idp_session(&session.id).await.unwrap(),
        std::slice::from_ref(&grant)
    );
    let found = tx.refresh_tokens().find(&grant.id, "r1").await.unwrap();
    assert_eq!(found, Some(refresh_token()));
    assert_eq!(tx.refresh_tokens().list(&grant.id).await.unwrap(), [refresh_token()]);
    assert_eq!(tx.access_tokens().find("access").await.unwrap(), Some(access_token()));
}

async fn another_project_sees_none_of_it(store: &Store) {
    signed_in(store).await;
    let mut tx = store.read(&domain::AppId::new("other")).await.unwrap();
    let grant = GrantId::new("g1");
    assert_eq!(tx.grants().find(&grant).await.unwrap(), None);
    assert_eq!(tx.refresh_tokens().find(&grant, "r1").await.unwrap(), None);
    assert_eq!(tx.access_tokens().find("access").await.unwrap(), None);
    assert_eq!(tx.signed_in_by_access_token("access").await.unwrap(), None);
    assert_eq!(tx.signed_in_by_idp_session(&IdpSessionId::new("s1")).await.unwrap(), None);
}

async fn whoever_is_erased_is_signed_in_nowhere(store: &Store) {
    let alice = signed_in(store).await;
    let mut tx = write(store).await;
    tx.users().erase(&alice).await.unwrap();
    tx.commit().await.unwrap();
    let mut tx = read(store).await;
    assert_eq!(tx.idp_sessions().find(&session(&alice).id).await.unwrap(), None);
    assert_eq!(tx.grants().find(&grant(&alice).id).await.unwrap(), None);
    assert_eq!(tx.refresh_tokens().find(&grant(&alice).id, "r1").await.unwrap(), None);
    assert_eq!(tx.access_tokens().find("access").await.unwrap(), None);
}

async fn a_use_is_noted_and_an_older_one_is_not(store: &Store) {
    let alice = signed_in(store).await;
    let (session, grant) = (session(&alice).id, grant(&alice).id);
    let idle = Some(NOW.plus_seconds(900));
    let mut tx = write(store).await;
    tx.idp_sessions().touch(&session, &access(300), idle).await.unwrap();
    tx.idp_sessions().touch(&session, &access(200), None).await.unwrap();
    tx.grants().touch(&grant, &access(300), idle).await.unwrap();
    tx.grants().touch(&grant, &access(200), None).await.unwrap();
    let session = tx.idp_sessions().find(&session).await.unwrap().unwrap();
    assert_eq!((session.last_access, session.idle_expires_at), (access(300), idle));
    let grant = tx.grants().find(&grant).await.unwrap().unwrap();
    assert_eq!((grant.last_access, grant.idle_expires_at), (access(300), idle));
}

async fn authenticating_again_moves_forward_only(store: &Store) {
    let alice = signed_in(store).await;
    let (session, grant) = (session(&alice).id, grant(&alice).id);
    let later = NOW.plus_seconds(60);
    let mut tx = write(store).await;
    tx.idp_sessions().set_authentication(&session, &["otp".into()], later).await.unwrap();
    tx.grants().set_authenticated_at(&grant, later).await.unwrap();
    tx.grants().set_authenticated_at(&grant, NOW).await.unwrap();
    tx.grants().set_device_info(&grant, "{}").await.unwrap();
    let session = tx.idp_sessions().find(&session).await.unwrap().unwrap();
    assert_eq!((session.authenticated_at, session.amr), (later, vec!["otp".to_owned()]));
    let grant = tx.grants().find(&grant).await.unwrap().unwrap();
    assert_eq!((grant.authenticated_at, grant.device_info.as_deref()), (later, Some("{}")));
}

async fn a_device_key_is_bound_once(store: &Store) {
    let alice = signed_in(store).await;
    let grant = grant(&alice).id;
    let mut tx = write(store).await;
    assert!(tx.grants().bind_app2app_key(&grant, "first").await.unwrap());
    assert!(!tx.grants().bind_app2app_key(&grant, "second").await.unwrap());
    let found = tx.grants().find(&grant).await.unwrap().unwrap();
    assert_eq!(found.app2app_device_key_jwk.as_deref(), Some("first"));
}

async fn a_device_secret_is_renewed_by_whoever_saw_the_present_one(store: &Store) {
    let alice = signed_in(store).await;
    let grant = grant(&alice).id;
    let mut tx = write(store).await;
    let mut grants = tx.grants();
    assert!(grants.set_device_secret(&grant, None, ("first", Some("key"))).await.unwrap());
    assert!(!grants.set_device_secret(&grant, None, ("other", None)).await.unwrap());
    assert!(!grants.set_device_secret(&grant, Some("other"), ("third", None)).await.unwrap());
    let found = grants.find(&grant).await.unwrap().unwrap();
    assert_eq!(found.device_secret_hash.as_deref(), Some("first"));
    assert_eq!(found.device_secret_dpop_jkt.as_deref(), Some("key"));
    assert!(grants.set_device_secret(&grant, Some("first"), ("second", None)).await.unwrap());
    grants.end(&grant, NOW).await.unwrap();
    assert!(!grants.set_device_secret(&grant, Some("second"), ("third", None)).await.unwrap());
}

async fn an_end_happens_once_and_leaves_the_lists(store: &Store) {
    let alice = signed_in(store).await;
    let (session, grant) = (session(&alice).id, grant(&alice).id);
    let mut tx = write(store).await;
    assert!(tx.idp_sessions().end(&session, NOW).await.unwrap());
    assert!(!tx.idp_sessions().end(&session, NOW).await.unwrap());
    assert!(tx.grants().end(&grant, NOW).await.unwrap());
    assert!(!tx.grants().end(&grant, NOW).await.unwrap());
    assert_eq!(tx.idp_sessions().list(&alice).await.unwrap(), []);
    assert_eq!(tx.grants().list(&alice).await.unwrap(), []);
    assert_eq!(tx.grants().list_of_idp_session(&session).await.unwrap(), []);
}

async fn only_the_current_secret_rotates(store: &Store) {
    signed_in(store).await;
    let step = |current_hash, next_hash| Rotation {
        current_hash,
        next_hash,
        sealed_successor: "sealed",
        at: NOW.plus_seconds(5),
    };
    let mut tx = write(store).await;
    assert!(tx.refresh_tokens().rotate("r1", &step("first", "second")).await.unwrap());
    assert!(!tx.refresh_tokens().rotate("r1", &step("first", "third")).await.unwrap());
    let found = tx.refresh_tokens().find(&GrantId::new("g1"), "r1").await.unwrap().unwrap();
    assert_eq!((found.hash.as_str(), found.previous_hash.as_deref()), ("second", Some("first")));
    assert_eq!(found.sealed_successor.as_deref(), Some("sealed"));
    assert_eq!(found.rotated_at, Some(NOW.plus_seconds(5)));
}

async fn access_tokens_are_deleted_and_swept(store: &Store) {
    signed_in(store).await;
    let mut tx = write(store).await;
    assert_eq!(tx.access_tokens().sweep(NOW, 10).await.unwrap(), 0);
    assert!(tx.access_tokens().delete("access").await.unwrap());
    assert!(!tx.access_tokens().delete("access").await.unwrap());
    let of_browser = AccessToken {
        holder: AccessTokenHolder::IdpSession(IdpSessionId::new("s1")),
        ..access_token()
    };
    tx.access_tokens().insert(&of_browser).await.unwrap();
    assert_eq!(tx.access_tokens().find("access").await.unwrap(), Some(of_browser));
    assert_eq!(tx.access_tokens().sweep(NOW.plus_seconds(1801), 10).await.unwrap(), 1);
}

async fn what_is_over_is_cleared_out_with_all_that_hangs_on_it(store: &Store) {
    let alice = signed_in(store).await;
    let (session, grant) = (session(&alice).id, grant(&alice).id);
    let mut tx = write(store).await;
    assert_eq!(tx.grants().sweep(NOW.plus_seconds(3600), 10).await.unwrap(), 0);
    tx.grants().end(&grant, NOW).await.unwrap();
    assert_eq!(tx.grants().sweep(NOW.plus_seconds(1), 0).await.unwrap(), 0);
    assert_eq!(tx.grants().sweep(NOW.plus_seconds(1), 10).await.unwrap(), 1);
    assert_eq!(tx.grants().find(&grant).await.unwrap(), None);
    assert_eq!(tx.refresh_tokens().list(&grant).await.unwrap(), []);
    assert_eq!(tx.access_tokens().find("access").await.unwrap(), None);
    assert_eq!(tx.idp_sessions().sweep(NOW.plus_seconds(3601), 10).await.unwrap(), 1);
    assert_eq!(tx.idp_sessions().find(&session).await.unwrap(), None);
}

async fn all_that_a_token_hangs_on_is_one_row(store: &Store) {
    let alice = signed_in(store).await;
    let mut tx = read(store).await;
    let by_token = tx.signed_in_by_access_token("access").await.unwrap().unwrap();
    assert_eq!(by_token.grant_id, Some(GrantId::new("g1")));
    assert_eq!(by_token.scopes, Scopes::parse("openid"));
    assert_eq!(by_token.token_expires_at, Some(NOW.plus_seconds(1800)));
    assert_eq!(by_token.idp_ends.unwrap().expires_at, NOW.plus_seconds(3600));
    assert_eq!(by_token.user.id, alice);
    assert!(by_token.ends.is_live(NOW) && by_token.idp_ends.unwrap().is_live(NOW));

    let grant = GrantId::new("g1");
    let by_refresh = tx.signed_in_by_refresh_token(&grant, "r1").await.unwrap().unwrap();
    assert_eq!(by_refresh.scopes, Scopes::parse("openid offline_access"));
    assert_eq!(tx.signed_in_by_refresh_token(&grant, "other").await.unwrap(), None);

    let session = session(&alice);
    let by_cookie = tx.signed_in_by_idp_session(&session.id).await.unwrap().unwrap();
    assert_eq!((by_cookie.grant_id, by_cookie.amr), (None, session.amr));
    assert_eq!(by_cookie.token_hash, "hash");
    assert!(!by_cookie.ends.is_live(NOW.plus_seconds(600)));
}

async fn how_somebody_stands_comes_with_their_session(store: &Store) {
    let alice = signed_in(store).await;
    let standing = async || {
        let mut tx = read(store).await;
        let by_token = tx.signed_in_by_access_token("access").await.unwrap().unwrap();
        let by_cookie = tx.signed_in_by_idp_session(&session(&alice).id).await.unwrap().unwrap();
        assert_eq!(by_token.standing, by_cookie.standing);
        let UserStanding { is_anonymous, has_authenticators, has_verified_claims } =
            by_token.standing;
        [is_anonymous, has_authenticators, has_verified_claims]
    };
    assert_eq!(standing().await, [false, false, false]);
    let mut tx = write(store).await;
    tx.authenticators().insert_password(&password(&alice, "p1")).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(standing().await, [false, true, false]);
    let claim = VerifiedClaim {
        id: "c1".into(),
        user_id: alice.clone(),
        name: "email".into(),
        value: "a@b.c".into(),
        created_at: NOW,
        channel: None,
    };
    let nameless = Identity::Anonymous(AnonymousIdentity {
        base: identity_base(&alice, "i1"),
        key_id: None,
        key: None,
    });
    let mut tx = write(store).await;
    tx.verified_claims().insert(&claim).await.unwrap();
    tx.identities().insert(&nameless).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(standing().await, [true, true, true]);
}

async fn a_consent_grows_and_keeps_its_id(store: &Store) {
    let alice = signed_in(store).await;
    let consent = |id: &str, scopes| Authorization {
        id: AuthorizationId::new(id),
        client_id: ClientId::new("app"),
        user_id: alice.clone(),
        created_at: NOW,
        updated_at: NOW,
        scopes: Scopes::parse(scopes),
    };
    let mut tx = write(store).await;
    let first = tx.authorizations().save(&consent("a1", "openid")).await.unwrap();
    let again = tx.authorizations().save(&consent("a2", "openid email")).await.unwrap();
    assert_eq!((&first, first.as_str()), (&again, "a1"));
    let found = tx.authorizations().find(&alice, &ClientId::new("app")).await.unwrap();
    assert_eq!(found, Some(consent("a1", "openid email")));
    assert_eq!(tx.authorizations().find_by_id(&first).await.unwrap(), found);
    assert_eq!(tx.authorizations().list(&alice).await.unwrap(), [found.unwrap()]);
}

async fn withdrawing_a_consent_ends_its_grants(store: &Store) {
    let alice = signed_in(store).await;
    let consent = AuthorizationId::new("a1");
    let mut tx = write(store).await;
    tx.authorizations().end_grants(&consent, NOW).await.unwrap();
    tx.authorizations().delete(&consent).await.unwrap();
    assert_eq!(tx.grants().list(&alice).await.unwrap(), []);
    assert_eq!(tx.authorizations().find_by_id(&consent).await.unwrap(), None);
}

conformance!(
    sessions_and_grants_are_read_as_written,
    another_project_sees_none_of_it,
    whoever_is_erased_is_signed_in_nowhere,
    a_use_is_noted_and_an_older_one_is_not,
    authenticating_again_moves_forward_only,
    a_device_key_is_bound_once,
    a_device_secret_is_renewed_by_whoever_saw_the_present_one,
    an_end_happens_once_and_leaves_the_lists,
    only_the_current_secret_rotates,
    access_tokens_are_deleted_and_swept,
    what_is_over_is_cleared_out_with_all_that_hangs_on_it,
    all_that_a_token_hangs_on_is_one_row,
    how_somebody_stands_comes_with_their_session,
    a_consent_grows_and_keeps_its_id,
    withdrawing_a_consent_ends_its_grants,
);
