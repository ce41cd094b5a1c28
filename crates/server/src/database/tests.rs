use std::time::Duration;

use domain::AppId;
use serde_json::{Map, Value};
use stdx::{Rng, Timestamp};
use store::Store;
use web::Apps;

use super::{LOOK_ANYWAY, Projects, unescape};
use crate::project::NewProject;

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

/// The row of a new project.
fn data(app_id: &str) -> Map<String, Value> {
    data_at(app_id, &format!("http://{app_id}.example"))
}

fn data_at(app_id: &str, public_origin: &str) -> Map<String, Value> {
    let folder = std::env::temp_dir().join(format!("authwarden-row-{app_id}"));
    let public_origin = public_origin.to_owned();
    let project = NewProject { app_id: app_id.to_owned(), public_origin, with_demo: false };
    project.write(&folder, &Rng::system(), Timestamp::EPOCH).unwrap();
    let files = ["authgear.yaml", "authgear.secrets.yaml"].map(|name| {
        let bytes = std::fs::read(folder.join(name)).unwrap();
        (name.to_owned(), Value::String(base64(&bytes)))
    });
    std::fs::remove_dir_all(&folder).unwrap();
    files.into_iter().collect()
}

fn base64(bytes: &[u8]) -> String {
    let text = stdx::base64url(bytes).replace('-', "+").replace('_', "/");
    let padding = "=".repeat((4 - text.len() % 4) % 4);
    text + &padding
}

async fn put(store: &Store, app_id: &str) {
    let mut tx = store.write(&AppId::new(app_id)).await.unwrap();
    tx.config_sources().put(app_id, &data(app_id), Timestamp::EPOCH).await.unwrap();
    tx.commit().await.unwrap();
}

async fn served(apps: &Apps, app_id: &str) {
    while apps.find(&format!("{app_id}.example")).is_none() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn postgres_tells_of_a_project_before_anybody_looks() {
    #[expect(clippy::disallowed_methods, reason = "the one switch of the test suite")]
    let Ok(url) = std::env::var("TEST_POSTGRES") else { return };
    let store = Store::postgres(&url, "authwarden_server_watch").await.unwrap();
    // The schema may have rows of an earlier run, so these names are new ones.
    let [first, second] = [(); 2].map(|()| Rng::system().uuid());
    let apps = Apps::default();
    let projects = Projects::new(store.clone(), &apps);
    projects.refresh().await.unwrap();
    put(&store, &first).await;
    let watching = projects.watch();
    let changing = async {
        // It is served because listening has begun: from here on, only being told is fast enough.
        served(&apps, &first).await;
        put(&store, &second).await;
        served(&apps, &second).await;
    };
    tokio::select! {
        () = watching => unreachable!("it never ends"),
        outcome = tokio::time::timeout(LOOK_ANYWAY / 2, changing) => outcome.unwrap(),
    }
}

#[tokio::test]
async fn a_project_cannot_take_the_host_of_another_by_naming_it() {
    let store = Store::memory().await.unwrap();
    // "mallory" says that it lives where "victim" was given a domain.
    for (app_id, says, owns) in
        [("mallory", "shop", "mallory.example"), ("victim", "victim", "shop.example")]
    {
        let mut tx = store.write(&AppId::new(app_id)).await.unwrap();
        let data = data_at(app_id, &format!("http://{says}.example"));
        tx.config_sources().put(app_id, &data, Timestamp::EPOCH).await.unwrap();
        assert!(tx.config_sources().add_domain(app_id, owns, Timestamp::EPOCH).await.unwrap());
        tx.commit().await.unwrap();
    }
    let apps = Apps::default();
    Projects::new(store.clone(), &apps).refresh().await.unwrap();
    let serves = |host: &str| apps.find(host).map(|app| app.id.as_str().to_owned());
    assert_eq!(serves("shop.example").as_deref(), Some("victim"));
    assert_eq!(serves("mallory.example").as_deref(), Some("mallory"));
}

#[tokio::test]
async fn a_host_that_nobody_knows_is_looked_up() {
    let store = Store::memory().await.unwrap();
    let apps = Apps::default();
    Projects::new(store.clone(), &apps).refresh().await.unwrap();
    assert!(apps.find_or_ask("late.example").await.is_none());
    put(&store, "late").await;
    let mut tx = store.write(&AppId::new("late")).await.unwrap();
    tx.config_sources().add_domain("late", "late.example", Timestamp::EPOCH).await.unwrap();
    tx.commit().await.unwrap();
    assert!(apps.find("late.example").is_none(), "nobody has looked");
    let found = apps.find_or_ask("late.example").await.unwrap();
    assert_eq!(found.id.as_str(), "late");
    assert!(apps.find("late.example").is_some(), "it is served from now on");
}

#[tokio::test]
async fn only_what_has_changed_is_built_again() {
    let store = Store::memory().await.unwrap();
    let apps = Apps::default();
    for app_id in ["changed", "same"] {
        put(&store, app_id).await;
    }
    let projects = Projects::new(store.clone(), &apps);
    projects.refresh().await.unwrap();
    let before = ["changed", "same"].map(|id| apps.find(&format!("{id}.example")).unwrap());
    let mut tx = store.write(&AppId::new("changed")).await.unwrap();
    let later = Timestamp::from_seconds(1);
    tx.config_sources().put("changed", &data("changed"), later).await.unwrap();
    tx.commit().await.unwrap();
    projects.refresh().await.unwrap();
    let after = ["changed", "same"].map(|id| apps.find(&format!("{id}.example")).unwrap());
    assert!(!std::sync::Arc::ptr_eq(&before[0], &after[0]));
    assert!(std::sync::Arc::ptr_eq(&before[1], &after[1]));
}
