//! What a script says on its console, kept for whoever wrote it.

use serde::{Deserialize, Serialize};

/// Enough to find a mistake; a loop that prints does not fill the log.
const BYTES_MAX: usize = 16 * 1024;

/// The lines that a script printed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Console {
    pub text: String,
    /// Whether there was more.
    pub is_cut: bool,
}

impl Console {
    pub(crate) fn print(&mut self, level: &str, line: &str) {
        if self.is_cut {
            return;
        }
        let room = BYTES_MAX.saturating_sub(self.text.len());
        let line = format!("{level}: {line}\n");
        let end = (0..=room.min(line.len())).rev().find(|at| line.is_char_boundary(*at));
        self.text.push_str(&line[..end.unwrap_or_default()]);
        self.is_cut = line.len() > room;
    }
}
