//! What codes are worth, and for how long.

use appconfig::authenticator::OobChannel;
use kv::Kv;

use super::*;
use crate::world::World;

const WORN_OUT_AFTER_TWO: &str = "authentication: { rate_limits: { oob_otp: { email: { max_failed_attempts_revoke_otp: 2 } } } }";

fn otp(form: Form) -> Otp<'static> {
    let (purpose, channel) = (Purpose::OobOtp, OobChannel::Email);
    Otp { purpose, form, channel, target: "alice@example.com" }
}

async fn sent(world: &World, kv: &Kv, otp: Otp<'_>, asking: Asking<'_>) -> Secret<String> {
    match generate(&world.ctx, kv, otp, asking).await.unwrap() {
        Generated::Code(code) => code,
        Generated::Refused(exhausted) => panic!("{exhausted:?}"),
    }
}

async fn tried(world: &World, kv: &Kv, otp: Otp<'_>, code: &str) -> Verified {
    let code = Secret::new(code.to_owned());
    verify(&world.ctx, kv, otp, Proof::Code(&code)).await.unwrap()
}

#[tokio::test]
async fn a_code_works_once() {
    let (world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Code));
    let code = sent(&world, &kv, otp, Asking::default()).await;
    assert_eq!(code.reveal().len(), 6);
    assert_eq!(tried(&world, &kv, otp, code.reveal()).await, Verified::Right);
    assert_eq!(tried(&world, &kv, otp, code.reveal()).await, Verified::Wrong);
}

#[tokio::test]
async fn a_code_is_for_one_purpose_and_one_address() {
    let (world, kv, own) = (World::new("").await, Kv::memory(), otp(Form::Code));
    let code = sent(&world, &kv, own, Asking::default()).await;
    let of_bob = Otp { target: "bob@example.com", ..own };
    let proving = Otp { purpose: Purpose::Verification, ..own };
    for other in [of_bob, proving] {
        assert_eq!(tried(&world, &kv, other, code.reveal()).await, Verified::Wrong);
    }
    assert_eq!(tried(&world, &kv, own, code.reveal()).await, Verified::Right);
}

#[tokio::test]
async fn a_code_is_forgotten_in_time() {
    let (mut world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Code));
    let code = sent(&world, &kv, otp, Asking::default()).await;
    world.sleep(300);
    assert_eq!(tried(&world, &kv, otp, code.reveal()).await, Verified::Wrong);
}

#[tokio::test]
async fn too_many_guesses_make_a_code_worthless() {
    let (world, kv, otp) = (World::new(WORN_OUT_AFTER_TWO).await, Kv::memory(), otp(Form::Code));
    let code = sent(&world, &kv, otp, Asking::default()).await;
    assert_eq!(tried(&world, &kv, otp, "wrong").await, Verified::Wrong);
    assert_eq!(tried(&world, &kv, otp, "wrong").await, Verified::WornOut);
    assert_eq!(tried(&world, &kv, otp, code.reveal()).await, Verified::WornOut);
    let standing = inspect(&world.ctx, &kv, otp, Asking::default()).await.unwrap();
    assert!(standing.too_many_attempts);
}

#[tokio::test]
async fn another_code_has_to_wait_and_replaces_the_first() {
    let (mut world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Code));
    let first = sent(&world, &kv, otp, Asking::default()).await;
    let at_once = generate(&world.ctx, &kv, otp, Asking::default()).await.unwrap();
    assert!(matches!(at_once, Generated::Refused(_)), "{at_once:?}");
    let standing = inspect(&world.ctx, &kv, otp, Asking::default()).await.unwrap();
    assert_eq!(standing.can_resend_at, world.ctx.now.plus_seconds(60));
    world.sleep(60);
    let second = sent(&world, &kv, otp, Asking::default()).await;
    assert_ne!(first.reveal(), second.reveal());
    assert_eq!(tried(&world, &kv, otp, first.reveal()).await, Verified::Wrong);
    assert_eq!(tried(&world, &kv, otp, second.reveal()).await, Verified::Right);
}

#[tokio::test]
async fn a_link_counts_once_it_is_approved() {
    let (world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Link));
    let asking = Asking { room: Some("room"), ..Asking::default() };
    let code = sent(&world, &kv, otp, asking).await;
    let early = verify(&world.ctx, &kv, otp, Proof::Approval { room: "room" }).await.unwrap();
    assert_eq!(early, Verified::Wrong);
    let approved = approve_link(&world.ctx, &kv, &code).await.unwrap();
    assert_eq!(approved, Approved::Approved { room: Some("room".to_owned()) });
    assert!(inspect(&world.ctx, &kv, otp, asking).await.unwrap().can_check);
    let right = verify(&world.ctx, &kv, otp, Proof::Approval { room: "room" }).await.unwrap();
    assert_eq!(right, Verified::Right);
    assert_eq!(approve_link(&world.ctx, &kv, &code).await.unwrap(), Approved::Unknown);
}

#[tokio::test]
async fn an_approval_is_worth_nothing_to_who_did_not_ask_for_the_link() {
    let (world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Link));
    let asking = Asking { room: Some("room"), ..Asking::default() };
    let code = sent(&world, &kv, otp, asking).await;
    let _ = approve_link(&world.ctx, &kv, &code).await.unwrap();
    let elsewhere = Asking { room: Some("another"), ..Asking::default() };
    assert!(!inspect(&world.ctx, &kv, otp, elsewhere).await.unwrap().can_check);
    let taken = verify(&world.ctx, &kv, otp, Proof::Approval { room: "another" }).await.unwrap();
    assert_eq!(taken, Verified::Wrong);
    let own = verify(&world.ctx, &kv, otp, Proof::Approval { room: "room" }).await.unwrap();
    assert_eq!(own, Verified::Right);
}

#[tokio::test]
async fn looking_at_a_link_says_how_it_stands_and_changes_nothing() {
    let (mut world, kv, otp) = (World::new("").await, Kv::memory(), otp(Form::Link));
    let asking = Asking { room: Some("room"), ..Asking::default() };
    let purpose = Purpose::OobOtp;
    let first = sent(&world, &kv, otp, asking).await;
    world.sleep(60);
    let code = sent(&world, &kv, otp, asking).await;
    let look = async |world: &World, purpose, code| {
        inspect_link(&world.ctx, &kv, purpose, code).await.unwrap()
    };
    assert_eq!(look(&world, purpose, &first).await, LinkStanding::Replaced);
    assert_eq!(look(&world, purpose, &code).await, LinkStanding::Open);
    assert_eq!(look(&world, purpose, &code).await, LinkStanding::Open);
    assert_eq!(look(&world, Purpose::ForgotPassword, &code).await, LinkStanding::Unknown);
    let _ = approve_link(&world.ctx, &kv, &code).await.unwrap();
    assert_eq!(look(&world, purpose, &code).await, LinkStanding::Approved);
    let right = verify(&world.ctx, &kv, otp, Proof::Approval { room: "room" }).await.unwrap();
    assert_eq!(right, Verified::Right);
    assert_eq!(look(&world, purpose, &code).await, LinkStanding::Used);
    world.sleep(24 * 60 * 60);
    assert_eq!(look(&world, purpose, &code).await, LinkStanding::Unknown);
}
