//! Phone numbers, in E.164.

use appconfig::ui::{PhoneInput, PhoneValidationMethod};
use domain::LoginIdType;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

use super::{Blocked, InvalidLoginId, Normalised};

const BAD_FORMAT: InvalidLoginId = InvalidLoginId::Format(LoginIdType::Phone);

/// A number that is only looked up must be possible; a new one obeys the project's rules.
pub(super) fn normalise(
    config: &PhoneInput,
    is_new: bool,
    value: &str,
) -> Result<Normalised, InvalidLoginId> {
    // Letters that stand for digits, extensions and national numbers are not for us.
    let digits = value.strip_prefix('+').ok_or(BAD_FORMAT)?;
    if !digits.chars().all(|it| it.is_ascii_digit() || it == ' ' || it == '-') {
        return Err(BAD_FORMAT);
    }
    let number = PhoneNumber::parse(value, None).map_err(|_| BAD_FORMAT)?;
    if !is_wellformed(config, is_new, &number) {
        return Err(BAD_FORMAT);
    }
    if is_new && !is_country_allowed(config, &number) {
        return Err(InvalidLoginId::Blocked(Blocked::Country));
    }
    let login_id = number.format_as(PhoneNumberFormat::E164).into_owned();
    Ok(Normalised { unique_key: login_id.clone(), login_id })
}

fn is_wellformed(config: &PhoneInput, is_new: bool, number: &PhoneNumber) -> bool {
    let must_be_valid =
        config.validation.libphonenumber.validation_method == PhoneValidationMethod::IsValidNumber;
    number.is_possible_with_reason().is_ok() && (!is_new || !must_be_valid || number.is_valid())
}

/// A number that belongs to no country is judged by its calling code.
fn is_country_allowed(config: &PhoneInput, number: &PhoneNumber) -> bool {
    let mut allowed = config.allowlist.iter().filter_map(|it| it.parse::<Region>().ok());
    match number.get_region_code() {
        Some(region) => allowed.any(|it| it == region),
        None => allowed.any(|it| {
            PHONE_NUMBER_UTIL.get_country_code_for_region(it) == Some(number.country_code)
        }),
    }
}
