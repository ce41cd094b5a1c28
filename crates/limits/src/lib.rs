//! Rate limits and account lockout.
