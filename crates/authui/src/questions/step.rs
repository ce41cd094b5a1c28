//! The name of a step in addresses and forms: the state's token, tied to the browser.
//!
//! Without the tie, somebody could begin to sign in as themselves, send the address to another
//! person, and have them finish: they would then use an account that is not theirs.

use stdx::{base64url, constant_time_eq, sha256};
use web::SetCookie;

use crate::visit::Visit;

/// Namespace of sealing and opening.
pub struct Step;

impl Step {
    /// The name under which this browser, and no other, finds the state; and the cookie that
    /// the browser needs for that, if it has none yet.
    pub fn seal(visit: &Visit, token: &str) -> (String, Option<SetCookie>) {
        let ctx = &visit.ctx;
        let (browser, cookie) = web::name_browser(&ctx.app, &visit.headers, &ctx.rng);
        (format!("{token}.{}", tie(&browser, token)), cookie)
    }

    /// The token behind a name, if this browser was given it.
    pub fn open(visit: &Visit, step: &str) -> Option<String> {
        let (token, tied) = step.rsplit_once('.')?;
        let browser = web::browser_of(&visit.ctx.app, &visit.headers)?;
        let is_right = constant_time_eq(tied.as_bytes(), tie(browser, token).as_bytes());
        is_right.then(|| token.to_owned())
    }
}

/// The browser's name is a secret of 256 bits and of fixed length, so its hash together with
/// the token is as good as a keyed one.
fn tie(browser: &str, token: &str) -> String {
    base64url(&sha256(format!("step {browser} {token}").as_bytes()))
}
