//! The kinds of changes of a release besides those of its catalogs: one table, which the help text shows as well.

use crate::diff::{Class, Risk};

/// Which part of a release a change is of, in the order in which changes are told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    Catalogs,
    Site,
    Models,
    Program,
    Dependencies,
    Source,
    Files,
    Signatures,
}

impl Part {
    /// The part, as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Catalogs => "catalogs",
            Self::Site => "site",
            Self::Models => "models",
            Self::Program => "program",
            Self::Dependencies => "dependencies",
            Self::Source => "source",
            Self::Files => "files",
            Self::Signatures => "signatures",
        }
    }
}

/// Writes the table once: the variants, and for each its word, part, risk, class, and what it means.
macro_rules! kinds {
    ($($kind:ident $word:literal $part:ident $risk:ident $class:ident $meaning:literal)+) => {
        /// What kind of change it is. Its word is stable: programs and reviews name it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum PartKind {
            $(#[doc = $meaning] $kind,)+
        }

        impl PartKind {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The kind, as it is written: `snake_case`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// The part that it is of.
            pub fn part(self) -> Part {
                match self { $(Self::$kind => Part::$part,)+ }
            }

            /// What a change of this kind may do.
            pub fn risk(self) -> Risk {
                match self { $(Self::$kind => Risk::$risk,)+ }
            }

            /// Whom it concerns.
            pub fn class(self) -> Class {
                match self { $(Self::$kind => Class::$class,)+ }
            }

            /// The kind in a few words.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)+ }
            }
        }
    };
}

kinds! {
    GeneratedUnexplained "generated_unexplained" Catalogs High Widening "the generated source is not what its catalogs give"
    InvisibleAdded "invisible_added" Catalogs Medium Neutral "a document holds more characters that nobody sees; models are not told them"
    OrderChanged "order_changed" Catalogs None Neutral "tools, arguments or values stand in another order"
    CatalogRewritten "catalog_rewritten" Catalogs None Neutral "a file of the catalogs has other bytes, and no change of meaning is told beside"
    IsolationLowered "isolation_lowered" Site High Widening "the site template puts up with less isolation"
    IsolationRaised "isolation_raised" Site Low Neutral "the site template asks for more isolation"
    EgressAdded "egress_added" Site High Widening "the site template names a further system"
    EgressRemoved "egress_removed" Site Low Breaking "a system is gone from the site template"
    AddressChanged "address_changed" Site High Widening "a system has another address"
    PinsChanged "pins_changed" Site High Widening "another IP address or port is dialled"
    PinsRemoved "pins_removed" Site Low Neutral "an IP address or port is no longer dialled"
    CaChanged "ca_changed" Site High Widening "other certificates prove who is there"
    PlainHttpChanged "plain_http_changed" Site High Widening "why a system is reached without TLS"
    SecretAdded "secret_added" Site High Widening "a secret is newly read"
    SecretRemoved "secret_removed" Site Low Breaking "a secret is no longer read"
    SecretMoved "secret_moved" Site Medium Neutral "a secret is read from another place"
    SiteChanged "site_changed" Site Medium Neutral "something else in the site template"
    ModelBytesChanged "model_bytes_changed" Models High Widening "a model file has other bytes"
    ModelFileAdded "model_file_added" Models High Widening "a model file is newly there"
    ModelFileRemoved "model_file_removed" Models Low Breaking "a model file is gone"
    TemplateChanged "template_changed" Models High Widening "the chat template, which is code that makes prompts"
    ModelLicenceChanged "model_licence_changed" Models Medium Neutral "what is said of a model's licence, beside the file"
    PrefixChanged "prefix_changed" Models Medium Neutral "what a model has read beforehand, with what it was made of"
    PrefixUnexplained "prefix_unexplained" Models High Widening "what a model has read beforehand, though tools and model are the same"
    ProgramUnexplained "program_unexplained" Program High Widening "the program has other bytes, though its sources are the same"
    ProgramChanged "program_changed" Program Low Neutral "the program has other bytes, and other sources"
    ProgramAdded "program_added" Program High Widening "a further program"
    ProgramRemoved "program_removed" Program Low Breaking "a program is gone"
    LinkageChanged "linkage_changed" Program Medium Neutral "how the program is linked"
    FeaturesChanged "features_changed" Program Medium Neutral "what the program is said to be built with"
    CpuChanged "cpu_changed" Program Low Breaking "the processor that the program is said to need"
    DependencyReplaced "dependency_replaced" Dependencies High Widening "the same version with another checksum or source"
    DependencyAdded "dependency_added" Dependencies Medium Neutral "a further package"
    DependencyChanged "dependency_changed" Dependencies Medium Neutral "another version of a package"
    DependencyRemoved "dependency_removed" Dependencies Low Neutral "a package is gone"
    CompilerChanged "compiler_changed" Dependencies Medium Neutral "another version of Airlock's own crates, the compiler among them"
    ToolchainChanged "toolchain_changed" Dependencies Medium Neutral "another release of Rust"
    VendorUnexplained "vendor_unexplained" Dependencies High Widening "the packed crates have other bytes, though the lock is the same"
    SourceChanged "source_changed" Source Medium Neutral "source that is not generated, by directory"
    DeployChanged "deploy_changed" Files Medium Neutral "a file that sets the program up"
    FileChanged "file_changed" Files Medium Neutral "a file at a place that has no name here"
    SignerChanged "signer_changed" Signatures Medium Neutral "another key has signed"
    SignerAdded "signer_added" Signatures Low Neutral "a further signature"
    SignerRemoved "signer_removed" Signatures Low Neutral "a signature is gone"
}
