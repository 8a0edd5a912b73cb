//! OWASP's lists of 2025: the ten risks of MCP servers, and those of programs with a language model. What becomes of each
//! here, by which mechanism, and which tests prove it.

/// One risk.
#[derive(Clone, Copy, Debug)]
pub struct Risk {
    /// OWASP's identifier.
    pub id: &'static str,
    /// OWASP's title.
    pub title: &'static str,
    /// What becomes of it.
    pub standing: Standing,
    /// How, in sentences.
    pub mechanism: &'static str,
    /// What proves it: `FILE::NAME`, as of controls.
    pub tests: &'static [&'static str],
}

/// What becomes of a risk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// There is no way to it.
    Gone,
    /// It is smaller; the text says what is left.
    Reduced,
    /// There is nothing here that it could happen to.
    Absent,
}

impl Standing {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Reduced => "reduced",
            Self::Absent => "not there",
        }
    }
}

/// OWASP MCP Top 10.
pub const MCP: &[Risk] = &[
    Risk {
        id: "MCP01:2025",
        title: "Token Mismanagement and Secret Exposure",
        standing: Standing::Reduced,
        mechanism: "Secrets stand in private files, by name, and in no source, record, error or answer. Left: whoever runs \
                    the program can read its memory.",
        tests: &[
            "runtime/src/upstream/credential.rs::a_credential_goes_to_its_place_and_is_shown_nowhere",
            "runtime/src/upstream/credential.rs::each_form_that_could_come_back_is_looked_for",
            "runtime/tests/it/endpoint.rs::a_key_that_comes_back_is_not_shown",
        ],
    },
    Risk {
        id: "MCP02:2025",
        title: "Privilege Escalation via Scope Creep",
        standing: Standing::Reduced,
        mechanism: "Tools are listed one by one, approved by digest, and each change is told by its risk. Left: what the \
                    upstream lets the secret do.",
        tests: &[
            "tests/suite/lock.rs::an_edit_affects_the_tools_that_show_it_and_no_other",
            "tests/suite/diff.rs::every_seeded_change_is_named_at_its_risk",
            "runtime/tests/it/told.rs::under_a_profile_nothing_else_is_listed_callable_or_told_of",
        ],
    },
    Risk {
        id: "MCP03:2025",
        title: "Tool Poisoning",
        standing: Standing::Gone,
        mechanism: "What a model is told of tools is reviewed, constant and sent to the byte; a list with another digest is \
                    never offered, and nothing in it is invisible.",
        tests: &[
            "runtime/tests/it/wire.rs::the_list_that_is_sent_is_the_one_that_was_reviewed",
            "runtime/tests/it/command.rs::a_list_that_was_not_reviewed_is_never_offered",
            "tests/suite/review.rs::no_invisible_character_is_left",
        ],
    },
    Risk {
        id: "MCP04:2025",
        title: "Software Supply Chain Attacks and Dependency Tampering",
        standing: Standing::Reduced,
        mechanism: "Nothing is fetched at run time; dependencies are few and locked; generated source depends on one crate \
                    without dependencies; models are known by digest. A release is signed, brings its sources along, and is built \
                    again from them to the byte.",
        tests: &[
            "runtime/seal/tests/it/corpus.rs::every_bundle_gets_the_verdict_that_it_states",
            "compiler/tests/rebuild.rs::with_rebuild_another_user_elsewhere_on_another_day_gives_the_same_program",
            "tests/suite/purity.rs::generated_code_depends_on_the_contract_alone",
            "tests/suite/purity.rs::the_contract_has_no_dependency_and_no_std",
            "tests/suite/freshness.rs::two_directories_give_the_same_bytes",
        ],
    },
    Risk {
        id: "MCP05:2025",
        title: "Command Injection and Execution",
        standing: Standing::Gone,
        mechanism: "No tool runs a command or opens a file, and no argument becomes another part of a request. A confined \
                    process starts no other program.",
        tests: &[
            "tests/suite/wire/hostile.rs::hostile_values_arrive_whole_or_not_at_all",
            "runtime/src/request/tests/url.rs::another_parser_reads_the_same",
            "runtime/tests/it/isolation.rs::every_process_of_a_server_is_confined_with_each_of_its_threads",
        ],
    },
    Risk {
        id: "MCP06:2025",
        title: "Intent Flow Subversion",
        standing: Standing::Reduced,
        mechanism: "Nothing that a result says approves a change; the embedded model writes what a person or a result has said \
                    into arguments, and its control tokens come from no data. Left: a sentence of the model may repeat a lie.",
        tests: &[
            "tests/suite/injected.rs::with_model_no_result_brings_about_a_change",
            "runtime/src/model/callable_tests.rs::a_result_is_no_reason_to_change_anything",
            "runtime/src/model/template_tests.rs::all_that_others_wrote_is_data",
        ],
    },
    Risk {
        id: "MCP07:2025",
        title: "Insufficient Authentication and Authorization",
        standing: Standing::Reduced,
        mechanism: "A socket lets in its user and root; over HTTP a token, names and origins are checked before anything is \
                    read. Left: a token says that a client may come, not who it is.",
        tests: &[
            "runtime/tests/it/http.rs::the_token_guards_everything_but_the_sign_of_life",
            "runtime/src/mcp/http/visitor.rs::pages_of_other_names_and_origins_are_kept_out",
            "runtime/tests/it/program.rs::an_address_that_others_reach_stands_in_the_site_file_with_a_token",
        ],
    },
    Risk {
        id: "MCP08:2025",
        title: "Lack of Audit and Telemetry",
        standing: Standing::Reduced,
        mechanism: "Each call leaves chained records before its request and before its answer, kept by a process of its own, \
                    and is counted. Left: somebody has to look at them.",
        tests: &[
            "runtime/src/audit/tests.rs::every_change_of_ten_thousand_records_is_found",
            "tests/suite/soak.rs::two_thousand_calls_in_all_kinds_of_trouble_lose_nothing_and_leave_nothing",
            "runtime/tests/it/gate.rs::a_call_without_a_record_has_no_answer",
            "runtime/tests/it/http_metrics.rs::measurements_are_what_was_recorded_and_hold_no_word_of_a_caller",
        ],
    },
    Risk {
        id: "MCP09:2025",
        title: "Shadow MCP Servers",
        standing: Standing::Reduced,
        mechanism: "One program holds the reviewed tools of a place, and says by a digest which. Left: another program can be \
                    started beside it by whoever may start programs.",
        tests: &[
            "runtime/tests/it/command.rs::the_list_and_its_digest_can_be_compared_with_the_review",
            "runtime/src/mcp/http/listener.rs::loopback_needs_no_leave_and_everything_else_does",
        ],
    },
    Risk {
        id: "MCP10:2025",
        title: "Context Injection and Over-Sharing",
        standing: Standing::Reduced,
        mechanism: "A model gets the fields that a rule keeps; conversations share nothing; what was read is not sent to a \
                    tool that is not cleared for its label. Left: labels are as good as whoever gave them.",
        tests: &[
            "runtime/tests/it/flows.rs::what_was_read_is_not_sent_to_a_tool_below_it",
            "runtime/tests/it/gate.rs::a_call_goes_out_as_declared_and_comes_back_pruned",
            "tests/prune/compliance.rs::every_official_case_holds_in_every_way",
            "runtime/tests/it/http.rs::each_revision_is_served_without_a_session",
        ],
    },
];

