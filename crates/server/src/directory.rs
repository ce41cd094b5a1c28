//! One project from a directory, read again when a file in it changes.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use accounts::login_id::LIST_FILES;
use ctx::App;
use web::Apps;

use crate::causes;
use crate::snapshot::{self, Files, SnapshotError};

/// How often the directory is looked at. Cheap: sizes and times, no contents.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The files beside the folders that make a project, and those of `LIST_FILES`.
const FILES: [&str; 4] =
    ["authgear.yaml", "authgear.features.yaml", "authgear.secrets.yaml", "theme.json"];
/// Pages and texts; scripts.
const FOLDERS: [&str; 2] = ["templates", "deno"];

/// More than this is no project.
const FILE_BYTES_MAX: u64 = 2 * 1024 * 1024;
const FILES_MAX: usize = 2000;
const DEPTH_MAX: usize = 6;

/// Why a directory does not give a project.
#[derive(Debug, thiserror::Error)]
pub enum DirectoryError {
    #[error("cannot read {path}")]
    Read {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    #[error("{0} is too large, too deep or holds too many files to be a project")]
    TooLarge(PathBuf),
    #[error("the project in {path} cannot be used")]
    Invalid {
        path: PathBuf,
        #[source]
        source: Box<SnapshotError>,
    },
}

/// Reads the project in `folder`.
pub fn load(folder: &Path) -> Result<Arc<App>, DirectoryError> {
    let files = read(folder)?;
    let app = snapshot::build(&files).map_err(|source| DirectoryError::Invalid {
        path: folder.to_owned(),
        source: Box::new(source),
    })?;
    Ok(Arc::new(app))
}

/// Swaps the project whenever its files change, until the process ends. It keeps its `names`.
///
/// A change that is not valid is refused: it is logged once, and what was running stays.
pub async fn watch(folder: PathBuf, names: Vec<String>, apps: Apps) {
    let mut seen = fingerprint(&folder);
    let mut ticks = tokio::time::interval(LOOK_EVERY);
    loop {
        ticks.tick().await;
        let now = fingerprint(&folder);
        if now == seen {
            continue;
        }
        seen = now;
        match load(&folder) {
            Ok(app) => {
                tracing::info!(app = %app.id, "the project's configuration was reloaded");
                apps.replace([(app, names.clone())]);
            }
            Err(error) => {
                let error = causes::whole(&error);
                tracing::error!(error, "the changed configuration is refused; the old one stays");
            }
        }
    }
}

/// What changes when a file does: path, length and time of every file.
fn fingerprint(folder: &Path) -> Vec<(PathBuf, u64, Option<std::time::SystemTime>)> {
    let mut found = Vec::new();
    let _ = visit_project(folder, &mut |path, metadata| {
        found.push((path.to_owned(), metadata.len(), metadata.modified().ok()));
        Ok(())
    });
    found.sort();
    found
}

fn read(folder: &Path) -> Result<Files, DirectoryError> {
    let mut files = Files::new();
    visit_project(folder, &mut |path, metadata| {
        if metadata.len() > FILE_BYTES_MAX || files.len() >= FILES_MAX {
            return Err(DirectoryError::TooLarge(path.to_owned()));
        }
        let bytes = std::fs::read(path).map_err(unreadable(path))?;
        let name = path.strip_prefix(folder).unwrap_or(path).to_string_lossy().into_owned();
        files.insert(name, bytes);
        Ok(())
    })?;
    Ok(files)
}

type Visitor<'v> = dyn FnMut(&Path, &std::fs::Metadata) -> Result<(), DirectoryError> + 'v;

/// Calls `each` for every file of the project in `root`.
///
/// Only what a project has is looked at: the directory may be somebody's repository, with the
/// data directory in it.
fn visit_project(root: &Path, each: &mut Visitor<'_>) -> Result<(), DirectoryError> {
    // The directory itself must be there and readable, even where nothing in it is ours.
    std::fs::read_dir(root).map_err(unreadable(root))?;
    for name in FILES.into_iter().chain(LIST_FILES) {
        let path = root.join(name);
        if let Ok(metadata) = std::fs::metadata(&path) {
            each(&path, &metadata)?;
        }
    }
    for folder in FOLDERS.map(|name| root.join(name)) {
        if folder.is_dir() {
            visit(root, &folder, 0, each)?;
        }
    }
    Ok(())
}

/// Calls `each` for every file below `folder`. Hidden entries are somebody else's.
fn visit(
    root: &Path,
    folder: &Path,
    depth: usize,
    each: &mut Visitor<'_>,
) -> Result<(), DirectoryError> {
    if depth > DEPTH_MAX {
        return Err(DirectoryError::TooLarge(root.to_owned()));
    }
    for entry in std::fs::read_dir(folder).map_err(unreadable(folder))? {
        let entry = entry.map_err(unreadable(folder))?;
        if entry.file_name().to_string_lossy().starts_with('.') {
            continue;
        }
        let path = entry.path();
        let metadata = std::fs::metadata(&path).map_err(unreadable(&path))?;
        if metadata.is_dir() {
            visit(root, &path, depth + 1, each)?;
        } else {
            each(&path, &metadata)?;
        }
    }
    Ok(())
}

fn unreadable(path: &Path) -> impl FnOnce(io::Error) -> DirectoryError {
    let path = path.to_owned();
    move |source| DirectoryError::Read { path, source }
}
