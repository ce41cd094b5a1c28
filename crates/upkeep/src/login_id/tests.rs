use accounts::claims::is_verified;
use appconfig::authenticator::OobChannel;
use domain::UserId;
use testkit::World;

use super::*;
use crate::world::{Scene, events, identities, received};

const PROVED: &str = "
verification: { claims: { email: { enabled: true, required: true } } }
test_mode: { oob_otp: { enabled: false } }
";

async fn alice(yaml: &str) -> (World, UserId) {
    let world = World::new(yaml).await;
    let alice = world.person("email", "alice@example.com", "correct horse").await;
    (world, alice)
}

async fn waiting(scene: &Scene<'_>, typed: &str) -> Secret<String> {
    let step = add(&scene.cx(), LoginIdType::Email, typed).await.unwrap().unwrap();
    let Step::Waiting(token) = step else { panic!("{step:?}") };
    token
}

async fn finished(
    scene: &Scene<'_>,
    token: &Secret<String>,
    code: &str,
) -> Result<LoginId, Refusal> {
    finish(&scene.cx(), token.reveal(), &Secret::new(code.to_owned())).await.unwrap()
}

async fn values(world: &World, user: &UserId) -> Vec<String> {
    let all = identities(world, user).await;
    all.iter().map(|it| it.display_id().to_owned()).collect()
}

#[tokio::test]
async fn an_address_that_needs_no_proof_is_added_changed_and_removed() {
    let (world, user) = alice("").await;
    let scene = Scene::of(&world, &user).await;
    let step = add(&scene.cx(), LoginIdType::Email, "work@example.com").await.unwrap().unwrap();
    let Step::Done(added) = step else { panic!("{step:?}") };
    let id = &added.base.id;
    let step = change(&scene.cx(), id, "home@example.com").await.unwrap().unwrap();
    assert!(matches!(step, Step::Done(_)), "{step:?}");
    assert_eq!(values(&world, &user).await, ["alice@example.com", "home@example.com"]);
    remove(&scene.cx(), id).await.unwrap().unwrap();
    assert_eq!(values(&world, &user).await, ["alice@example.com"]);
    let expected = ["identity.email.added", "identity.email.updated", "identity.email.removed"];
    assert_eq!(events(&world).await, expected);
}

#[tokio::test]
async fn an_address_that_needs_a_proof_is_written_with_the_right_code_only() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let token = waiting(&scene, "work@example.com").await;
    assert_eq!(values(&world, &user).await, ["alice@example.com"]);
    let code = received(&world).await;
    let wrong = finished(&scene, &token, "000000").await;
    assert!(matches!(wrong, Err(Refusal::WrongCode)), "{wrong:?}");
    assert_eq!(values(&world, &user).await, ["alice@example.com"]);
    finished(&scene, &token, &code).await.unwrap();
    assert_eq!(values(&world, &user).await, ["alice@example.com", "work@example.com"]);
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let proved = tx.verified_claims().list(&user).await.unwrap();
    assert_eq!(proved[0].value, "work@example.com");
    let again = finished(&scene, &token, &code).await;
    assert!(matches!(again, Err(Refusal::UnknownToken)), "{again:?}");
}

#[tokio::test]
async fn changing_an_address_keeps_the_old_one_until_the_new_one_is_proved() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let id = identities(&world, &user).await[0].id().clone();
    let step = change(&scene.cx(), &id, "new@example.com").await.unwrap().unwrap();
    let Step::Waiting(token) = step else { panic!("{step:?}") };
    assert_eq!(values(&world, &user).await, ["alice@example.com"]);
    let shown = look(&scene.cx(), token.reveal()).await.unwrap().unwrap();
    assert_eq!((shown.target.as_str(), shown.identity_id), ("new@example.com", Some(id)));
    let code = received(&world).await;
    finished(&scene, &token, &code).await.unwrap();
    assert_eq!(values(&world, &user).await, ["new@example.com"]);
}

