use std::collections::BTreeMap;

use stdx::Timestamp;

use crate::{Args, Catalogue, Value, negotiate};

fn catalogue(locale: &str, text: &str) -> Catalogue {
    let mut catalogue = Catalogue::new("en");
    let texts = BTreeMap::from([("key".to_owned(), text.to_owned())]);
    catalogue.add(locale, &texts).expect("message");
    catalogue
}

#[track_caller]
fn check(locale: &str, text: &str, args: &[(&str, Value)], expected: &str) {
    let args: Args = args.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
    assert_eq!(catalogue(locale, text).html(locale, "key", &args), expected);
}

#[test]
fn arguments_are_escaped_and_markup_of_the_message_stays() {
    let name = [("name", Value::from("<script>&\"'"))];
    check("en", "<b>Hello</b>, {name}", &name, "<b>Hello</b>, &lt;script&gt;&amp;&quot;&#39;");
}

#[test]
fn a_link_takes_its_address_from_an_argument() {
    let href = [("href", Value::from("/a?b=1&c=\"2"))];
    check("en", "<a href=\"{href}\">go</a>", &href, "<a href=\"/a?b=1&amp;c=&quot;2\">go</a>");
}

#[test]
fn plurals_follow_the_language() {
    let text = "{n, plural, =0{none} one{# item} few{# few} other{# items}}";
    check("en", text, &[("n", Value::Number(0))], "none");
    check("en", text, &[("n", Value::Number(1))], "1 item");
    check("en", text, &[("n", Value::Number(3))], "3 items");
    check("cs", text, &[("n", Value::Number(3))], "3 few");
}

#[test]
fn a_choice_falls_to_other() {
    let text = "{kind, select, email{Email} phone{Phone} other{Something}}";
    check("en", text, &[("kind", Value::from("phone"))], "Phone");
    check("en", text, &[("kind", Value::from("pigeon"))], "Something");
    check("en", text, &[], "Something");
}

#[test]
fn dates_are_written_as_the_language_does() {
    let at = [("at", Value::Time(Timestamp::from_seconds(1_767_225_600)))];
    check("en", "{at, date, long}", &at, "January 1, 2026");
    check("zh-HK", "{at, date, long}", &at, "2026年1月1日");
    check("en", "{at, datetime, short}", &at, "Jan 1, 2026, 12:00\u{202f}AM UTC");
}

#[test]
fn what_is_missing_shows_itself() {
    check("en", "Hello, {name}", &[], "Hello, {name}");
    let catalogue = catalogue("en", "Hello");
    assert_eq!(catalogue.html("en", "no-<such>-key", &Args::new()), "no-&lt;such&gt;-key");
    assert_eq!(catalogue.html("de", "key", &Args::new()), "Hello", "falls back");
}

#[test]
fn a_broken_message_is_named_and_adds_nothing() {
    let mut catalogue = Catalogue::new("en");
    let texts = BTreeMap::from([
        ("good".to_owned(), "fine".to_owned()),
        ("wrong".to_owned(), "{n, plural, one{".to_owned()),
    ]);
    let error = catalogue.add("en", &texts).expect_err("broken");
    assert_eq!((error.locale.as_str(), error.key.as_str()), ("en", "wrong"));
    assert!(!catalogue.has("en", "good"));
}

#[track_caller]
fn check_locale(ui_locales: Option<&str>, accept: Option<&str>, expected: &str) {
    let supported = ["en", "zh-HK", "zh-TW", "fr"].map(str::to_owned);
    assert_eq!(negotiate(&supported, "en", ui_locales, accept), expected);
}

#[test]
fn what_the_application_asks_for_comes_first() {
    check_locale(Some("fr en"), Some("zh-HK"), "fr");
    check_locale(Some("xx zh-Hant-HK"), Some("fr"), "zh-HK");
    check_locale(Some("xx"), Some("fr;q=0.5, zh-TW;q=0.9"), "zh-TW");
}

#[test]
fn the_browser_is_believed_by_weight() {
    check_locale(None, Some("fr;q=0.2, en-GB"), "en");
    check_locale(None, Some("zh"), "zh-HK");
    check_locale(None, Some("de, *;q=0.1"), "en");
    check_locale(None, Some("fr;q=0"), "en");
    check_locale(None, Some("fr;q=nonsense,zh-TW;q=0.1"), "zh-TW");
    check_locale(None, None, "en");
}
