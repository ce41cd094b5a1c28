use super::*;
use crate::tests::world::World;

fn message(id: &str, text: &str) -> Message {
    Message {
        id: id.to_owned(),
        channel: Channel::Email,
        subject: Some("Confirm".to_owned()),
        sender: None,
        to: "mei@example.com".to_owned(),
        text: text.to_owned(),
        html: None,
        sent_at_micros: 0,
    }
}

#[tokio::test]
async fn the_newest_message_is_on_top_and_the_oldest_makes_room() {
    let world = World::new("").await;
    let ctx = world.ctx();
    for number in 0..=MESSAGES_MAX {
        record(&ctx, &world.kv, message(&number.to_string(), "")).await.unwrap();
    }
    let ids: Vec<_> = list(&ctx, &world.kv).await.unwrap().into_iter().map(|it| it.id).collect();
    assert_eq!((ids.len(), ids[0].as_str(), ids[49].as_str()), (MESSAGES_MAX, "50", "1"));
}

#[tokio::test]
async fn a_message_is_read_with_its_codes_and_links() {
    let world = World::new("").await;
    let text =
        "482913 is your code.\nOr open http://localhost:3000/verify?code=482913 now, by 2026.";
    record(&world.ctx(), &world.kv, message("m1", text)).await.unwrap();
    let page = world.browser().get("/inbox?id=m1").await;
    page.shows("<code>482913</code>");
    page.shows(r#"<a href="http://localhost:3000/verify?code=482913">"#);
    assert_eq!(codes(text), ["482913"]);
}

#[tokio::test]
async fn an_empty_inbox_says_so() {
    let world = World::new("").await;
    world.browser().get("/inbox").await.shows("Nothing has been sent yet");
}
