//! Users, identities, authenticators, profiles.
