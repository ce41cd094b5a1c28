//! What a field for a phone number starts with, and what a number looks like.

use appconfig::AppConfig;
use rlibphonenumber::{PHONE_NUMBER_UTIL, Region};

/// For the field of a phone number.
#[derive(Debug, PartialEq, Eq)]
pub struct Hint {
    /// `+852 `; empty when no country stands out.
    pub prefix: String,
    pub example: String,
}

/// The country that the project pins first, or the only one that it allows.
pub fn hint(config: &AppConfig) -> Hint {
    let input = &config.ui.phone_input;
    let only = if let [only] = input.allowlist.as_slice() { Some(only) } else { None };
    let country = input.pinned_list.first().or(only);
    let region = country.and_then(|it| it.parse::<Region>().ok());
    match region.and_then(|it| PHONE_NUMBER_UTIL.get_country_code_for_region(it)) {
        Some(852) => Hint { prefix: "+852 ".to_owned(), example: "+852 5123 4567".to_owned() },
        Some(code) => Hint { prefix: format!("+{code} "), example: format!("+{code} 123 456 789") },
        // A number kept for examples.
        None => Hint { prefix: String::new(), example: "+1 201 555 0123".to_owned() },
    }
}
