//! Email addresses.
//!
//! The local part is NFKC and, unless the project says otherwise, without case; the domain never
//! has case. The unique key has the domain in ASCII (RFC 5891), so that `bücher.example` and
//! `xn--bcher-kva.example` are one.

use appconfig::identity::LoginIdEmailConfig;
use domain::LoginIdType;
use email_address::{EmailAddress, Options};

use super::{Blocked, InvalidLoginId, Lists, Normalised};
use crate::fold::{compatible, fold};

const BAD_FORMAT: InvalidLoginId = InvalidLoginId::Format(LoginIdType::Email);

pub(super) fn normalise(
    config: &LoginIdEmailConfig,
    lists: Option<&Lists>,
    value: &str,
) -> Result<Normalised, InvalidLoginId> {
    if !is_address(value) {
        return Err(BAD_FORMAT);
    }
    let (local, domain) = value.rsplit_once('@').ok_or(BAD_FORMAT)?;
    if config.block_plus_sign && local.contains('+') {
        return Err(InvalidLoginId::Blocked(Blocked::PlusSign));
    }
    let domain = fold(domain);
    if let Some(lists) = lists {
        check_domain(config, lists, &domain)?;
    }
    let mut local = compatible(local);
    if !config.case_sensitive {
        local = fold(&local);
    }
    if config.ignore_dot_sign {
        local = local.replace('.', "");
    }
    let ascii = idna::domain_to_ascii(&domain).map_err(|_| BAD_FORMAT)?;
    Ok(Normalised { login_id: format!("{local}@{domain}"), unique_key: format!("{local}@{ascii}") })
}

/// An allow list rules out the block lists; the configuration cannot have both.
fn check_domain(
    config: &LoginIdEmailConfig,
    lists: &Lists,
    domain: &str,
) -> Result<(), InvalidLoginId> {
    let refused = if config.domain_allowlist_enabled {
        (!lists.allowed_domains.contains(domain)).then_some(Blocked::DomainNotAllowed)
    } else if config.domain_blocklist_enabled && lists.blocked_domains.contains(domain) {
        Some(Blocked::DomainBlocked)
    } else if config.block_free_email_provider_domains && lists.free_domains.contains(domain) {
        Some(Blocked::FreeProvider)
    } else if config.block_disposable_email_domains && lists.disposable_domains.contains(domain) {
        Some(Blocked::DisposableAddress)
    } else {
        None
    };
    refused.map_or(Ok(()), |blocked| Err(InvalidLoginId::Blocked(blocked)))
}

/// An address alone: no name, and a domain that has one.
pub(crate) fn is_address(value: &str) -> bool {
    let options = Options::default().without_display_text().without_domain_literal();
    EmailAddress::parse_with_options(value, options).is_ok()
}
