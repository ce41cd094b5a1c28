use super::unescape;

#[track_caller]
fn check(escaped: &str, path: Option<&str>) {
    assert_eq!(unescape(escaped).as_deref(), path);
}

#[test]
fn paths_come_out_of_their_escapes() {
    check("authgear.yaml", Some("authgear.yaml"));
    check("templates_2f_zh-HK_2f_translation.json", Some("templates/zh-HK/translation.json"));
    check("a_5f_b_31_", Some("a_b1"));
}

#[test]
fn a_broken_escape_is_no_path() {
    check("a_b", None);
    check("a_xyz_b", None);
    check("a_110000_b", None);
}
