//! `ui.phone_input`: which phone numbers people can type.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::section::{choice, section};

section! {
    /// Countries and checks of phone numbers.
    pub struct PhoneInput {
        #[schemars(with = "Vec<Alpha2>", length(min = 1))]
        allowlist: Vec<String> = ALPHA2.split(' ').map(str::to_owned).collect(),
        validation: PhoneValidation = PhoneValidation::default(),
        ..
        /// Shown first.
        #[schemars(with = "Vec<Alpha2>")]
        pinned_list: Vec<String>,
        preselect_by_ip_disabled: bool,
    }

    /// How numbers are checked.
    pub struct PhoneValidation {
        implementation: PhoneValidationImplementation = PhoneValidationImplementation::default(),
        libphonenumber: Libphonenumber = Libphonenumber::default(),
    }

    /// How strict libphonenumber is.
    pub struct Libphonenumber {
        validation_method: PhoneValidationMethod = PhoneValidationMethod::default(),
    }
}

choice! {
    /// With what numbers are checked.
    pub enum PhoneValidationImplementation {
        Libphonenumber = "libphonenumber",
    }

    /// Whether a number must be assigned or only of the right length.
    pub enum PhoneValidationMethod {
        IsValidNumber = "isValidNumber",
        IsPossibleNumber = "isPossibleNumber",
    }
}

/// The countries (ISO 3166-1) that have a calling code.
const ALPHA2: &str = "\
AD AE AF AG AI AL AM AO AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR \
BS BT BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ \
EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GT GU GW \
GY HK HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY \
KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU \
MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PR PS PT PW \
PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD \
TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG US UY UZ VA VC VE VG VI VN VU WF WS XK YE YT \
ZA ZM ZW";

/// A country that has a calling code.
pub struct Alpha2;

impl JsonSchema for Alpha2 {
    fn schema_name() -> Cow<'static, str> {
        Cow::Borrowed("ISO31661Alpha2")
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": ALPHA2.split(' ').collect::<Vec<_>>() })
    }
}
