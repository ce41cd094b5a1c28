//! What a password must be like.
//!
//! The rules count ASCII letters and digits only, as upstream's do, so that a policy means the
//! same; everything else is a symbol.

use appconfig::authenticator::PasswordPolicy;
use serde_json::{Value, json};

/// A rule of the policy: what it asks for and, where a password was judged, what it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rule {
    Length { minimum: usize, actual: Option<usize> },
    Uppercase,
    Lowercase,
    Alphabet,
    Digit,
    Symbol,
    ExcludedKeywords,
    Guessable { level_min: i64, level: Option<i64> },
    NotReused { size: i64, days: i64 },
}

impl Rule {
    /// The name under which the APIs and the messages know it.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Length { .. } => "PasswordTooShort",
            Self::Uppercase => "PasswordUppercaseRequired",
            Self::Lowercase => "PasswordLowercaseRequired",
            Self::Alphabet => "PasswordAlphabetRequired",
            Self::Digit => "PasswordDigitRequired",
            Self::Symbol => "PasswordSymbolRequired",
            Self::ExcludedKeywords => "PasswordContainingExcludedKeywords",
            Self::Guessable { .. } => "PasswordBelowGuessableLevel",
            Self::NotReused { .. } => "PasswordReused",
        }
    }

    /// As the APIs show it: `{"Name", "Info"}`.
    pub fn to_json(&self) -> Value {
        let info = match self {
            Self::Length { minimum, actual: None } => json!({ "min_length": minimum }),
            Self::Length { minimum, actual: Some(actual) } => {
                json!({ "min_length": minimum, "pw_length": actual })
            }
            Self::Guessable { level_min, level: None } => json!({ "min_level": level_min }),
            Self::Guessable { level_min, level: Some(level) } => {
                json!({ "min_level": level_min, "pw_level": level })
            }
            Self::NotReused { size, days } => {
                json!({ "history_size": size, "history_days": days })
            }
            Self::Uppercase
            | Self::Lowercase
            | Self::Alphabet
            | Self::Digit
            | Self::Symbol
            | Self::ExcludedKeywords => return json!({ "Name": self.name() }),
        };
        json!({ "Name": self.name(), "Info": info })
    }
}

/// Everything that the policy asks of a new password.
pub fn rules(policy: &PasswordPolicy) -> Vec<Rule> {
    let minimum = usize::try_from(policy.min_length).unwrap_or_default();
    let rules = [
        (minimum > 0, Rule::Length { minimum, actual: None }),
        (policy.uppercase_required, Rule::Uppercase),
        (policy.lowercase_required, Rule::Lowercase),
        (policy.alphabet_required, Rule::Alphabet),
        (policy.digit_required, Rule::Digit),
        (policy.symbol_required, Rule::Symbol),
        (!policy.excluded_keywords.is_empty(), Rule::ExcludedKeywords),
        (
            policy.minimum_guessable_level > 0,
            Rule::Guessable { level_min: policy.minimum_guessable_level, level: None },
        ),
        (
            policy.keeps_history(),
            Rule::NotReused { size: policy.history_size, days: policy.history_days },
        ),
    ];
    rules.into_iter().filter_map(|(is_asked, rule)| is_asked.then_some(rule)).collect()
}

/// The rules that `password` breaks, except about re-use, which needs the history.
///
/// With a level to guess, it takes as long as hashing: `password::prepare` does it off the runtime.
pub fn broken_rules(policy: &PasswordPolicy, password: &str) -> Vec<Rule> {
    rules(policy).into_iter().filter_map(|rule| judge(policy, rule, password)).collect()
}

/// The rule with what the password was, if it breaks it.
fn judge(policy: &PasswordPolicy, rule: Rule, password: &str) -> Option<Rule> {
    let lacks = |class: fn(char) -> bool| !password.chars().any(class);
    match rule {
        Rule::Length { minimum, .. } => {
            let actual = Some(password.len());
            (password.chars().count() < minimum).then_some(Rule::Length { minimum, actual })
        }
        Rule::Uppercase => lacks(|it| it.is_ascii_uppercase()).then_some(rule),
        Rule::Lowercase => lacks(|it| it.is_ascii_lowercase()).then_some(rule),
        Rule::Alphabet => lacks(|it| it.is_ascii_alphabetic()).then_some(rule),
        Rule::Digit => lacks(|it| it.is_ascii_digit()).then_some(rule),
        Rule::Symbol => lacks(|it| !it.is_ascii_alphanumeric()).then_some(rule),
        Rule::ExcludedKeywords => {
            let password = password.to_lowercase();
            let mut keywords = policy.excluded_keywords.iter();
            keywords.any(|it| password.contains(&it.to_lowercase())).then_some(rule)
        }
        Rule::Guessable { level_min, .. } => {
            let level = guessable_level(password);
            let level_min_reachable = level_min.min(5);
            (level < level_min_reachable)
                .then_some(Rule::Guessable { level_min, level: Some(level) })
        }
        Rule::NotReused { .. } => None,
    }
}

