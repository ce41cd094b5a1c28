//! Names and domains that the rules for new login ids refer to.

use std::collections::BTreeSet;
use std::sync::Arc;

use ctx::App;

use crate::fold::fold;

const RESERVED_NAMES_FILE: &str = "reserved_name.txt";
const EXCLUDED_KEYWORDS_FILE: &str = "username_excluded_keywords.txt";
const ALLOWED_DOMAINS_FILE: &str = "email_domain_allowlist.txt";
const BLOCKED_DOMAINS_FILE: &str = "email_domain_blocklist.txt";
const FREE_DOMAINS_FILE: &str = "free_email_provider_domain_list.txt";
const DISPOSABLE_DOMAINS_FILE: &str = "disposable_email_domain_list.txt";

/// The files beside `authgear.yaml` that a project may keep lists in, under upstream's names.
pub const LIST_FILES: [&str; 6] = [
    RESERVED_NAMES_FILE,
    EXCLUDED_KEYWORDS_FILE,
    ALLOWED_DOMAINS_FILE,
    BLOCKED_DOMAINS_FILE,
    FREE_DOMAINS_FILE,
    DISPOSABLE_DOMAINS_FILE,
];

/// The lists in force for one project.
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

    /// What is in force for a project.
    pub fn of(app: &App) -> Arc<Self> {
        app.derived(|app| Self::with_files(|name| app.list(name)))
    }

    /// A project's files add to what is built in, as upstream's do.
    pub(super) fn with_files<'f>(text: impl Fn(&str) -> Option<&'f str>) -> Self {
        let mut lists = Self::builtin();
        let file = |name| entries(text(name).unwrap_or_default());
        lists.reserved_names.extend(file(RESERVED_NAMES_FILE));
        lists.excluded_keywords.extend(file(EXCLUDED_KEYWORDS_FILE));
        lists.allowed_domains.extend(file(ALLOWED_DOMAINS_FILE));
        lists.blocked_domains.extend(file(BLOCKED_DOMAINS_FILE));
        lists.free_domains.extend(file(FREE_DOMAINS_FILE));
        lists.disposable_domains.extend(file(DISPOSABLE_DOMAINS_FILE));
        lists
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

/// One entry a line; `#` begins a comment.
fn entries(lines: &str) -> impl Iterator<Item = String> {
    let lines = lines.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(fold)
}
