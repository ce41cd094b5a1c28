//! The hosted pages: sign-up, login, settings.
