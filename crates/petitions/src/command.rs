//! Enums of commands.

/// Declares an enum of commands with the words that rejections use for each.
macro_rules! commands {
    (
        $(#[$meta:meta])*
        pub enum $commands:ident {
            $( $command:ident = $words:literal, )+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum $commands {
            $( #[doc = concat!("To ", $words, ".")] $command($command), )+
        }

        impl $commands {
            /// The words for every command, in order of declaration.
            pub const WORDS: &'static [&'static str] = &[$( $words, )+];

            /// The words for this command, as in "cannot … the petition".
            #[must_use]
            pub const fn words(&self) -> &'static str {
                match self {
                    $( Self::$command(_) => $command::WORDS, )+
                }
            }
        }

        $(
            impl $command {
                pub(crate) const WORDS: &'static str = $words;
            }

            impl From<$command> for $commands {
                fn from(command: $command) -> Self {
                    Self::$command(command)
                }
            }
        )+
    };
}
pub(crate) use commands;
