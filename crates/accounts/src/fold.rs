//! Case folding and normalisation of what people type.

use unicode_normalization::UnicodeNormalization as _;

/// Full case folding (Unicode §3.13), by way of upper case; NFC afterwards.
///
/// `ß` becomes `ss` and a final sigma a sigma, as in databases that upstream wrote.
pub(crate) fn fold(text: &str) -> String {
    text.chars().flat_map(fold_char).nfc().collect()
}

/// Compatibility characters, such as full-width letters, become the plain ones (NFKC).
pub(crate) fn compatible(text: &str) -> String {
    text.nfkc().collect()
}

fn fold_char(letter: char) -> impl Iterator<Item = char> {
    // The upper case of a dotless i is I, whose lower case has a dot; folding keeps it.
    let keeps = letter == 'ı';
    let upper = |letter: char| letter.to_lowercase().flat_map(char::to_uppercase);
    let folded = (!keeps).then(|| upper(letter).flat_map(char::to_lowercase));
    keeps.then_some(letter).into_iter().chain(folded.into_iter().flatten())
}
