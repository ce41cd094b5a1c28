//! Lists what is built into the binary: templates, assets, texts.
//!
//! The lists are made from the folders, so that adding a file is all it takes to add a page.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")).join("../..");
    let mut code = String::new();
    for (name, folder, extension, include) in [
        ("TEMPLATES", "templates", "html", "include_str"),
        ("MAILS", "templates/messages", "", "include_str"),
        ("MESSAGES", "messages", "json", "include_str"),
        ("ASSETS", "assets", "", "include_bytes"),
    ] {
        let folder = root.join(folder);
        println!("cargo::rerun-if-changed={}", folder.display());
        let kind = if include == "include_str" { "&str" } else { "&[u8]" };
        writeln!(code, "pub const {name}: &[(&str, {kind})] = &[").expect("a string takes text");
        for path in files(&folder, extension) {
            let file = path.file_name().and_then(|it| it.to_str()).expect("names are UTF-8");
            let path = path.canonicalize().expect("the file was just listed");
            let path = path.to_str().expect("names are UTF-8");
            writeln!(code, "    ({file:?}, {include}!({path:?})),").expect("a string takes text");
        }
        writeln!(code, "];").expect("a string takes text");
    }
    let out = Path::new(&variable("OUT_DIR")).join("embedded.rs");
    std::fs::write(out, code).expect("the build directory takes files");
}

#[expect(clippy::disallowed_methods, reason = "build scripts are told everything this way")]
fn variable(name: &str) -> String {
    std::env::var(name).expect("set by cargo")
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten();
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_file())
        .filter(|path| {
            let found = path.extension().and_then(|it| it.to_str()).unwrap_or_default();
            extension.is_empty() || found == extension
        })
        .collect();
    files.sort();
    files
}
