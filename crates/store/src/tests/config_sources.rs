//! Projects and their hosts.

use domain::AppId;
use serde_json::json;

use super::{NOW, conformance};
use crate::{ConfigSource, Store};

async fn projects_are_read_with_their_hosts(store: &Store) {
    let data = |text: &str| json!({ "authgear.yaml": text }).as_object().cloned().unwrap();
    for (app, text) in [("one", "b25l"), ("two", "dHdv")] {
        let mut tx = store.write(&AppId::new(app)).await.unwrap();
        tx.config_sources().put(app, &data(text), NOW).await.unwrap();
        assert!(tx.config_sources().add_domain(app, &format!("{app}.example"), NOW).await.unwrap());
        tx.commit().await.unwrap();
    }

    let before = store.read_everywhere().await.unwrap().config_sources().overview().await.unwrap();
    let hosts: Vec<_> = before.iter().map(|it| (it.app_id.as_str(), it.domains.clone())).collect();
    assert_eq!(
        hosts,
        [("one", vec!["one.example".to_owned()]), ("two", vec!["two.example".to_owned()])]
    );
    assert_eq!(find(store, "one").await.unwrap().data, data("b25l"));
    assert_eq!(find(store, "three").await, None);

    let mut tx = store.write(&AppId::new("one")).await.unwrap();
    tx.config_sources().put("one", &data("bmV3"), NOW.plus_seconds(1)).await.unwrap();
    let taken = tx.config_sources().add_domain("other", "two.example", NOW).await.unwrap();
    assert!(!taken, "a host stays with its owner");
    tx.commit().await.unwrap();
    let after = store.read_everywhere().await.unwrap().config_sources().overview().await.unwrap();
    assert_eq!(after.len(), 2);
    assert_ne!(after[0], before[0], "it has changed");
    assert_eq!(after[1], before[1]);
    let one = find(store, "one").await.unwrap();
    assert_eq!((one.data, one.domains), (data("bmV3"), vec!["one.example".to_owned()]));
}

async fn find(store: &Store, app: &str) -> Option<ConfigSource> {
    let mut tx = store.read(&AppId::new(app)).await.unwrap();
    tx.config_sources().find().await.unwrap()
}

async fn a_host_has_one_owner(store: &Store) {
    let mut tx = store.write(&AppId::new("one")).await.unwrap();
    assert!(tx.config_sources().add_domain("one", "one.example", NOW).await.unwrap());
    tx.commit().await.unwrap();
    let mut tx = store.read_everywhere().await.unwrap();
    let owner = tx.config_sources().find_owner("one.example").await.unwrap();
    assert_eq!(owner, Some(AppId::new("one")));
    assert_eq!(tx.config_sources().find_owner("two.example").await.unwrap(), None);
}

conformance! { projects_are_read_with_their_hosts, a_host_has_one_owner }
