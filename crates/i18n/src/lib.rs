//! Catalogues, locale negotiation and message formatting.
