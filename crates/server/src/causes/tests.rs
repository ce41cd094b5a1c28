use std::io;

use super::whole;
use crate::start::StartError;

#[test]
fn a_cause_is_told_once() {
    let error = StartError::Listen {
        address: ([127, 0, 0, 1], 3000).into(),
        source: io::Error::new(io::ErrorKind::AddrInUse, "somebody is there"),
    };
    assert_eq!(whole(&error), "cannot listen on 127.0.0.1:3000: somebody is there");
}

#[test]
fn an_invalid_project_lists_each_problem_once() {
    let folder = std::env::temp_dir().join(format!("authwarden-causes-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("authgear.yaml"), "id: x\nno_such_key: 1\n").unwrap();
    let error = StartError::from(crate::directory::load(&folder).err().unwrap());
    std::fs::remove_dir_all(&folder).unwrap();
    let text = whole(&error);
    assert_eq!(text.matches("/no_such_key").count(), 1, "{text}");
    assert_eq!(text.matches("authgear.yaml").count(), 1, "{text}");
}
