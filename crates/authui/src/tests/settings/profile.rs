use super::super::world::World;
use super::alice;

const PATH: &str = "/settings/profile";

const YAML: &str = "
user_profile:
  standard_attributes:
    access_control:
    - { pointer: /name, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
    - { pointer: /gender, access_control: { end_user: readonly, bearer: readonly, portal_ui: readwrite } }
    - { pointer: /address, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
  custom_attributes:
    attributes:
    - { id: '01', pointer: /hourly_wage, type: number, minimum: 1, access_control: { end_user: readwrite, bearer: readonly, portal_ui: readwrite } }
    - { id: '02', pointer: /secret, type: string, access_control: { end_user: hidden, bearer: readonly, portal_ui: readwrite } }
";

#[tokio::test]
async fn what_was_typed_is_saved_and_shown() {
    let world = World::new(YAML).await;
    let mut browser = alice(&world).await;
    let page = browser.get(PATH).await;
    assert_eq!(page.summary(), "200 Profile");
    page.shows("Hourly wage");
    page.lacks("secret");
    page.lacks(r#"name="/gender""#);
    page.lacks(r#"name="/email""#);
    let fields = [
        ("/name", " Mei Chan "),
        ("/address/street_address", "12 Ferry Street\r\nKowloon"),
        ("/address/country", "HK"),
        ("/birthdate", "1990-12-31"),
        ("/hourly_wage", "80.5"),
    ];
    let saved = browser.fill(&page, &fields).await;
    assert_eq!(saved.summary(), "303 /settings/profile");
    let page = browser.follow(&saved).await;
    assert_eq!(page.notice(), Some("Your profile was saved."));
    page.shows(r#"value="Mei Chan""#);
    page.shows("12 Ferry Street\nKowloon</textarea>");
    page.shows(r#"<option value="HK" selected>Hong Kong"#);
    page.shows(r#"value="80.5""#);
    let saved = browser.fill(&page, &[("/name", ""), ("/hourly_wage", "")]).await;
    let page = browser.follow(&saved).await;
    page.lacks("Mei Chan");
    page.lacks("80.5");
}

#[tokio::test]
async fn nothing_is_saved_when_anything_is_wrong() {
    let world = World::new(YAML).await;
    let mut browser = alice(&world).await;
    let fields = [("/name", "Mei"), ("/birthdate", "yesterday"), ("/hourly_wage", "0")];
    let page = browser.post(PATH, &fields).await;
    assert_eq!(page.status.as_u16(), 400);
    assert_eq!(page.error_of("/birthdate"), Some("Enter a date such as 1990-12-31."));
    assert_eq!(page.error_of("/hourly_wage"), Some("Enter 1 or more."));
    page.shows(r#"value="Mei""#);
    browser.get(PATH).await.lacks("Mei");
}

#[tokio::test]
async fn what_may_only_be_read_is_not_written() {
    let world = World::new(YAML).await;
    let mut browser = alice(&world).await;
    let fields = [("/gender", "female"), ("/secret", "x"), ("/email", "x@example.com")];
    let saved = browser.post(PATH, &fields).await;
    assert_eq!(saved.summary(), "303 /settings/profile");
    browser.get(PATH).await.lacks("Female");
    browser.get("/settings").await.lacks("x@example.com");
    assert!(world.events().await.is_empty());
}
