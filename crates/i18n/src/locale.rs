//! Which language to speak (RFC 4647 §3.4, lookup).

/// The best of `supported` for what was asked: first `ui_locales` (OpenID Connect Core
/// §3.1.2.1), then `Accept-Language` (RFC 9110 §12.5.4), then `fallback`.
///
/// A request for `zh-Hant-HK` is served by `zh-HK`, one for `en-GB` by `en`, and one for a
/// bare language by the first supported form of it.
pub fn negotiate<'a>(
    supported: &'a [String],
    fallback: &'a str,
    ui_locales: Option<&str>,
    accept_language: Option<&str>,
) -> &'a str {
    let asked = ui_locales.into_iter().flat_map(|tags| tags.split(' ')).map(str::to_owned);
    let preferred = accept_language.map(by_weight).unwrap_or_default();
    let mut wanted = asked.chain(preferred);
    wanted.find_map(|tag| lookup(supported, &tag)).unwrap_or(fallback)
}

/// The tags of an `Accept-Language` header, most wanted first. At most twenty count.
fn by_weight(header: &str) -> Vec<String> {
    let mut tags: Vec<(String, f32)> = header
        .split(',')
        .take(20)
        .filter_map(|range| {
            let (tag, weight) = range.split_once(";q=").unwrap_or((range, "1"));
            let weight: f32 = weight.trim().parse().ok()?;
            (weight > 0.0).then(|| (tag.trim().to_owned(), weight))
        })
        .collect();
    tags.sort_by(|left, right| right.1.total_cmp(&left.1));
    tags.into_iter().map(|(tag, _)| tag).collect()
}

fn lookup<'a>(supported: &'a [String], tag: &str) -> Option<&'a str> {
    if tag.is_empty() || tag == "*" {
        return None;
    }
    let subtags: Vec<&str> = tag.split('-').collect();
    let exact = (1..=subtags.len()).rev().map(|length| subtags[..length].join("-"));
    let exact =
        exact.filter_map(|prefix| supported.iter().find(|it| it.eq_ignore_ascii_case(&prefix)));
    let by_region = || {
        // `zh-Hant-HK` names a script that `zh-HK` implies.
        let (first, last) = (subtags.first()?, subtags.last()?);
        let short = format!("{first}-{last}");
        supported.iter().find(|it| it.eq_ignore_ascii_case(&short))
    };
    let same_language = || {
        supported.iter().find(|it| {
            it.split('-').next().is_some_and(|language| language.eq_ignore_ascii_case(subtags[0]))
        })
    };
    let mut exact = exact.peekable();
    let whole = exact.peek().filter(|it| it.eq_ignore_ascii_case(tag)).copied();
    whole.or_else(by_region).or_else(|| exact.next()).or_else(same_language).map(String::as_str)
}
