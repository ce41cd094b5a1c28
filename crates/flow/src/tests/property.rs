//! Random inputs through random flows: what must hold whatever somebody does.
//!
//! The seed is fixed, so a run that fails fails again. A run picks the steps of a sign-up or a
//! sign-in, and then feeds answers that fit, answers that do not, and answers to older questions.

use appconfig::flow::FlowKind;
use serde_json::{Value, json};
use stdx::Secret;
use testkit::World;

use super::{cx, input};
use crate::{Answer, Finished, FlowRef, Input, Refusal, Reply, Setting, create, feed};

/// Who signs up.
const NEW: &str = "new@example.com";
const RUNS: u64 = 60;
const INPUTS: usize = 40;
/// Guesses at Alice's password that are looked at, and how many of them are told to be wrong: the
/// last one is told of the lock.
const GUESSES_MAX: usize = 5;

/// Xorshift: chance enough for choosing, and the same every time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    fn is_one_in(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.below(from.len())]
    }
}

/// A project, and what it insists on.
struct Project {
    yaml: String,
    needs_second: bool,
    needs_proof: bool,
}

/// A project whose flows are declared, with steps by chance.
fn project(dice: &mut Dice) -> Project {
    let (needs_second, needs_proof) = (dice.is_one_in(2), dice.is_one_in(2));
    let by_code = dice.is_one_in(2);
    let primary = if by_code { "[password, oob_otp_email]" } else { "[password]" };
    let oob =
        if by_code { ", { authentication: primary_oob_otp_email, target_step: who }" } else { "" };
    let verify = if needs_proof { "{ type: verify, target_step: who }, " } else { "" };
    let second = |kind: &str| {
        let factors = if kind == "authenticate" {
            "[{ authentication: secondary_totp }, { authentication: recovery_code }]"
        } else {
            "[{ authentication: secondary_totp, steps: [{ type: view_recovery_code }] }]"
        };
        if needs_second {
            format!(", {{ type: {kind}, one_of: {factors} }}")
        } else {
            String::new()
        }
    };
    let profile = if dice.is_one_in(2) {
        ", { type: fill_in_user_profile, user_profile: [{ pointer: /given_name, required: true }] }"
    } else {
        ""
    };
    let form = if dice.is_one_in(2) { "code" } else { "login_link" };
    let (sign_up, sign_in) = (second("create_authenticator"), second("authenticate"));
    let yaml = format!(
        "
authentication:
  identities: [login_id]
  primary_authenticators: {primary}
  secondary_authenticators: [totp]
  lockout: {{ max_attempts: {GUESSES_MAX}, history_duration: 24h, minimum_duration: 24h,
             maximum_duration: 24h, lockout_type: per_user, password: {{ enabled: true }} }}
  rate_limits: {{ password: {{ per_ip: {{ enabled: false }}, per_user_per_ip: {{ enabled: false }} }} }}
authenticator: {{ oob_otp: {{ email: {{ email_otp_mode: {form} }} }} }}
authentication_flow:
  signup_flows:
  - name: default
    steps: [{{ type: identify, name: who, one_of: [{{ identification: email, steps: [{verify}
      {{ type: create_authenticator, one_of: [{{ authentication: primary_password }}{oob}] }}{sign_up}{profile}] }}] }}]
  login_flows:
  - name: default
    steps: [{{ type: identify, name: who, one_of: [{{ identification: email, steps: [
      {{ type: authenticate, one_of: [{{ authentication: primary_password }}{oob}] }}{sign_in}] }}] }},
      {{ type: check_account_status }}]
"
    );
    Project { yaml, needs_second, needs_proof }
}

/// What has been asked so far.
struct Run<'a> {
    world: &'a World,
    dice: Dice,
    asked: Vec<Answer>,
    totp: Secret<String>,
}

impl Run<'_> {
    /// An answer: mostly one that fits the question, and right half of the time.
    fn answer(&mut self, asked: &Answer) -> Input {
        if let Some(secret) = asked.ask.data["secret"].as_str() {
            self.totp = Secret::new(secret.to_owned());
        }
        if self.dice.is_one_in(6) {
            return self.nonsense();
        }
        let right = self.dice.is_one_in(2);
        let value = match asked.ask.step.to_string().as_str() {
            "identify" => {
                let who = self.dice.pick(&[NEW, "alice@example.com", "nobody@"]);
                json!({ "identification": "email", "login_id": who })
            }
            "authenticate" | "create_authenticator" if asked.ask.data["otp_form"].is_null() => {
                self.proof(asked, right)
            }
            "view_recovery_code" => json!({ "confirm_recovery_code": right }),
            "fill_in_user_profile" => {
                json!({ "attributes": [{ "pointer": "/given_name", "value": "Bo" }] })
            }
            _ if self.dice.is_one_in(5) => json!({ "resend": true }),
            _ if right => self.received(),
            _ => json!({ "code": "000000", "check": true }),
        };
        let Value::Object(value) = value else { unreachable!("all are objects") };
        value
    }

    fn proof(&mut self, asked: &Answer, right: bool) -> Value {
        let code = accounts::totp::current_code(&self.totp, self.world.ctx().now);
        let totp = if right { code } else { "000000".to_owned() };
        if asked.ask.data["options"].is_null() {
            return json!({ "code": totp, "display_name": "" });
        }
        let words =
            ["primary_password", "primary_oob_otp_email", "secondary_totp", "recovery_code"];
        let authentication = self.dice.pick(&words);
        let password = if right { "correct horse" } else { "a guess" };
        json!({
            "authentication": authentication, "password": password, "new_password": password,
            "index": 0, "channel": "email", "code": totp, "display_name": "",
            "recovery_code": "AAAAA-AAAAA",
        })
    }

    /// The code that came last; nothing where nothing came.
    fn received(&self) -> Value {
        let kept = self.world.platform.outbound.kept(&self.world.app.id);
        let text = kept.first().map(|it| it.text.clone()).unwrap_or_default();
        let digits = text.split(|it: char| !it.is_ascii_digit()).find(|it| it.len() == 6);
        json!({ "code": digits.unwrap_or("000000"), "check": true })
    }

    fn nonsense(&mut self) -> Input {
        let text = self.dice.pick(&[
            "{}",
            r#"{"identification": 7, "login_id": []}"#,
            r#"{"authentication": "primary_passkey", "assertion_response": {}}"#,
            r#"{"identification": "id_token", "id_token": "a.b.c"}"#,
            r#"{"index": 18446744073709551615, "authentication": "secondary_totp", "code": ""}"#,
            r#"{"attributes": [{"pointer": "/email", "value": "root@example.com"}, 7]}"#,
            r#"{"code": "١٢٣٤٥٦", "password": "\u0000", "resend": "yes"}"#,
        ]);
        input(text)
    }
}

