//! Names and domains that the rules for new login ids refer to.

use std::collections::BTreeSet;

use crate::fold::fold;

/// The lists in force for one project. A project's own files replace the built-in ones.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    reserved_names: BTreeSet<String>,
    excluded_keywords: Vec<String>,
    pub(super) allowed_domains: BTreeSet<String>,
    pub(super) blocked_domains: BTreeSet<String>,
    pub(super) free_domains: BTreeSet<String>,
    pub(super) disposable_domains: BTreeSet<String>,
}

/// Names by which a person could pose as the project itself, and paths that sites keep.
const RESERVED_NAMES: &str = "
abuse account accounts admin administrator administrators anonymous api app auth authorize billing
contact everyone guest help helpdesk hostmaster info legal login logout mail mailer-daemon me
moderator moderators news nobody noreply no-reply notifications null oauth oauth2 official operator
owner password payment payments postmaster privacy profile public register reset root sales
security service settings signin signout signup ssl staff status support sysadmin system team terms
test undefined unknown user username users verify webmaster www";

/// Providers where anybody can have an address at once.
const FREE_DOMAINS: &str = "
126.com 163.com aol.com fastmail.com gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com
hotmail.co.uk hotmail.fr icloud.com live.com mac.com mail.com mail.ru me.com msn.com naver.com
outlook.com proton.me protonmail.com qq.com rediffmail.com sina.com tuta.com tutanota.com web.de
yahoo.co.jp yahoo.co.uk yahoo.com yahoo.fr yandex.com yandex.ru ymail.com zoho.com";

/// Providers of addresses that nobody keeps.
const DISPOSABLE_DOMAINS: &str = "
10minutemail.com dispostable.com emailondeck.com fakeinbox.com getairmail.com getnada.com
grr.la guerrillamail.com guerrillamail.net guerrillamail.org guerrillamailblock.com maildrop.cc
mailinator.com mailnesia.com mintemail.com mohmal.com mytemp.email sharklasers.com spam4.me
temp-mail.io temp-mail.org tempmail.com throwawaymail.com trashmail.com yopmail.com yopmail.net";

impl Lists {
    /// What is in force where a project says nothing.
    pub fn builtin() -> Self {
        Self {
            reserved_names: words(RESERVED_NAMES),
            free_domains: words(FREE_DOMAINS),
            disposable_domains: words(DISPOSABLE_DOMAINS),
            ..Self::default()
        }
    }

    /// One name a line, as in a project's `reserved_name.txt`; `#` begins a comment.
    #[must_use]
    pub fn with_reserved_names(mut self, lines: &str) -> Self {
        self.reserved_names = entries(lines).collect();
        self
    }

    /// One keyword a line, as in `username_excluded_keywords.txt`.
    #[must_use]
    pub fn with_excluded_keywords(mut self, lines: &str) -> Self {
        self.excluded_keywords = entries(lines).collect();
        self
    }

    /// One domain a line, as in `email_domain_allowlist.txt`.
    #[must_use]
    pub fn with_allowed_domains(mut self, lines: &str) -> Self {
        self.allowed_domains = entries(lines).collect();
        self
    }

    /// One domain a line, as in `email_domain_blocklist.txt`.
    #[must_use]
    pub fn with_blocked_domains(mut self, lines: &str) -> Self {
        self.blocked_domains = entries(lines).collect();
        self
    }

    pub(super) fn is_reserved(&self, folded: &str) -> bool {
        self.reserved_names.contains(folded)
    }

    pub(super) fn has_excluded_keyword(&self, folded: &str) -> bool {
        self.excluded_keywords.iter().any(|keyword| folded.contains(keyword.as_str()))
    }
}

fn words(text: &str) -> BTreeSet<String> {
    text.split_whitespace().map(str::to_owned).collect()
}

fn entries(lines: &str) -> impl Iterator<Item = String> {
    let lines = lines.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(fold)
}
