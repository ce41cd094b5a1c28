use super::*;

fn check(text: &str, expected: Option<&str>) {
    let template = Template::parse(text);
    let rendered = template.map(|it| {
        it.render(&|name| match name {
            "Username" => Some("alice"),
            "empty" => Some(""),
            _ => None,
        })
    });
    assert_eq!(rendered.as_deref(), expected, "{text}");
}

#[test]
fn names_are_replaced() {
    check("(uid={{.Username}})", Some("(uid=alice)"));
    check("a {{ .Nobody }}b", Some("a b"));
    check("plain", Some("plain"));
}

#[test]
fn conditions_choose() {
    check(r#"{{if eq .Username "alice"}}yes{{else}}no{{end}}"#, Some("yes"));
    check(r#"{{if ne .Username "alice"}}yes{{end}}"#, Some(""));
    check(r"{{if .empty}}a{{else if .Username}}b{{else}}c{{end}}", Some("b"));
}

#[test]
fn anything_else_is_not_a_template() {
    check("{{.Username", None);
    check("{{end}}", None);
    check("{{if .Username}}", None);
    check("{{printf .Username}}", None);
    check("{{range .Username}}{{end}}", None);
    check(&"{{if .a}}".repeat(100), None);
}
