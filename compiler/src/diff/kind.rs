//! The kinds of changes: one table, which the help text shows as well.

/// What a change may do, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Risk {
    /// Nothing that leaves or comes back is different.
    None,
    /// Less is possible than before, or people alone are told something else.
    Low,
    /// More is possible within what was reviewed, or a model is told something else about it.
    Medium,
    /// Something else leaves the machine, reaches the model, or is told to it as its task.
    High,
}

impl Risk {
    /// All of them, the worst first.
    pub const ALL: [Self; 4] = [Self::High, Self::Medium, Self::Low, Self::None];

    /// The risk, as it is written.
    pub fn word(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

/// Writes the table once: the variants, and for each its word, its risk and what it means.
macro_rules! kinds {
    ($($kind:ident $word:literal $risk:ident $meaning:literal)+) => {
        /// What kind of change it is. Its word is stable: programs and reviews name it.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Kind {
            $(#[doc = $meaning] $kind,)+
        }

        impl Kind {
            /// All of them, the worst first.
            pub const ALL: &'static [Self] = &[$(Self::$kind),+];

            /// The kind, as it is written: `snake_case`.
            pub fn word(self) -> &'static str {
                match self { $(Self::$kind => $word,)+ }
            }

            /// What a change of this kind may do.
            pub fn risk(self) -> Risk {
                match self { $(Self::$kind => Risk::$risk,)+ }
            }

            /// The kind in a few words.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$kind => $meaning,)+ }
            }
        }
    };
}