#[tokio::test]
async fn an_address_that_is_there_is_proved() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let id = identities(&world, &user).await[0].id().clone();
    let step = prove(&scene.cx(), &id).await.unwrap().unwrap();
    let Step::Waiting(token) = step else { panic!("{step:?}") };
    let code = received(&world).await;
    finished(&scene, &token, &code).await.unwrap();
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    let overview = tx.users().find_overview(&user).await.unwrap().unwrap();
    assert!(is_verified(&world.app.config.verification, &overview));
    drop(tx);
    assert!(events(&world).await.contains(&"identity.email.verified".to_owned()));
}

#[tokio::test]
async fn a_change_waits_for_the_session_in_which_it_began() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let token = waiting(&scene, "work@example.com").await;
    let code = received(&world).await;
    // The same person, signed in again: what somebody else began in their name is worth nothing.
    let later = Scene::of(&world, &user).await;
    let refused = finished(&later, &token, &code).await;
    assert!(matches!(refused, Err(Refusal::UnknownToken)), "{refused:?}");
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    let refused = finished(&Scene::of(&world, &bob).await, &token, &code).await;
    assert!(matches!(refused, Err(Refusal::OthersToken)), "{refused:?}");
    assert!(finished(&scene, &token, &code).await.is_ok());
}

#[tokio::test]
async fn the_address_of_somebody_else_is_refused_before_a_code_goes_there() {
    let (world, user) = alice(PROVED).await;
    world.person("email", "bob@example.com", "correct horse").await;
    let scene = Scene::of(&world, &user).await;
    let refused = add(&scene.cx(), LoginIdType::Email, "Bob@Example.com").await.unwrap();
    assert!(matches!(refused, Err(Refusal::Taken { .. })), "{refused:?}");
    world.deliver_messages().await;
    assert!(world.platform.outbound.kept(&world.app.id).is_empty());
}

#[tokio::test]
async fn an_address_that_was_taken_meanwhile_is_refused_at_the_end() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let token = waiting(&scene, "work@example.com").await;
    let code = received(&world).await;
    world.person("email", "work@example.com", "correct horse").await;
    let refused = finished(&scene, &token, &code).await;
    assert!(matches!(refused, Err(Refusal::Taken { .. })), "{refused:?}");
    assert_eq!(values(&world, &user).await, ["alice@example.com"]);
}

#[tokio::test]
async fn a_code_is_not_sent_again_at_once() {
    let (world, user) = alice(PROVED).await;
    let scene = Scene::of(&world, &user).await;
    let token = waiting(&scene, "work@example.com").await;
    let refused = send(&scene.cx(), token.reveal(), None).await.unwrap();
    assert!(matches!(refused, Err(Refusal::RateLimited(_))), "{refused:?}");
    let odd = send(&scene.cx(), token.reveal(), Some("pigeon")).await.unwrap();
    assert!(matches!(odd, Err(Refusal::UnknownChannel)), "{odd:?}");
}

#[tokio::test]
async fn a_number_goes_by_the_channel_that_was_chosen() {
    let yaml = "
verification: { claims: { phone_number: { enabled: true, required: true } } }
authenticator: { oob_otp: { sms: { phone_otp_mode: whatsapp_sms } } }
test_mode: { sms: { enabled: true, rules: [{ regex: '.*', suppressed: true }] } }
";
    let (world, user) = alice(yaml).await;
    let scene = Scene::of(&world, &user).await;
    let step = add(&scene.cx(), LoginIdType::Phone, "+85298765432").await.unwrap().unwrap();
    let Step::Waiting(token) = step else { panic!("{step:?}") };
    let shown = look(&scene.cx(), token.reveal()).await.unwrap().unwrap();
    assert_eq!((shown.channels.len(), shown.channel), (2, None));
    let early = finished(&scene, &token, "111111").await;
    assert!(matches!(early, Err(Refusal::UnknownChannel)), "{early:?}");
    send(&scene.cx(), token.reveal(), Some("sms")).await.unwrap().unwrap();
    let shown = look(&scene.cx(), token.reveal()).await.unwrap().unwrap();
    assert_eq!(shown.channel.map(OobChannel::as_str), Some("sms"));
}

