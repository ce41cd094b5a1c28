use clap::{CommandFactory as _, Parser as _};
use expect_test::expect_file;
use server::ConfigSource;

use crate::arguments::{Arguments, Command, Document};

/// The help of `path`, at a fixed width.
fn help(path: &[&str]) -> String {
    let mut command = Arguments::command().term_width(100);
    command.build();
    let found = path
        .iter()
        .fold(&mut command, |command, name| command.find_subcommand_mut(name).expect("a command"));
    found.render_long_help().to_string()
}

#[test]
fn help_is_readable() {
    expect_file!["help/authwarden.txt"].assert_eq(&help(&[]));
    expect_file!["help/serve.txt"].assert_eq(&help(&["serve"]));
    expect_file!["help/init.txt"].assert_eq(&help(&["init"]));
    expect_file!["help/check-config.txt"].assert_eq(&help(&["check-config"]));
    expect_file!["help/schema.txt"].assert_eq(&help(&["schema"]));
}

#[test]
fn the_schemas_are_written_down() {
    let check = |document, file: expect_test::ExpectFile| {
        let schema = serde_json::to_string_pretty(&crate::schema::of(document)).expect("JSON");
        file.assert_eq(&(schema + "\n"));
    };
    check(Document::AppConfig, expect_file!["../../../docs/schemas/authgear.json"]);
    check(Document::Features, expect_file!["../../../docs/schemas/authgear.features.json"]);
    check(Document::Secrets, expect_file!["../../../docs/schemas/authgear.secrets.json"]);
}

#[test]
fn the_command_line_is_consistent() {
    Arguments::command().debug_assert();
}

#[test]
fn without_a_command_it_serves_a_first_project() {
    let arguments = Arguments::parse_from(["authwarden"]);
    assert!(arguments.command.is_none());
    let settings = arguments.serve.settings();
    assert_eq!(settings.config_source, ConfigSource::FirstProject);
    assert!(settings.dev_mode, "a first project is for trying things out");
}

#[test]
fn a_project_of_ones_own_is_not_in_dev_mode() {
    let arguments =
        Arguments::parse_from(["authwarden", "serve", "--config-source-type", "local_fs"]);
    let Some(Command::Serve(serve)) = arguments.command else { panic!("serve") };
    let settings = serve.settings();
    assert_eq!(settings.config_source, ConfigSource::Directory(".".into()));
    assert!(!settings.dev_mode);
}

#[test]
fn naming_the_proxies_means_that_nobody_else_is_one() {
    let arguments = Arguments::parse_from([
        "authwarden",
        "--trust-proxy",
        "true",
        "--trusted-proxies",
        "10.0.0.0/8",
    ]);
    let settings = arguments.serve.settings();
    assert!(!settings.proxies.peer);
    assert_eq!(settings.proxies.ranges.len(), 1);
}

#[test]
fn what_test_suites_need_is_hidden_and_refused_elsewhere() {
    assert!(!help(&[]).contains("internal"));
    let words = "authwarden internal create-challenge --app-id a --purpose p --token t";
    let arguments = Arguments::try_parse_from(words.split(' ')).expect("known arguments");
    let Some(Command::Internal(internal)) = arguments.command else { panic!("another command") };
    let refused = crate::internal::run(&internal).expect_err("this is no test installation");
    assert!(refused.to_string().starts_with("this is for test installations only"), "{refused}");
}
