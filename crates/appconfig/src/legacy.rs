//! Sections that are still accepted and hardly mean anything any more.

use crate::duration::DurationString;
use crate::section::{choice, section};
use crate::text;

section! {
    /// `welcome_message`; ignored.
    pub struct WelcomeMessage {
        ..
        enabled: bool,
        destination: Option<WelcomeMessageDestination>,
    }

    /// `otp`; ignored.
    pub struct LegacyOtp {
        ..
        ratelimit: Option<LegacyOtpRateLimit>,
    }

    /// Ignored.
    pub struct LegacyOtpRateLimit {
        ..
        failed_attempt: Option<LegacyOtpFailedAttempt>,
    }

    /// Ignored.
    pub struct LegacyOtpFailedAttempt {
        ..
        enabled: bool,
        #[schemars(range(min = 1, max = 10))]
        size: Option<i64>,
        reset_period: Option<DurationString>,
    }

    /// `web3`; ignored.
    pub struct Web3 {
        siwe: Web3Siwe = Web3Siwe::default(),
        nft: Web3Nft = Web3Nft::default(),
    }

    /// Ignored.
    pub struct Web3Siwe {
        ..
        #[schemars(with = "Vec<text::NetworkId>", extend("uniqueItems" = true))]
        networks: Vec<String>,
    }

    /// Ignored.
    pub struct Web3Nft {
        ..
        #[schemars(with = "Vec<text::ContractId>", extend("uniqueItems" = true))]
        collections: Vec<String>,
    }

    /// `captcha`; `bot_protection` took its place.
    pub struct Captcha {
        ..
        provider: Option<CaptchaProvider>,
    }
}

choice! {
    /// Ignored.
    pub enum WelcomeMessageDestination {
        First = "first",
        All = "all",
    }

    /// Ignored.
    pub enum CaptchaProvider {
        Cloudflare = "cloudflare",
    }
}
