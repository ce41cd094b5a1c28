//! JSON Object Signing: JWS compact, JWK, JWKS, JWT.

/// The keys a project signs with, parsed once.
#[derive(Clone, Debug)]
pub struct SigningKeys {}