/// What zxcvbn looks at. Its time grows with the square, and more only makes it better.
const GUESSED_CHARACTERS: usize = 64;

/// zxcvbn's score, counted from 1 (guessed at once) to 5.
fn guessable_level(password: &str) -> i64 {
    let beginning: String = password.chars().take(GUESSED_CHARACTERS).collect();
    i64::from(u8::from(zxcvbn::zxcvbn(&beginning, &[]).score())) + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes the names of the broken rules.
    #[track_caller]
    fn check(change: impl FnOnce(&mut PasswordPolicy), password: &str, expected: &[&str]) {
        let mut policy = PasswordPolicy::default();
        change(&mut policy);
        let broken: Vec<_> = broken_rules(&policy, password).iter().map(Rule::name).collect();
        assert_eq!(broken, expected, "{password}");
    }

    #[test]
    fn a_password_has_eight_characters_however_many_bytes() {
        check(|_| (), "1234567", &["PasswordTooShort"]);
        check(|_| (), "12345678", &[]);
        check(|_| (), "ååååååå", &["PasswordTooShort"]);
    }

    #[test]
    fn classes_are_ascii() {
        let all = |policy: &mut PasswordPolicy| {
            policy.uppercase_required = true;
            policy.lowercase_required = true;
            policy.alphabet_required = true;
            policy.digit_required = true;
            policy.symbol_required = true;
        };
        check(all, "Passw0rd!", &[]);
        check(
            all,
            "ÅÅÅÅÅåååå",
            &[
                "PasswordUppercaseRequired",
                "PasswordLowercaseRequired",
                "PasswordAlphabetRequired",
                "PasswordDigitRequired",
            ],
        );
        check(all, "PASSW0RDS", &["PasswordLowercaseRequired", "PasswordSymbolRequired"]);
    }

    #[test]
    fn keywords_are_found_in_any_case() {
        let keywords = |policy: &mut PasswordPolicy| policy.excluded_keywords = vec!["Acme".into()];
        check(keywords, "my-aCMe-password", &["PasswordContainingExcludedKeywords"]);
        check(keywords, "my-other-password", &[]);
    }

    #[test]
    fn what_is_guessed_at_once_is_refused() {
        let level = |policy: &mut PasswordPolicy| policy.minimum_guessable_level = 3;
        check(level, "password", &["PasswordBelowGuessableLevel"]);
        check(level, "9qLkf!x2mZ7w", &[]);
    }

    #[test]
    fn a_broken_rule_says_what_was_asked_and_what_was_there() {
        let policy = PasswordPolicy { minimum_guessable_level: 5, ..PasswordPolicy::default() };
        let broken = broken_rules(&policy, "secret");
        let shown: Vec<_> = broken.iter().map(|it| it.to_json().to_string()).collect();
        assert_eq!(
            shown,
            [
                r#"{"Name":"PasswordTooShort","Info":{"min_length":8,"pw_length":6}}"#,
                r#"{"Name":"PasswordBelowGuessableLevel","Info":{"min_level":5,"pw_level":1}}"#,
            ]
        );
    }

    #[test]
    fn the_policy_can_be_shown() {
        let policy =
            PasswordPolicy { symbol_required: true, history_size: 3, ..PasswordPolicy::default() };
        let shown: Vec<_> = rules(&policy).iter().map(|it| it.to_json().to_string()).collect();
        assert_eq!(
            shown,
            [
                r#"{"Name":"PasswordTooShort","Info":{"min_length":8}}"#,
                r#"{"Name":"PasswordSymbolRequired"}"#,
                r#"{"Name":"PasswordReused","Info":{"history_size":3,"history_days":0}}"#,
            ]
        );
    }
}
