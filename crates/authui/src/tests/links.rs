//! The pages that links in mails lead to.

use appconfig::flow::FlowKind;
use flow::{Answer, FlowCx, FlowRef, Reply, Setting};
use serde_json::{Value, json};

use super::world::World;

const BY_LINK: &str = "
authentication: { identities: [login_id], primary_authenticators: [oob_otp_email, password] }
authenticator: { oob_otp: { email: { email_otp_mode: login_link } } }";
const PASSWORD: &str = "a long password";

/// A flow that somebody walks elsewhere, by the API.
struct Elsewhere<'a> {
    world: &'a World,
    asked: Option<Box<Answer>>,
}

impl<'a> Elsewhere<'a> {
    /// Takes these inputs, the last of which has something sent.
    async fn walk(world: &'a World, kind: FlowKind, inputs: &[Value]) -> Self {
        let mut walker = Self { world, asked: None };
        let ctx = world.ctx();
        let flow = FlowRef::new(kind, "default");
        let reply = flow::create(&walker.cx(&ctx), flow, Setting::default()).await.unwrap();
        walker.keep(reply);
        for input in inputs {
            let reply = walker.feed(input).await;
            walker.keep(reply);
        }
        world.deliver_messages().await;
        walker
    }

    async fn feed(&self, input: &Value) -> Reply {
        let ctx = self.world.ctx();
        let token = &self.asked.as_ref().expect("a question").state_token;
        flow::feed(&self.cx(&ctx), token, input.as_object().unwrap()).await.unwrap()
    }

    fn keep(&mut self, reply: Reply) {
        let Reply::Asked(asked) = reply else { panic!("{reply:?}") };
        self.asked = Some(asked);
    }

    fn cx<'b>(&self, ctx: &'b ctx::Ctx) -> FlowCx<'b>
    where
        'a: 'b,
    {
        let it = &self.world.platform;
        FlowCx {
            ctx,
            store: &it.store,
            kv: &it.kv,
            sessions: &it.sessions,
            hasher: &it.hasher,
            outbound: &it.outbound,
            hooks: &it.hooks,
            browser: flow::Browser::default(),
            weights: None,
        }
    }
}

/// The path of the link in the newest message.
fn link(world: &World) -> String {
    let kept = world.outbound.kept(&world.app.id);
    let text = &kept.first().expect("a message").text;
    let (_, rest) = text.split_once("http://localhost:3000").expect("a link");
    rest.split_whitespace().next().expect("a path").to_owned()
}

async fn sign_in(world: &World) -> Elsewhere<'_> {
    let inputs = [
        json!({ "identification": "email", "login_id": "alice@example.com" }),
        json!({ "authentication": "primary_oob_otp_email", "index": 0 }),
    ];
    Elsewhere::walk(world, FlowKind::Login, &inputs).await
}

async fn recover(world: &World) -> Elsewhere<'_> {
    let inputs = [
        json!({ "identification": "email", "login_id": "alice@example.com" }),
        json!({ "index": 0 }),
    ];
    Elsewhere::walk(world, FlowKind::AccountRecovery, &inputs).await
}

#[tokio::test]
async fn a_sign_in_is_approved_by_the_form_and_not_by_looking() {
    let world = World::without_authentication(BY_LINK).await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let waiting = sign_in(&world).await;
    let link = link(&world);
    assert!(link.starts_with("/authflow/v2/verify_login_link?code="), "{link}");
    let mut browser = world.browser();
    for _ in 0..2 {
        assert_eq!(browser.get(&link).await.summary(), "200 Approve this sign-in?");
    }
    let check = json!({ "check": true });
    assert!(matches!(waiting.feed(&check).await, Reply::Refused(_)), "nobody approved");
    let page = browser.get(&link).await;
    let code = page.hidden("x_oob_otp_code").unwrap();
    let done = browser.post(&link, &[("x_oob_otp_code", &code)]).await;
    assert_eq!(done.summary(), "303 /authflow/v2/verify_login_link?state=matched");
    assert_eq!(browser.follow(&done).await.summary(), "200 Approved");
    assert!(browser.cookies.is_empty(), "nobody is signed in where the link is opened");
    assert_eq!(browser.get(&link).await.summary(), "200 Approved");
    assert!(matches!(waiting.feed(&check).await, Reply::Finished(_)));
    browser.get(&link).await.shows("It has been used already.");
}