kinds! {
    FieldAdded "field_added" High "a field of the answer newly reaches the model"
    FieldsUnknown "fields_unknown" High "rule or answer changed; which fields reach the model is not known"
    WritingToolAdded "writing_tool_added" High "a new tool writes or destroys"
    EffectRaised "effect_raised" High "a tool became writing, or more destructive"
    EffectWaived "effect_waived" High "declared to do less than the method says: no approval is asked"
    DescriptionChanged "description_changed" High "the text of a tool, which the model obeys"
    UpstreamAdded "upstream_added" High "a new system is reached"
    UpstreamChanged "upstream_changed" High "a tool reaches another system"
    ServerChanged "server_changed" High "the document names another host; the site file says which is reached"
    BasePathChanged "base_path_changed" High "what is put before every path"
    TransportLowered "transport_lowered" High "the document no longer says that a system is reached by https"
    MethodChanged "method_changed" High "the method"
    PathChanged "path_changed" High "the path template"
    RedirectAdded "redirect_added" High "a redirect may newly lead to this system"
    FileCapRaised "file_cap_raised" High "files are newly handed on whole, or longer ones"
    CredentialAdded "credential_added" High "a secret is newly sent"
    CredentialMoved "credential_moved" High "a secret goes to another place"
    ArgumentAdded "argument_added" High "an argument is newly accepted"
    ArgumentFreed "argument_freed" High "a value that was fixed is chosen by the model"
    ArgumentMoved "argument_moved" High "an argument goes to another place of the request"
    WireNameChanged "wire_name_changed" High "an argument has another name on the wire"
    StyleChanged "style_changed" High "an argument is written in another way"
    PromptAdded "prompt_added" High "a new prompt, which a model obeys"
    PromptChanged "prompt_changed" High "a prompt says something else, or takes something else"
    ModelAdded "model_added" High "a model file may newly be loaded, by its digest"
    LabelsChanged "labels_changed" High "the chain of labels is another one"
    LabelLowered "label_lowered" High "what a tool gives, or a field of it, carries a lower label"
    ClearanceRaised "clearance_raised" High "more may have been read before arguments are sent to a tool"
    FlowAsked "flow_asked" High "a call above its clearance was refused, and a person is asked now"
    Declassified "declassified" High "what one tool gives may newly be sent on by another, whatever their labels"
    FixedAdded "fixed_added" High "a fixed value is newly sent"
    BodyChanged "body_changed" High "how the body is written"
    PropertyAdded "property_added" High "a property of an argument is newly accepted"
    RestAccepted "rest_accepted" High "properties that are not listed are newly accepted"
    AlternativeAdded "alternative_added" High "a further kind of value is accepted"
    TypeChanged "type_changed" High "another kind of value is accepted"
    ProfileGrown "profile_grown" Medium "a profile offers a tool more"
    ToolAdded "tool_added" Medium "a new tool reads"
    CatalogAdded "catalog_added" Medium "a new catalog; its tools are told one by one"
    BoundWidened "bound_widened" Medium "a bound was moved outwards, or dropped"
    GroundingWidened "grounding_widened" Medium "the embedded model may write into an argument what nobody has said"
    PatternChanged "pattern_changed" Medium "a pattern was changed or dropped"
    FormatChanged "format_changed" Medium "a format was changed or dropped"
    EnumGrown "enum_grown" Medium "a listed value more"
    EnumDropped "enum_dropped" Medium "values are no longer listed"
    NullAccepted "null_accepted" Medium "null is newly accepted"
    ArgumentOptional "argument_optional" Medium "an argument that was required is optional"
    PropertyOptional "property_optional" Medium "a property that was required is optional"
    DefaultChanged "default_changed" Medium "what is sent when the model leaves an argument out"
    FixedChanged "fixed_changed" Medium "a fixed value is another one"
    FixedRemoved "fixed_removed" Medium "a fixed value, such as a filter, is no longer sent"
    ArgumentFixed "argument_fixed" Medium "a value that the model chose is fixed"
    ToolRenamed "tool_renamed" Medium "a tool has another name, and is the same in all else"
    TitleChanged "title_changed" Medium "the title of a tool"
    CatalogTitleChanged "catalog_title_changed" Medium "the title of a catalog, which models are told as well"
    ArgumentDescriptionChanged "argument_description_changed" Medium "the text of an argument or of a property"
    OutputDescriptionChanged "output_description_changed" Medium "the text of a part of the result"
    CapRaised "cap_raised" Medium "more bytes of an answer are read"
    EncodingsChanged "encodings_changed" Medium "what an answer may be compressed with"
    PagesChanged "pages_changed" Medium "how pages are gathered by one call, or how many items"
    RuleChanged "rule_changed" Medium "the rule is another one"
    AnswerAdded "answer_added" Medium "an answer is newly taken: status, media type or content"
    AcceptChanged "accept_changed" Medium "the Accept header asks for something else"
    OutputChanged "output_changed" Medium "the shape of the result"
    NoteAdded "note_added" Medium "something that the document says is no longer enforced"
    ProfileAdded "profile_added" Low "a new profile: a named subset of the tools"
    ProfileRemoved "profile_removed" Low "a profile is gone"
    ProfileShrunk "profile_shrunk" Low "a profile offers a tool less"
    ProfileChanged "profile_changed" Low "whether a profile can be searched, or what is said of it"
    ModelRemoved "model_removed" Low "a model file may no longer be loaded"
    ModelChanged "model_changed" Low "what is said of a model file: its name, its licence, where it is offered"
    LabelRaised "label_raised" Low "what a tool gives, or a field of it, carries a higher label"
    ClearanceLowered "clearance_lowered" Low "less may have been read before arguments are sent to a tool"
    FlowRefused "flow_refused" Low "a person was asked about a call above its clearance, which is refused now"
    DeclassifiedNoMore "declassified_no_more" Low "what one tool gives may no longer be sent on by another"
    DeclassifiedOtherwise "declassified_otherwise" Low "why a flow is declassified"
    PromptRemoved "prompt_removed" Low "a prompt is gone"
    ToolRemoved "tool_removed" Low "a tool is gone"
    CatalogRemoved "catalog_removed" Low "a catalog is gone"
    CatalogRenamed "catalog_renamed" Low "the one catalog has another name"
    EffectLowered "effect_lowered" Low "a tool does less, though not less than its method says"
    TransportRaised "transport_raised" Low "the document says that a system is reached by https"
    UpstreamRemoved "upstream_removed" Low "a system is no longer reached"
    CredentialRemoved "credential_removed" Low "a secret is no longer sent"
    ArgumentRemoved "argument_removed" Low "an argument is no longer accepted"
    ArgumentRequired "argument_required" Low "an argument that was optional is required"
    PropertyRemoved "property_removed" Low "a property is no longer accepted"
    PropertyRequired "property_required" Low "a property that was optional is required"
    RestRefused "rest_refused" Low "properties that are not listed are refused"
    AlternativeRemoved "alternative_removed" Low "a kind of value is no longer accepted"
    TypeNarrowed "type_narrowed" Low "fewer kinds of values are accepted"
    NullRefused "null_refused" Low "null is no longer accepted"
    BoundTightened "bound_tightened" Low "a bound was moved inwards, or added"
    GroundingNarrowed "grounding_narrowed" Low "the embedded model may write into an argument only what was said"
    EnumShrunk "enum_shrunk" Low "a listed value less"
    CapLowered "cap_lowered" Low "fewer bytes of an answer are read"
    RedirectRemoved "redirect_removed" Low "a redirect may no longer lead to this system"
    FileCapLowered "file_cap_lowered" Low "files are no longer handed on whole, or shorter ones"
    FieldDropped "field_dropped" Low "a field no longer reaches the model"
    FieldRetyped "field_retyped" Low "a field that reaches the model is of another type in the answer"
    FieldsKnown "fields_known" Low "which fields reach the model is known now"
    RuleNarrowed "rule_narrowed" Low "the rule is another one, and keeps fewer fields"
    AnswerRemoved "answer_removed" Low "an answer is no longer taken"
    AcceptNarrowed "accept_narrowed" Low "the Accept header asks for less"
    OutputNarrowed "output_narrowed" Low "the shape of the result, which holds less"
    NoteRemoved "note_removed" Low "a note is gone"
    ResultFormChanged "result_form_changed" Low "how the result is written for the model"
    PlanChanged "plan_changed" Low "how much of an answer is held while it is read"
    SampleChanged "sample_changed" Low "what the rule makes of the saved answer"
    Other "other" Low "something else; the detail names it"
    DocumentChanged "document_changed" None "the document says something else; see what is told of tools"
    DocumentRenamed "document_renamed" None "the document is another file"
    OperationAdded "operation_added" None "the document has an operation more, which is no tool"
    OperationRemoved "operation_removed" None "an operation that was no tool is gone"
    OperationChanged "operation_changed" None "an operation that is no tool has another title, or can be one now or no more"
    OperationMoved "operation_moved" None "the operation stands elsewhere in the document"
    FieldsWithheld "fields_withheld" None "other fields of the answer are dropped by the rule"
    RuleRewritten "rule_rewritten" None "the rule is written otherwise, and means the same"
    ShapeRenamed "shape_renamed" None "a shape of the document has another name"
}
