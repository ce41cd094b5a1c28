//! The two shapes of configuration: a section (a mapping) and a choice (a word from a list).
//!
//! One declaration gives the Rust type, its defaults, what is read, what is written back
//! and the JSON Schema. In a section, fields with `= default` are always written; fields
//! after `..` may be absent, and are left out while they are empty.

/// Whether a field is what it would be if nobody had written it.
pub fn is_empty<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// Declares sections: structs that refuse unknown keys and fill what is missing.
macro_rules! section {
    ($(
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$filled_meta:meta])* $filled:ident : $filled_type:ty = $default:expr, )*
            $( .. $( $(#[$absent_meta:meta])* $absent:ident : $absent_type:ty, )* )?
        }
    )*) => { $(
        #[derive(
            Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        $(#[$meta])*
        #[serde(default, deny_unknown_fields)]
        #[allow(clippy::struct_excessive_bools, reason = "the keys of the file are what they are")]
        pub struct $name {
            $( $(#[$filled_meta])* pub $filled: $filled_type, )*
            $( $(
                $(#[$absent_meta])*
                #[serde(skip_serializing_if = "crate::section::is_empty")]
                pub $absent: $absent_type,
            )* )?
        }

        #[allow(clippy::derivable_impls, reason = "some sections have no default of their own")]
        impl Default for $name {
            fn default() -> Self {
                Self {
                    $( $filled: $default, )*
                    $( $( $absent: Default::default(), )* )?
                }
            }
        }
    )* };
}

/// Declares choices: enums that are written as the given words. The first is the default.
macro_rules! choice {
    ($(
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(#[$first_meta:meta])* $first:ident = $first_word:literal
            $(, $(#[$other_meta:meta])* $other:ident = $other_word:literal )* $(,)?
        }
    )*) => { $(
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash,
            serde::Serialize, serde::Deserialize, schemars::JsonSchema,
        )]
        $(#[$meta])*
        pub enum $name {
            #[default]
            #[serde(rename = $first_word)]
            $(#[$first_meta])*
            $first,
            $(
                #[serde(rename = $other_word)]
                $(#[$other_meta])*
                $other,
            )*
        }

        impl $name {
            /// Every choice, in the order of declaration.
            pub const ALL: &[Self] = &[Self::$first $(, Self::$other)*];

            /// The word as the file and the wire write it.
            pub const fn as_str(self) -> &'static str {
                match self {
                    Self::$first => $first_word,
                    $( Self::$other => $other_word, )*
                }
            }

            /// The choice that is written as `word`.
            pub fn from_word(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|choice| choice.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )* };
}

pub(crate) use {choice, section};
