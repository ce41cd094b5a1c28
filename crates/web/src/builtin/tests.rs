use std::collections::BTreeSet;
use std::sync::Arc;

use super::{asset, asset_url, catalogue, template_names, templates};

/// A state of a page worth looking at, from the files beside the templates.
#[derive(serde::Deserialize)]
struct Sample {
    name: String,
    context: serde_json::Value,
}

fn samples(template: &str) -> Vec<Sample> {
    let name = template.trim_end_matches(".html");
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../../templates/samples");
    let text = std::fs::read_to_string(format!("{root}/{name}.json"));
    text.map(|text| serde_json::from_str(&text).expect("samples")).unwrap_or_default()
}

/// What `Page` adds to every context.
fn base(locale: &str) -> serde_json::Value {
    let mut base = samples("layout.html").swap_remove(0).context;
    base["lang"] = locale.into();
    base["request_id"] = "r1".into();
    base
}

#[test]
fn every_page_renders_in_every_language_from_every_sample() {
    let mut environment = templates(Arc::new(catalogue().clone()));
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
    let mut rendered = 0;
    for template in template_names() {
        for sample in samples(template) {
            for locale in ["en", "zh-HK"] {
                let context = minijinja::context! {
                    ..minijinja::Value::from(minijinja::value::Serde(sample.context.clone())),
                    ..minijinja::Value::from(minijinja::value::Serde(base(locale))),
                };
                let page = environment.get_template(template).expect("there").render(context);
                let page = page.unwrap_or_else(|error| {
                    panic!("{template}, {} in {locale}: {error:#}", sample.name)
                });
                assert!(page.contains("</html>"), "{template}: {}", sample.name);
                rendered += 1;
            }
        }
    }
    assert!(rendered > 20, "the samples are found");
}

#[test]
fn both_languages_have_the_same_texts() {
    let keys = |locale: &str| -> BTreeSet<String> {
        catalogue().keys(locale).into_iter().map(str::to_owned).collect()
    };
    let (english, chinese) = (keys("en"), keys("zh-HK"));
    assert!(!english.is_empty());
    let difference: Vec<_> = english.symmetric_difference(&chinese).collect();
    assert!(difference.is_empty(), "only in one language: {difference:?}");
}

#[test]
fn an_asset_is_served_under_its_hash_only() {
    let url = asset_url("authui.css");
    let hash = url.split('/').nth(2).expect("a hash");
    let css = asset(hash, "authui.css").expect("there");
    assert_eq!(css.content_type, "text/css; charset=utf-8");
    assert!(asset("0000000000000000", "authui.css").is_none());
    assert!(asset(hash, "../Cargo.toml").is_none());
    assert_eq!(asset_url("no-such-file"), "/assets/none/no-such-file");
}

#[test]
fn a_message_can_choose_by_whether_something_is_there() {
    let mut texts = std::collections::BTreeMap::new();
    texts.insert("k".to_owned(), "{there, select, true{yes} other{no}}".to_owned());
    let mut catalogue = catalogue().clone();
    catalogue.add("en", &texts).expect("a message");
    let mut environment = templates(Arc::new(catalogue));
    environment
        .add_template("it.html", "{{ t('k', there=x is not none) }} {{ t('k', there=x is none) }}")
        .expect("a template");
    let page = environment.get_template("it.html").expect("there");
    let context = minijinja::context! { x => 1 };
    assert_eq!(page.render(context).expect("rendered"), "yes no");
}
