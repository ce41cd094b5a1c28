//! Usernames (RFC 8265 §3): identifiers without case, unless the project says otherwise.

use appconfig::identity::LoginIdUsernameConfig;
use domain::LoginIdType;
use precis_profiles::precis_core::{IdentifierClass, StringClass as _};

use super::{Blocked, InvalidLoginId, Lists, Normalised};
use crate::fold::{compatible, fold};

const BAD_FORMAT: InvalidLoginId = InvalidLoginId::Format(LoginIdType::Username);

/// Letters of other scripts that most typefaces draw like a Latin one: Cyrillic, Greek, Armenian.
const LOOKALIKES: &str = "\
    аеорсухіјѕһԁԛԝѵӏгьҽАВЕКМНОРСТУХІЈЅҺԌԚԜѴӀЗҮ\
    αορνικυγτχηΑΒΕΖΗΙΚΜΝΟΡΤΥΧϜ\
    օոսհցզյլՕՍՏԼ";

pub(super) fn normalise(
    config: &LoginIdUsernameConfig,
    lists: Option<&Lists>,
    value: &str,
) -> Result<Normalised, InvalidLoginId> {
    let folded = fold(value);
    if IdentifierClass::default().allows(&folded).is_err() {
        return Err(BAD_FORMAT);
    }
    if let Some(lists) = lists {
        if config.block_reserved_usernames && lists.is_reserved(&folded) {
            return Err(InvalidLoginId::Blocked(Blocked::ReservedName));
        }
        if config.exclude_keywords_enabled && lists.has_excluded_keyword(&folded) {
            return Err(InvalidLoginId::Blocked(Blocked::ExcludedKeyword));
        }
    }
    let is_plain = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.');
    if config.ascii_only && !value.chars().all(is_plain) {
        return Err(BAD_FORMAT);
    }
    if lists.is_some() && poses_as_latin(value) {
        return Err(BAD_FORMAT);
    }
    let login_id = compatible(value);
    let login_id = if config.case_sensitive { login_id } else { fold(&login_id) };
    Ok(Normalised { unique_key: login_id.clone(), login_id })
}

/// Whether all that is not ASCII looks as if it were. A word in another script has other letters.
fn poses_as_latin(value: &str) -> bool {
    let mut foreign = value.chars().filter(|it| !it.is_ascii()).peekable();
    foreign.peek().is_some() && foreign.all(|it| LOOKALIKES.contains(it))
}
