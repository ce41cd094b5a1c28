//! Projects and the applications that sign people in through them.

stdx::id_type! {
    /// A project: one tenant, with its own configuration and users.
    AppId,
    /// An OAuth 2.0 client of a project (RFC 6749 §2.2).
    ClientId,
}
