//! Tables of settings. Each room declares its own in its file `settings.rs`, next to the code that reads it; [`config`]
//! adds them up.
//!
//! A table is declared with the macro `table!`, which takes the default and the limit of every field, so that no field
//! is without one; a field's documentation is also its help text. Rules between settings are functions of the tables.
//! The files `settings.rs` need only this room and each other: any room may read the settings of any other.
//!
//! [`config`]: crate::config

mod limit;

pub use limit::Limit;

/// A setting: one field of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// What it allows by itself.
    pub limit: Limit,
    /// What it does, in a sentence or more.
    pub help: &'static str,
}

/// A table of settings.
pub trait Settings {
    /// Its name in a configuration: `planner`.
    const TABLE: &'static str;

    /// Returns the setting called `name`; `None` if there is none.
    fn field(name: &str) -> Option<Field>;
}

/// A rule between settings.
#[cfg(feature = "learning")]
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// The key reported, with its table.
    pub key: &'static str,
    /// Whether the rule holds.
    pub holds: bool,
    /// What is allowed, to be read after "allowed:".
    pub allowed: String,
}

#[cfg(feature = "learning")]
impl Rule {
    pub fn new(key: &'static str, holds: bool, allowed: impl Into<String>) -> Self {
        Self { key, holds, allowed: allowed.into() }
    }
}

/// Declares a table of settings: the struct, its default, its TOML form, and the limit and help text of each field.
/// `besides` has fields that are not settings.
macro_rules! table {
    (
        $(#[doc = $doc:literal])*
        pub struct $name:ident in $table:literal {
            $(
                $(#[doc = $help:literal])*
                $(#[serde($($serde:tt)*)])?
                pub $field:ident: $type:ty = $default:expr, limit $limit:expr;
            )*
        }
        $(besides { $($(#[doc = $other_doc:literal])* pub $other:ident: $other_type:ty;)* })?
    ) => {
        $(#[doc = $doc])*
        #[derive(Clone, Debug, PartialEq, ::serde::Serialize, ::serde::Deserialize)]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $(
                $(#[doc = $help])*
                $(#[serde($($serde)*)])?
                pub $field: $type,
            )*
            $($(
                $(#[doc = $other_doc])*
                #[serde(skip)]
                pub $other: $other_type,
            )*)?
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)* $($($other: Default::default(),)*)? }
            }
        }

        impl $crate::settings::Settings for $name {
            const TABLE: &'static str = $table;

            fn field(name: &str) -> Option<$crate::settings::Field> {
                let (limit, help) = match name {
                    $(stringify!($field) => ($limit, concat!($($help),*)),)*
                    _ => return None,
                };
                Some($crate::settings::Field { limit, help: help.trim_start() })
            }
        }
    };
}
pub(crate) use table;