#[tokio::test]
async fn another_site_cannot_approve() {
    let world = World::without_authentication(BY_LINK).await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let waiting = sign_in(&world).await;
    let mut browser = world.browser();
    browser.site = Some("cross-site");
    assert_eq!(browser.post(&link(&world), &[]).await.status.as_u16(), 403);
    assert!(matches!(waiting.feed(&json!({ "check": true })).await, Reply::Refused(_)));
}

#[tokio::test]
async fn links_that_lead_nowhere_say_so() {
    let world = World::without_authentication(BY_LINK).await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    sign_in(&world).await;
    let first = link(&world);
    world.sleep(60);
    sign_in(&world).await;
    let mut browser = world.browser();
    let replaced = browser.get(&first).await;
    assert_eq!(replaced.summary(), "410 This link is over");
    replaced.shows("A newer link was sent to you");
    for path in ["?code=made-up", "?code=", ""] {
        let page = browser.get(&format!("/authflow/v2/verify_login_link{path}")).await;
        assert_eq!(page.summary(), "404 This link is over", "{path}");
        page.lacks("x_oob_otp_code");
    }
    let refused = browser.post(&first, &[("x_oob_otp_code", "made-up")]).await;
    assert_eq!(refused.summary(), "303 /authflow/v2/verify_login_link?state=invalid_code");
    world.sleep(24 * 60 * 60);
    assert_eq!(browser.get(&link(&world)).await.summary(), "404 This link is over");
}

#[tokio::test]
async fn a_lost_password_is_replaced_behind_the_link() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    recover(&world).await;
    let link = link(&world);
    assert!(link.starts_with("/authflow/v2/reset_password?code="), "{link}");
    let mut browser = world.browser();
    for _ in 0..2 {
        let page = browser.get(&link).await;
        assert_eq!(page.summary(), "200 Choose a new password");
        page.shows("alice@example.com");
    }
    let missing = browser.post(&link, &[("new_password", "")]).await;
    assert_eq!(missing.error_of("new_password"), Some("Enter a new password."));
    let short = browser.post(&link, &[("new_password", "short")]).await;
    assert_eq!(short.summary(), "400 Error: Choose a new password");
    let done = browser.fill(&short, &[("new_password", "another long password")]).await;
    assert_eq!(done.summary(), "303 /authflow/v2/reset_password/success");
    assert_eq!(browser.follow(&done).await.summary(), "200 Your password was changed");
    let again = browser.get(&link).await;
    assert_eq!(again.status.as_u16(), 410);
    again.shows("has been used already");
    let login = browser.get("/login").await;
    let asked = browser.fill(&login, &[("login_id", "alice@example.com")]).await;
    let page = browser.follow(&asked).await;
    let signed_in = browser.fill(&page, &[("password", "another long password")]).await;
    assert_eq!(signed_in.summary(), "303 /settings");
}

#[tokio::test]
async fn what_a_refused_password_leaves_is_of_no_use_to_another_browser() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    recover(&world).await;
    let (mut own, mut other) = (world.browser(), world.browser());
    let short = own.post(&link(&world), &[("new_password", "short")]).await;
    let stolen = other.fill(&short, &[("new_password", "another long password")]).await;
    assert_eq!(stolen.status.as_u16(), 400);
    stolen.shows("belongs to another browser");
}

#[tokio::test]
async fn a_recovery_link_that_is_over_says_so() {
    let world = World::new("").await;
    world.person("alice", &["alice@example.com"], PASSWORD).await;
    let mut browser = world.browser();
    for path in ["/authflow/v2/reset_password", "/flows/reset_password"] {
        let page = browser.get(&format!("{path}?code=made-up")).await;
        assert_eq!(page.status.as_u16(), 410);
        page.shows("This link is over");
        let posted =
            browser.post(&format!("{path}?code=made-up"), &[("new_password", PASSWORD)]).await;
        assert_eq!(posted.status.as_u16(), 410);
    }
}
