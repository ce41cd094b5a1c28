//! Addresses and numbers as they are shown to somebody who may not be their owner.

use crate::facts::TargetFact;

/// What is hidden of a number: its last digits.
const DIGITS_HIDDEN: usize = 4;

/// `john****@example.com`: the first half of the name.
pub fn email(address: &str) -> String {
    let (name, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let length = name.chars().count();
    let shown: String = name.chars().take(length / 2).collect();
    let hidden = "*".repeat(length - length / 2);
    format!("{shown}{hidden}@{domain}")
}

/// `+8529876****`: all but the last four digits.
pub fn phone(number: &str) -> String {
    let shown = number.chars().count().saturating_sub(DIGITS_HIDDEN);
    let kept: String = number.chars().take(shown).collect();
    format!("{kept}{}", "*".repeat(DIGITS_HIDDEN))
}

/// The address or the number of a target.
pub fn target(target: &TargetFact) -> String {
    match target {
        TargetFact::Email(address) => email(address),
        TargetFact::Phone(number) => phone(number),
    }
}

#[cfg(test)]
mod tests {
    use super::{email, phone};

    #[test]
    fn an_address_keeps_its_domain_and_half_of_its_name() {
        assert_eq!(email("johndoe1@example.com"), "john****@example.com");
        assert_eq!(email("abc@example.com"), "a**@example.com");
        assert_eq!(email("a@b@example.com"), "a**@example.com");
        assert_eq!(email("a@example.com"), "*@example.com");
    }

    #[test]
    fn a_number_hides_its_last_four_digits() {
        assert_eq!(phone("+85298765432"), "+8529876****");
        assert_eq!(phone("+1"), "****");
    }
}
