use domain::UserId;

use super::{all_of, one_of};
use crate::session::SessionRef;
use crate::world::{World, alice};
use crate::{Credentials, Resolved, listing};

#[tokio::test]
async fn everything_but_the_current_group_ends() {
    let world = World::new().await;
    let (here, cookie) = world.browser().await;
    let (there, _) = world.browser().await;
    let kept = world.grant("app", Some(&here)).await.grant.id;
    let lost = world.grant("app", Some(&there)).await.grant.id;
    let alone = world.grant("other", None).await.grant.id;
    let credentials = Credentials { idp_session: Some(&cookie), ..Credentials::default() };
    let Resolved::Session(current) =
        world.sessions.resolve(&world.ctx(), credentials).await.unwrap()
    else {
        panic!("signed in")
    };

    let mut tx = world.write().await;
    let ended = all_of(&world.ctx(), &mut tx, &alice(), Some(&current)).await.unwrap();
    let mut expected =
        vec![SessionRef::Grant(lost), SessionRef::Grant(alone), SessionRef::Idp(there)];
    let mut ended: Vec<_> = ended.iter().map(SessionRef::sid).collect();
    let mut expected: Vec<_> = expected.drain(..).map(|it| it.sid()).collect();
    ended.sort();
    expected.sort();
    assert_eq!(ended, expected);
    assert!(tx.grants().find(&kept).await.unwrap().unwrap().ended_at.is_none());

    let rest = all_of(&world.ctx(), &mut tx, &alice(), None).await.unwrap();
    assert_eq!(rest.len(), 2);
}

#[tokio::test]
async fn a_session_that_was_replaced_ends_unless_applications_share_it() {
    let world = World::new().await;
    let (alone, cookie) = world.browser().await;
    let (shared, shared_cookie) = world.browser().await;
    world.grant("app", Some(&shared)).await;
    let own = world.grant("other", None).await.grant.id;
    for cookie in [&cookie, &shared_cookie, "no.session"] {
        world.sessions.replace(&world.ctx(), cookie).await.unwrap();
    }
    let mut tx = world.write().await;
    let mut is_live =
        async |id| tx.idp_sessions().find(id).await.unwrap().unwrap().ended_at.is_none();
    assert!(!is_live(&alone).await);
    assert!(is_live(&shared).await, "the application did not sign out");
    assert!(tx.grants().find(&own).await.unwrap().unwrap().ended_at.is_none());
    drop(tx);
    let credentials = Credentials { idp_session: Some(&cookie), ..Credentials::default() };
    let resolved = world.sessions.resolve(&world.ctx(), credentials).await.unwrap();
    assert_eq!(resolved, Resolved::Invalid, "at once");
}

#[tokio::test]
async fn nobody_ends_another_persons_session() {
    let world = World::new().await;
    let (session, _) = world.browser().await;
    let grant = world.grant("app", None).await.grant.id;
    let mallory = UserId::new("mallory");
    let mut tx = world.write().await;
    for session in [SessionRef::Idp(session), SessionRef::Grant(grant)] {
        assert!(one_of(&world.ctx(), &mut tx, &mallory, &session).await.unwrap().is_empty());
        assert_eq!(one_of(&world.ctx(), &mut tx, &alice(), &session).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn the_list_shows_a_group_once_and_nothing_that_is_over() {
    let world = World::new().await;
    let (session, _) = world.browser().await;
    world.grant("app", Some(&session)).await;
    world.sleep(60);
    let alone = world.grant("other", None).await.grant.id;
    let list = async || {
        let mut tx = world.write().await;
        let listed = listing::list(&world.ctx(), &mut tx, &alice(), None).await.unwrap();
        listed.into_iter().map(|it| (it.session, it.display_name)).collect::<Vec<_>>()
    };
    let both = [
        (SessionRef::Grant(alone.clone()), "curl".to_owned()),
        (SessionRef::Idp(session), "curl".to_owned()),
    ];
    assert_eq!(list().await, both);
    world.sleep(3_600);
    assert_eq!(list().await, both[..1]);
    world.sleep(7_200);
    assert_eq!(list().await, []);
}

#[tokio::test]
async fn a_client_that_allows_one_session_ends_the_one_before() {
    let world = World::new().await;
    let mut config = world.app.config.oauth.find_client("app").unwrap().clone();
    config.x_max_concurrent_session = 1;
    let first = world.grant("app", None).await;
    let other = world.grant("other", None).await;
    let mut tx = world.write().await;
    let rows = tx.refresh_tokens().list(&first.grant.id).await.unwrap();
    let new = crate::grant::NewGrant {
        id: domain::GrantId::new("second"),
        user_id: alice(),
        authorization_id: rows[0].authorization_id.clone().unwrap(),
        scopes: domain::Scopes::parse("openid"),
        idp_session_id: None,
        identity_id: None,
        sso_enabled: false,
        amr: Vec::new(),
        authenticated_at: world.ctx().now,
        device_info: None,
        app2app_device_key_jwk: None,
        dpop_jkt: None,
    };
    let issued = crate::grant::issue(&world.ctx(), &mut tx, &config, new).await.unwrap();
    assert_eq!(issued.ended, [SessionRef::Grant(first.grant.id)]);
    assert!(tx.grants().find(&other.grant.id).await.unwrap().unwrap().ended_at.is_none());
}