/// OWASP Top 10 for LLM Applications.
pub const LLM: &[Risk] = &[
    Risk {
        id: "LLM01:2025",
        title: "Prompt Injection",
        standing: Standing::Reduced,
        mechanism: "It cannot approve a change, free an argument, add a tool or become a control token. Left: it can lead a \
                    model to call a reading tool with words of the conversation, or to say something wrong.",
        tests: &[
            "runtime/src/model/agent_tests.rs::a_change_runs_only_if_it_is_approved",
            "runtime/src/model/callable_tests.rs::arguments_are_what_was_said",
            "runtime/src/model/encode.rs::a_literal_that_data_and_template_make_together_is_text",
        ],
    },
    Risk {
        id: "LLM02:2025",
        title: "Sensitive Information Disclosure",
        standing: Standing::Reduced,
        mechanism: "What a rule drops reaches neither model nor record; secrets that come back are withheld. Left: what the rule \
                    keeps is shown to whoever asks.",
        tests: &[
            "runtime/tests/it/gate.rs::a_call_goes_out_as_declared_and_comes_back_pruned",
            "runtime/tests/it/places.rs::a_credential_of_the_query_does_not_come_back",
        ],
    },
    Risk {
        id: "LLM03:2025",
        title: "Supply Chain",
        standing: Standing::Reduced,
        mechanism: "As MCP04; a model file is loaded if its digest, licence and source are listed.",
        tests: &[
            "compiler/src/diff/models.rs::a_model_is_its_digest",
            "tests/suite/injected.rs::with_model_a_broken_or_poisoned_file_is_refused_in_words",
        ],
    },
    Risk {
        id: "LLM04:2025",
        title: "Data and Model Poisoning",
        standing: Standing::Reduced,
        mechanism: "Nothing is trained here. What is kept of a model's state is named by everything that it depends on, and a \
                    wrong one is refused. Left: whether the publisher's model is sound.",
        tests: &[
            "runtime/src/model/llama/tests.rs::with_model_a_kept_prefix_changes_nothing_but_the_time_and_a_wrong_one_is_refused",
            "runtime/src/model/template_tests.rs::bombs_run_out_of_fuel_before_anybody_asks_a_question",
        ],
    },
    Risk {
        id: "LLM05:2025",
        title: "Improper Output Handling",
        standing: Standing::Gone,
        mechanism: "A call of a model is valid by its grammar, or refused by the same one; it is checked and encoded like any \
                    other. Control characters of an answer reach no terminal.",
        tests: &[
            "runtime/src/model/agent_tests.rs::a_model_that_no_grammar_holds_calls_what_it_may_and_nothing_else",
            "runtime/src/model/text.rs::escape_sequences_and_reordering_are_taken_out",
            "tests/suite/wire/hostile.rs::hostile_values_arrive_whole_or_not_at_all",
        ],
    },
    Risk {
        id: "LLM06:2025",
        title: "Excessive Agency",
        standing: Standing::Reduced,
        mechanism: "Reading is the default; each change is asked of a person, with what would be sent. Left: people who say \
                    yes without reading.",
        tests: &[
            "runtime/tests/it/confirm.rs::a_person_allows_one_call_and_no_other",
            "tests/suite/injected.rs::with_model_a_pipe_approves_nothing",
            "runtime/src/model/callable_tests.rs::what_changes_data_is_asked_for_by_name",
        ],
    },
    Risk {
        id: "LLM07:2025",
        title: "System Prompt Leakage",
        standing: Standing::Gone,
        mechanism: "Rules, tools and prompts are reviewed texts for anybody to read; no address, file or secret of a place \
                    stands in them.",
        tests: &["runtime/tests/it/told.rs::every_page_that_is_listed_can_be_read_and_tells_nothing_of_the_place"],
    },
    Risk {
        id: "LLM08:2025",
        title: "Vector and Embedding Weaknesses",
        standing: Standing::Absent,
        mechanism: "There are no vectors: tools are found by their words.",
        tests: &["runtime/offer/src/rank/tests.rs::random_corpora_are_ranked_as_by_the_formula"],
    },
    Risk {
        id: "LLM09:2025",
        title: "Misinformation",
        standing: Standing::Reduced,
        mechanism: "The call, its bytes and the pruned answer are shown beside the model's sentence, with where each argument \
                    was said; a truncated answer is told as one. Left: the sentence may be wrong.",
        tests: &[
            "runtime/src/cli/chat/show_tests.rs::people_see_question_call_request_bytes_and_answer",
            "runtime/src/model/agent_tests.rs::what_is_too_long_is_cut_between_records_and_said_so",
            "runtime/tests/it/endpoint.rs::an_answer_from_a_cut_prompt_is_none",
        ],
    },
    Risk {
        id: "LLM10:2025",
        title: "Unbounded Consumption",
        standing: Standing::Reduced,
        mechanism: "Calls, rounds, tokens, bytes, time and what an upstream is asked are bounded. Left: a client that may come \
                    may use all of it.",
        tests: &[
            "runtime/tests/it/gate.rs::more_calls_than_may_run_wait_for_their_turn",
            "runtime/tests/it/gate.rs::an_upstream_gets_no_more_than_it_can_bear",
            "runtime/tests/it/endpoint.rs::nothing_that_a_server_does_holds_this_program_or_fills_its_memory",
        ],
    },
];
