//! Where the step leads, and where it does not.

use crate::world::World;

async fn go(world: &World, uri: &str) -> (u16, String) {
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("redirect_uri", uri)
        .finish();
    let reply = world.get(&format!("/oauth2/redirect?{query}")).await;
    (reply.status, reply.location().to_owned())
}

#[tokio::test]
async fn what_is_registered_is_reached_with_all_that_comes_after_it() {
    let world = World::with(|config| {
        config["oauth"]["clients"][3]["redirect_uris"] =
            "com.example.app://host/path".split(' ').collect();
    })
    .await;
    for uri in [
        "com.example.app://host/path",
        "com.example.app://host/path?code=c&state=s",
        "https://spa.example.com/cb?error=cancel#top",
    ] {
        assert_eq!(go(&world, uri).await, (303, uri.to_owned()));
    }
}

#[tokio::test]
async fn nothing_else_is_reached() {
    let world = World::new().await;
    for uri in [
        "",
        "https://evil.example.com/",
        "https://spa.example.com/cb/",
        "https://spa.example.com/cb/../cb",
        "https://spa.example.com/",
        "//spa.example.com/cb",
        "javascript:alert(1)",
        "https://spa.example.com/cb?a=b\r\nSet-Cookie: c=d",
        "https://test.example.com/settings",
    ] {
        assert_eq!(go(&world, uri).await, (400, String::new()), "{uri}");
    }
}
