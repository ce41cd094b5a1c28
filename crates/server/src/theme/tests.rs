use serde_json::json;

use super::{ThemeError, read};

#[test]
fn without_a_theme_everything_is_ours() {
    assert_eq!(read(None), Ok(json!({})));
}

#[test]
fn a_colour_for_buttons_brings_a_colour_for_their_text() {
    let theme = read(Some(br##"{"primary_color":"#5b2bd1","primary_color_dark":"#b9a2ff"}"##));
    assert_eq!(
        theme,
        Ok(json!({
            "primary_color": "#5b2bd1", "primary_text_color": "#ffffff", "link_color": "#5b2bd1",
            "primary_color_dark": "#b9a2ff", "primary_text_color_dark": "#000000",
            "link_color_dark": "#b9a2ff",
        }))
    );
}

#[track_caller]
fn check_refused(theme: &str) {
    assert!(read(Some(theme.as_bytes())).is_err(), "{theme}");
}

#[test]
fn nothing_but_colours_lengths_and_addresses_gets_into_the_style() {
    check_refused(r#"{"primary_color":"red;} body{display:none"}"#);
    check_refused(r#"{"primary_color":"</style><script>alert(1)</script>"}"#);
    check_refused(r##"{"primary_color":"#12"}"##);
    check_refused(r#"{"radius":"calc(1px)"}"#);
    check_refused(r#"{"logo_url":"javascript:alert(1)"}"#);
    check_refused(r#"{"logo_url":"//evil.example/x.png"}"#);
    check_refused(r#"{"logo_url":"https://x.example/\"onload=\"y"}"#);
    check_refused(r#"{"radius":7}"#);
}

#[test]
fn a_key_that_means_nothing_is_named() {
    assert_eq!(read(Some(br#"{"colour":"x"}"#)), Err(ThemeError::Unknown("colour".to_owned())));
    assert_eq!(read(Some(b"[]")), Err(ThemeError::NotAnObject));
}
