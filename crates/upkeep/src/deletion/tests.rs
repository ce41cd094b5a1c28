use domain::UserId;
use testkit::World;

use super::*;
use crate::world::{Scene, events};

const OFFERED: &str =
    "account_deletion: { scheduled_by_end_user_enabled: true, grace_period_days: 7 }\n";
const SEVEN_DAYS: i64 = 7 * SECONDS_OF_A_DAY;

async fn alice(yaml: &str) -> (World, UserId) {
    let world = World::new(yaml).await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    (world, alice)
}

async fn carried_out(world: &World) -> Round {
    let platform = &world.platform;
    carry_out(&world.ctx(), &platform.store, &platform.sessions).await.unwrap()
}

async fn status(world: &World, user: &UserId) -> Option<AccountStatus> {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let found = tx.users().find(user).await.unwrap();
    found.map(|it| it.status(world.ctx().now))
}

#[tokio::test]
async fn an_account_is_closed_at_once_and_gone_after_the_grace_period() {
    let (world, user) = alice(OFFERED).await;
    let scene = Scene::of(&world, &user).await;
    let at = schedule(&scene.cx()).await.unwrap().unwrap();
    assert_eq!(at, scene.ctx.now.plus_seconds(SEVEN_DAYS));
    let closed = AccountStatus::ScheduledDeletion { at, by_the_person: true };
    assert_eq!(status(&world, &user).await, Some(closed));
    world.sleep(SEVEN_DAYS - 1);
    assert_eq!(carried_out(&world).await.deleted, 0);
    world.sleep(1);
    assert_eq!(carried_out(&world).await, Round { deleted: 1, is_more: false });
    assert_eq!(status(&world, &user).await, None);
    assert_eq!(events(&world).await, ["user.deletion_scheduled", "user.deleted"]);
    // The address is free again.
    world.person("email", "alice@example.com", "correct horse").await;
}

#[tokio::test]
async fn whoever_gives_up_their_account_is_signed_out_everywhere() {
    let (world, user) = alice(OFFERED).await;
    let (here, there) = (Scene::of(&world, &user).await, Scene::of(&world, &user).await);
    schedule(&here.cx()).await.unwrap().unwrap();
    let sessions = &world.platform.sessions;
    for scene in [&here, &there] {
        let found = sessions.find(&world.ctx(), &scene.session.session, None).await.unwrap();
        assert_eq!(found, None);
    }
}

#[tokio::test]
async fn an_account_that_was_opened_again_stays() {
    let (world, user) = alice(OFFERED).await;
    schedule(&Scene::of(&world, &user).await.cx()).await.unwrap().unwrap();
    let mut tx = world.platform.store.write(&world.app.id).await.unwrap();
    tx.users().unschedule_deletion(&user, world.ctx().now).await.unwrap();
    tx.commit().await.unwrap();
    world.sleep(SEVEN_DAYS);
    assert_eq!(carried_out(&world).await.deleted, 0);
    assert_eq!(status(&world, &user).await, Some(AccountStatus::Normal));
}

#[tokio::test]
async fn a_project_may_not_offer_it() {
    let (world, user) = alice("").await;
    let refused = schedule(&Scene::of(&world, &user).await.cx()).await.unwrap();
    assert_eq!(refused, Err(Refusal::NotAllowed));
    assert_eq!(status(&world, &user).await, Some(AccountStatus::Normal));
}

#[tokio::test]
async fn a_hook_may_keep_an_account() {
    let yaml = format!(
        "{OFFERED}hook: {{ blocking_handlers: [{{ event: user.pre_schedule_deletion, \
         url: \"authgeardeno:///deno/hook.ts\" }}] }}\n"
    );
    let script = "export default async function (e: any) {
      return { is_allowed: e.payload.user.is_deactivated !== true, title: 't', reason: 'r' };
    }";
    let world = World::with_scripts(&yaml, &[("deno/hook.ts", script)]).await;
    let user = world.person("email", "alice@example.com", "correct horse").await;
    let refused = schedule(&Scene::of(&world, &user).await.cx()).await.unwrap();
    let Err(Refusal::Hook(HookRefusal::Disallowed(no))) = refused else { panic!("{refused:?}") };
    assert_eq!((no.title.as_str(), no.reason.as_str()), ("t", "r"));
    assert_eq!(status(&world, &user).await, Some(AccountStatus::Normal));
    assert!(events(&world).await.is_empty());
}
