//! Projects and their hosts.

use domain::AppId;
use serde_json::json;

use super::{NOW, conformance};
use crate::Store;

async fn projects_are_read_with_their_hosts(store: &Store) {
    let data = |text: &str| json!({ "authgear.yaml": text }).as_object().cloned().unwrap();
    for (app, text) in [("one", "b25l"), ("two", "dHdv")] {
        let mut tx = store.write(&AppId::new(app)).await.unwrap();
        tx.config_sources().put(app, &data(text), NOW).await.unwrap();
        assert!(tx.config_sources().add_domain(app, &format!("{app}.example"), NOW).await.unwrap());
        tx.commit().await.unwrap();
    }

    let mut tx = store.read_everywhere().await.unwrap();
    let before = tx.config_sources().fingerprint().await.unwrap();
    let sources = tx.config_sources().list().await.unwrap();
    drop(tx);
    let hosts: Vec<_> = sources.iter().map(|it| (it.app_id.as_str(), it.domains.clone())).collect();
    assert_eq!(
        hosts,
        [("one", vec!["one.example".to_owned()]), ("two", vec!["two.example".to_owned()])]
    );
    assert_eq!(sources[0].data, data("b25l"));

    let mut tx = store.write(&AppId::new("one")).await.unwrap();
    tx.config_sources().put("one", &data("bmV3"), NOW.plus_seconds(1)).await.unwrap();
    let taken = tx.config_sources().add_domain("other", "two.example", NOW).await.unwrap();
    assert!(!taken, "a host stays with its owner");
    tx.commit().await.unwrap();
    let mut tx = store.read_everywhere().await.unwrap();
    assert_ne!(tx.config_sources().fingerprint().await.unwrap(), before);
    let sources = tx.config_sources().list().await.unwrap();
    assert_eq!((sources.len(), &sources[0].data), (2, &data("bmV3")));
}

conformance! { projects_are_read_with_their_hosts }