#[tokio::test]
async fn what_the_project_forbids_is_refused() {
    let yaml = "identity: { login_id: { keys: [{ type: email, create_disabled: true, \
                update_disabled: true, delete_disabled: true }] } }";
    let (world, user) = alice(yaml).await;
    let scene = Scene::of(&world, &user).await;
    let cx = scene.cx();
    let id = identities(&world, &user).await[0].id().clone();
    let added = add(&cx, LoginIdType::Email, "work@example.com").await.unwrap();
    assert!(matches!(added, Err(Refusal::NotAllowed)), "{added:?}");
    let changed = change(&cx, &id, "work@example.com").await.unwrap();
    assert!(matches!(changed, Err(Refusal::NotAllowed)), "{changed:?}");
    let removed = remove(&cx, &id).await.unwrap();
    assert!(matches!(removed, Err(Refusal::NotAllowed)), "{removed:?}");
}

#[tokio::test]
async fn the_last_way_in_stays() {
    let (world, user) = alice("").await;
    let scene = Scene::of(&world, &user).await;
    let id = identities(&world, &user).await[0].id().clone();
    let removed = remove(&scene.cx(), &id).await.unwrap();
    assert!(matches!(removed, Err(Refusal::Last)), "{removed:?}");
    let bob = world.person("email", "bob@example.com", "correct horse").await;
    let others = remove(&Scene::of(&world, &bob).await.cx(), &id).await.unwrap();
    assert!(matches!(others, Err(Refusal::UnknownIdentity)), "{others:?}");
}

#[tokio::test]
async fn nobody_collects_addresses() {
    let (world, user) = alice("").await;
    let scene = Scene::of(&world, &user).await;
    for number in 1..LOGIN_IDS_MAX {
        let typed = format!("a{number}@example.com");
        add(&scene.cx(), LoginIdType::Email, &typed).await.unwrap().unwrap();
    }
    let refused = add(&scene.cx(), LoginIdType::Email, "more@example.com").await.unwrap();
    assert!(matches!(refused, Err(Refusal::TooMany)), "{refused:?}");
}

#[tokio::test]
async fn what_happens_to_numbers_and_names_is_written_down() {
    let yaml = "
authenticator: { oob_otp: { sms: { phone_otp_mode: sms } } }
verification: { claims: { phone_number: { enabled: true, required: false } } }
test_mode:
  sms: { enabled: true, rules: [{ regex: '.*', suppressed: true }] }
  oob_otp: { enabled: true, rules: [{ regex: '.*', fixed_code: '111111' }] }
";
    let (world, user) = alice(yaml).await;
    let scene = Scene::of(&world, &user).await;
    let cx = scene.cx();
    let mut ids = Vec::new();
    for (kind, typed) in [(LoginIdType::Phone, "+85298765432"), (LoginIdType::Username, "alice")] {
        let step = add(&cx, kind, typed).await.unwrap().unwrap();
        let Step::Done(added) = step else { panic!("{step:?}") };
        ids.push(added.base.id);
    }
    change(&cx, &ids[0], "+85298765431").await.unwrap().unwrap();
    let step = prove(&cx, &ids[0]).await.unwrap().unwrap();
    let Step::Waiting(token) = step else { panic!("{step:?}") };
    finished(&scene, &token, "111111").await.unwrap();
    change(&cx, &ids[1], "alicia").await.unwrap().unwrap();
    for id in &ids {
        remove(&cx, id).await.unwrap().unwrap();
    }
    let told = events(&world).await;
    let told: Vec<&str> =
        told.iter().map(String::as_str).filter(|it| *it != "sms.suppressed").collect();
    let expected = [
        "identity.phone.added",
        "identity.username.added",
        "identity.phone.updated",
        "identity.phone.verified",
        "identity.username.updated",
        "identity.phone.removed",
        "identity.username.removed",
    ];
    assert_eq!(told, expected);
}
