//! What every surface stands on: the request context, cookies, CSRF, errors.
