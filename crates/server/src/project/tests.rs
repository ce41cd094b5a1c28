use std::path::PathBuf;

use stdx::{Rng, Timestamp};

use super::{NewProject, ProjectError};

fn project() -> NewProject {
    NewProject {
        app_id: "main".to_owned(),
        public_origin: "http://localhost:3000".to_owned(),
        with_demo: true,
    }
}

/// A folder of this test's own, gone when it ends.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("authwarden-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_lists_of_a_project_count() {
    use accounts::login_id::{Lists, check_new};
    let place = Place::new("lists");
    project().write(&place.0, &Rng::system(), Timestamp::EPOCH).expect("written");
    std::fs::write(place.0.join("reserved_name.txt"), "captain\n").expect("written");
    let app = crate::directory::load(&place.0).expect("valid");
    assert!(check_new(&app.config, &Lists::of(&app), "username", "captain").is_err());
    assert!(check_new(&app.config, &Lists::builtin(), "username", "captain").is_ok());
}

#[test]
fn what_is_written_can_be_served() {
    let place = Place::new("new-project");
    project().write(&place.0, &Rng::system(), Timestamp::EPOCH).expect("written");
    let app = crate::directory::load(&place.0).expect("valid");
    assert_eq!(app.id.as_str(), "main");
    assert_eq!(app.origin(), "http://localhost:3000");
    assert_eq!(app.config.oauth.clients.len(), 1);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read_the_secrets() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = Place::new("private");
    project().write(&place.0, &Rng::system(), Timestamp::EPOCH).expect("written");
    let secrets = std::fs::metadata(place.0.join("authgear.secrets.yaml")).expect("there");
    assert_eq!(secrets.permissions().mode() & 0o777, 0o600);
}

#[test]
fn what_exists_is_left_alone() {
    let place = Place::new("twice");
    let write = || project().write(&place.0, &Rng::system(), Timestamp::EPOCH);
    write().expect("written");
    let before = std::fs::read(place.0.join("authgear.secrets.yaml")).expect("there");
    assert!(matches!(write(), Err(ProjectError::Exists(_))));
    assert_eq!(std::fs::read(place.0.join("authgear.secrets.yaml")).expect("there"), before);
}

#[test]
fn an_origin_that_is_none_writes_nothing() {
    let place = Place::new("invalid");
    let project = NewProject { public_origin: "not an origin".to_owned(), ..project() };
    let written = project.write(&place.0, &Rng::system(), Timestamp::EPOCH);
    assert!(matches!(written, Err(ProjectError::Invalid(_))));
    assert!(!place.0.exists());
}

#[test]
fn what_else_lies_in_the_directory_is_not_the_projects() {
    let place = Place::new("repository");
    project().write(&place.0, &Rng::system(), Timestamp::EPOCH).expect("written");
    std::fs::create_dir_all(place.0.join("data/deep/deep/deep/deep/deep/deep/deep")).expect("made");
    std::fs::write(place.0.join("data/authwarden.db"), vec![0; 3 * 1024 * 1024]).expect("written");
    crate::directory::load(&place.0).expect("valid all the same");
}