async fn say(world: &World, token: &str, typed: &Input) -> Reply {
    world.deliver_messages().await;
    let ctx = world.ctx();
    let reply = Box::pin(feed(&cx(world, &ctx), token, typed)).await;
    reply.expect("whatever was said is answered")
}

/// Whether somebody has this address.
async fn is_known(world: &World, email: &str) -> bool {
    let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
    tx.identities().find_by_unique_key(email).await.unwrap().is_some()
}

/// One run: as what it came to its end, and how often a password was wrong.
async fn run(seed: u64) -> (Option<FlowKind>, usize) {
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let project = project(&mut dice);
    let kind = if dice.is_one_in(2) { FlowKind::Signup } else { FlowKind::Login };
    let world = World::new(&project.yaml).await;
    world.person("email", "alice@example.com", "correct horse").await;
    let ctx = world.ctx();
    let flow = FlowRef::new(kind, "default");
    let began = Box::pin(create(&cx(&world, &ctx), flow, Setting::default())).await.unwrap();
    let Reply::Asked(first) = began else { panic!("{began:?}") };
    let totp = Secret::new(String::new());
    let mut run = Run { world: &world, dice, asked: vec![*first], totp };
    let (mut ended, mut wrong, mut guessed) = (None, 0, 0);
    for _ in 0..INPUTS {
        // An older question, now and then.
        let back = if run.dice.is_one_in(5) { run.dice.below(run.asked.len()) } else { 0 };
        let at = run.asked.remove(run.asked.len() - 1 - back);
        let typed = run.answer(&at);
        let token = at.state_token.clone();
        run.asked.push(at);
        match say(&world, &token, &typed).await {
            Reply::Asked(next) => run.asked.push(*next),
            Reply::Refused(Refusal::InvalidCredentials)
                if typed.get("authentication") == Some(&json!("primary_password")) =>
            {
                wrong += 1;
            }
            Reply::Refused(_) => {}
            Reply::Finished(finished) => {
                // What is said from now on goes to questions on other ways through the flow.
                assert_eq!(ended, None, "it finished twice: {seed}");
                check_end(&world, &project, kind, &finished).await;
                (ended, wrong) = (Some(kind), 0);
            }
        }
        assert!(ended.is_some() || !is_known(&world, NEW).await, "a half-done flow wrote: {seed}");
        assert!(wrong < GUESSES_MAX, "going back refilled a counter: {seed}");
        guessed = guessed.max(wrong);
    }
    (ended, guessed)
}

/// Nobody comes in without every factor and every proof that is insisted on.
async fn check_end(world: &World, project: &Project, kind: FlowKind, end: &Finished) {
    let has = |words: &[&str]| words.iter().any(|word| end.amr.iter().any(|it| it == word));
    assert!(has(&["x_primary_password", "x_primary_oob_otp_email"]), "{end:?}");
    let second = has(&["x_secondary_totp", "x_recovery_code"]);
    assert!(second || !project.needs_second, "{end:?}");
    if kind == FlowKind::Signup {
        assert!(is_known(world, NEW).await);
        let mut tx = world.platform.store.read(&world.app.id).await.unwrap();
        let proved = tx.verified_claims().list(&end.user_id).await.unwrap();
        assert!(!project.needs_proof || proved.iter().any(|it| it.value == NEW), "{end:?}");
    }
}

#[tokio::test]
async fn whatever_somebody_does_nothing_gives_way() {
    let (mut signed_up, mut signed_in, mut guessed) = (0, 0, 0);
    for seed in 1..=RUNS {
        let (finished, wrong) = Box::pin(run(seed)).await;
        signed_up += usize::from(finished == Some(FlowKind::Signup));
        signed_in += usize::from(finished == Some(FlowKind::Login));
        guessed = guessed.max(wrong);
    }
    // Otherwise the runs would show nothing.
    assert!(signed_up > 2 && signed_in > 2, "hardly anybody came to an end");
    assert_eq!(guessed, GUESSES_MAX - 1, "nobody ran into the lock");
}
