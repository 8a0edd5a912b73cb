//! Which changes a release must not make unseen: three classes, beside the risk.

use super::Kind;

/// What a change does to those who rely on a release. The worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Class {
    /// Neither of the others.
    Neutral,
    /// What clients, models or people relied on is gone, or is asked for in another way.
    Breaking,
    /// More may be reached, sent or told than was reviewed, or less stands in its way.
    Widening,
}

impl Class {
    /// The class, as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Breaking => "breaking",
            Self::Widening => "widening",
        }
    }
}

/// The class of a change of catalogs. All kinds are named: one that is added must be thought of here.
pub fn class(kind: Kind) -> Class {
    use Kind as K;
    match kind {
        K::FieldAdded
        | K::FieldsUnknown
        | K::WritingToolAdded
        | K::EffectWaived
        | K::UpstreamAdded
        | K::UpstreamChanged
        | K::ServerChanged
        | K::TransportLowered
        | K::MethodChanged
        | K::RedirectAdded
        | K::FileCapRaised
        | K::CredentialAdded
        | K::CredentialMoved
        | K::ArgumentFreed
        | K::ModelAdded
        | K::LabelsChanged
        | K::LabelLowered
        | K::ClearanceRaised
        | K::FlowAsked
        | K::Declassified
        | K::GroundingWidened
        | K::FixedRemoved => Class::Widening,
        K::EffectRaised
        | K::ArgumentMoved
        | K::WireNameChanged
        | K::StyleChanged
        | K::BodyChanged
        | K::BasePathChanged
        | K::PathChanged
        | K::TypeChanged
        | K::ArgumentFixed
        | K::FixedChanged
        | K::OutputChanged
        | K::PatternChanged
        | K::FormatChanged
        | K::RuleChanged
        | K::AcceptChanged
        | K::PagesChanged
        | K::ProfileRemoved
        | K::ProfileShrunk
        | K::ModelRemoved
        | K::FlowRefused
        | K::ClearanceLowered
        | K::LabelRaised
        | K::DeclassifiedNoMore
        | K::PromptRemoved
        | K::ToolRemoved
        | K::ToolRenamed
        | K::CatalogRemoved
        | K::CatalogRenamed
        | K::UpstreamRemoved
        | K::CredentialRemoved
        | K::ArgumentRemoved
        | K::ArgumentRequired
        | K::PropertyRemoved
        | K::PropertyRequired
        | K::RestRefused
        | K::AlternativeRemoved
        | K::TypeNarrowed
        | K::NullRefused
        | K::BoundTightened
        | K::GroundingNarrowed
        | K::EnumShrunk
        | K::CapLowered
        | K::RedirectRemoved
        | K::FileCapLowered
        | K::FieldDropped
        | K::FieldRetyped
        | K::RuleNarrowed
        | K::AnswerRemoved
        | K::AcceptNarrowed
        | K::OutputNarrowed
        | K::ResultFormChanged => Class::Breaking,
        K::DescriptionChanged
        | K::PromptAdded
        | K::PromptChanged
        | K::FixedAdded
        | K::ArgumentAdded
        | K::PropertyAdded
        | K::RestAccepted
        | K::AlternativeAdded
        | K::ProfileGrown
        | K::ToolAdded
        | K::CatalogAdded
        | K::BoundWidened
        | K::EnumGrown
        | K::EnumDropped
        | K::NullAccepted
        | K::ArgumentOptional
        | K::PropertyOptional
        | K::DefaultChanged
        | K::TitleChanged
        | K::CatalogTitleChanged
        | K::ArgumentDescriptionChanged
        | K::OutputDescriptionChanged
        | K::CapRaised
        | K::EncodingsChanged
        | K::AnswerAdded
        | K::NoteAdded
        | K::ProfileAdded
        | K::ProfileChanged
        | K::ModelChanged
        | K::EffectLowered
        | K::DeclassifiedOtherwise
        | K::TransportRaised
        | K::FieldsKnown
        | K::NoteRemoved
        | K::PlanChanged
        | K::SampleChanged
        | K::Other
        | K::DocumentChanged
        | K::DocumentRenamed
        | K::OperationAdded
        | K::OperationRemoved
        | K::OperationChanged
        | K::OperationMoved
        | K::FieldsWithheld
        | K::RuleRewritten
        | K::ShapeRenamed => Class::Neutral,
    }
}
