//! Browser sessions, grants, codes and the tokens they hand out.
