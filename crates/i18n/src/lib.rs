//! Catalogues, locale negotiation and message formatting.
//!
//! Messages are ICU MessageFormat 1, as upstream's `translation.json` files are, so that a
//! project's overrides keep working. They are parsed once per snapshot; formatting walks the
//! tree. Markup in a message is the translator's and stays; arguments are escaped.

mod catalogue;
mod format;
mod locale;

pub use catalogue::{Catalogue, CatalogueError, Locale};
pub use format::{Args, Escape, Value};
pub use locale::negotiate;

#[cfg(test)]
mod tests;
