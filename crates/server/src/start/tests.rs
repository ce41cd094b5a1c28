use super::create_dir;

#[cfg(unix)]
#[test]
fn nobody_else_may_look_into_the_data_directory() {
    use std::os::unix::fs::PermissionsExt as _;
    let path = std::env::temp_dir().join(format!("authwarden-mode-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&path);
    create_dir(&path).expect("created");
    create_dir(&path).expect("it may be there already");
    let mode = std::fs::metadata(&path).expect("there").permissions().mode();
    std::fs::remove_dir_all(&path).expect("removed");
    assert_eq!(mode & 0o777, 0o700);
}
