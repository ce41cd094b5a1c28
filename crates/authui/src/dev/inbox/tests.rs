use outbound::Mail;

use super::*;
use crate::tests::world::World;

#[tokio::test]
async fn a_message_is_read_with_its_codes_and_links() {
    let world = World::new("").await;
    let text =
        "482913 is your code.\nOr open http://localhost:3000/verify?code=482913 now, by 2026.";
    let mail = Mail {
        id: "b1".to_owned(),
        from: "no-reply@example.com".to_owned(),
        reply_to: None,
        to: "mei@example.com".to_owned(),
        subject: "Confirm".to_owned(),
        text: text.to_owned(),
        html: None,
    };
    world.outbound.send_mail(&world.ctx(), &mail).await.unwrap();
    let mut browser = world.browser();
    browser.get("/inbox").await.shows("mei@example.com");
    let page = browser.get("/inbox?id=1").await;
    page.shows("<code>482913</code>");
    page.shows(r#"<a href="http://localhost:3000/verify?code=482913">"#);
    assert_eq!(codes(text), ["482913"]);
}

#[tokio::test]
async fn an_empty_inbox_says_so() {
    let world = World::new("").await;
    world.browser().get("/inbox").await.shows("Nothing has been sent yet");
}
