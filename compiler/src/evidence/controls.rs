//! Controls of NIST SP 800-53, revision 5: how each is met, what is missing, and the tests that prove it.
//!
//! A table for assessors. A test is `FILE::NAME`, from the repository's root; `tests/suite/evidence.rs` looks that each is
//! there. A control that is not listed is left to the system around the program.

use super::Topic;

/// A control, or an enhancement of one.
#[derive(Clone, Copy, Debug)]
pub struct Control {
    /// As OSCAL writes it: `sc-7.5` is SC-7(5).
    pub id: &'static str,
    /// NIST's title; of an enhancement, its own.
    pub title: &'static str,
    /// How it is met, in sentences.
    pub mechanism: &'static str,
    /// What is missing, in sentences; empty if nothing is.
    pub missing: &'static str,
    /// What proves it.
    pub tests: &'static [&'static str],
    /// Facts of the catalogs that are evidence for it.
    pub topics: &'static [Topic],
    /// Whether the self-test of an installation bears on it.
    pub is_self_tested: bool,
}

/// In the order of their families.
pub const CONTROLS: &[Control] = &[
    Control {
        id: "ac-3",
        title: "Access Enforcement",
        mechanism: "Every call, whoever makes it, goes through one gate. Under a profile no other tool is listed, callable or \
                    told of. A tool that writes or destroys runs once for each yes of a person, or where the operator allows all.",
        missing: "",
        tests: &[
            "runtime/tests/it/gate.rs::what_writes_needs_approval",
            "runtime/tests/it/confirm.rs::a_person_allows_one_call_and_no_other",
            "runtime/tests/it/told.rs::under_a_profile_nothing_else_is_listed_callable_or_told_of",
        ],
        topics: &[Topic::Effects, Topic::Profiles],
        is_self_tested: false,
    },
    Control {
        id: "ac-4",
        title: "Information Flow Enforcement",
        mechanism: "Of an answer the model gets what the reviewed rule keeps; a request goes to the tool's own system, with its \
                    own secrets; a redirect leads to systems that the catalog names and to no other. Where catalogs are \
                    labelled, no profile joins an answer with a tool that is not cleared for it, and at run time what a \
                    conversation has read is not sent on above a clearance without a person who was told.",
        missing: "What people type, and what is shown to them, carries no label.",
        tests: &[
            "runtime/tests/it/gate.rs::a_call_goes_out_as_declared_and_comes_back_pruned",
            "runtime/tests/it/places.rs::each_upstream_gets_its_own_requests_with_its_own_credentials",
            "runtime/tests/it/answers.rs::redirects_lead_to_systems_that_the_catalog_names_and_no_secret_goes_along",
            "compiler/src/flow/tests.rs::every_flow_policy_is_judged_as_it_says",
            "compiler/src/flow/tests/random.rs::what_is_accepted_at_random_is_what_an_oracle_accepts",
            "runtime/tests/it/flows.rs::what_was_read_is_not_sent_to_a_tool_below_it",
            "runtime/tests/it/flows.rs::no_call_at_random_sends_on_what_its_tool_is_not_cleared_for",
        ],
        topics: &[Topic::Upstreams, Topic::Fields, Topic::Labels],
        is_self_tested: false,
    },
    Control {
        id: "ac-6",
        title: "Least Privilege",
        mechanism: "An operation that is not listed is no tool; one that writes needs a line in the catalog that says so. The \
                    program can offer the reading tools alone. The unit of systemd gives it a user of its own, no capability, \
                    a system that it cannot change and the addresses of its upstreams.",
        missing: "",
        tests: &[
            "runtime/tests/it/confirm.rs::a_server_that_reads_alone_has_no_other_tool",
            "tests/suite/errors.rs::every_mistake_is_shown_at_its_place_with_a_way_out",
            "tests/suite/unit.rs::units_are_what_was_reviewed",
            "tests/suite/unit.rs::with_systemd_units_are_sound_and_as_closed_as_they_can_be",
        ],
        topics: &[Topic::Effects, Topic::Profiles],
        is_self_tested: false,
    },
    Control {
        id: "au-2",
        title: "Event Logging",
        mechanism: "The event is the call of a tool, however it ends: answered, refused, cancelled or broken off. What is \
                    searched for among the tools is recorded like a call.",
        missing: "",
        tests: &[
            "runtime/tests/it/gate.rs::a_dropped_call_is_cancelled_and_recorded",
            "runtime/tests/it/told.rs::a_profile_can_be_searched_and_each_search_leaves_one_record",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "au-3",
        title: "Content of Audit Records",
        mechanism: "Records say when, who called, in which conversation, which tool of which document, which arguments by name \
                    with a digest of their values, which request, its status, bytes before and after pruning, who approved, and \
                    the verdict. They hold no value of an answer, and values of arguments only where the site file says so.",
        missing: "",
        tests: &[
            "runtime/tests/it/command.rs::a_call_prints_its_answer_and_a_summary",
            "tests/suite/host.rs::a_call_by_hand_prints_the_pruned_answer_and_leaves_one_record",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "au-5",
        title: "Response to Audit Logging Process Failures",
        mechanism: "A call is not made if its record cannot be written, and has no answer if the record of its end cannot.",
        missing: "",
        tests: &[
            "runtime/tests/it/audit.rs::without_room_for_a_record_no_call_is_made",
            "runtime/tests/it/gate.rs::a_call_without_a_record_has_no_answer",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "au-9",
        title: "Protection of Audit Information",
        mechanism: "A process of its own holds the file and the key that signs; the one that reads answers can add records and \
                    take none back. Records are chained by SHA-384, and checkpoints are signed. The file is its owner's alone.",
        missing: "What is cut off behind the last checkpoint shows only in a copy; who holds the key can make a trail anew.",
        tests: &[
            "runtime/src/audit/tests.rs::a_file_that_others_can_read_or_that_another_program_has_is_refused",
            "runtime/src/audit/tests.rs::every_change_of_ten_thousand_records_is_found",
            "runtime/src/audit/tests.rs::a_chain_that_was_made_anew_is_found_by_its_signatures",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "au-10",
        title: "Non-repudiation",
        mechanism: "Checkpoints are signed with a key of the place (SSHSIG, Ed25519 or P-384), and stock tools check them.",
        missing: "Without a key in the site file nothing is signed.",
        tests: &[
            "runtime/tests/it/audit.rs::checkpoints_are_signed_and_stock_tools_say_so",
            "runtime/seal/src/sshsig/tests.rs::ssh_keygen_takes_what_is_signed_here_and_the_other_way_round",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "au-12",
        title: "Audit Record Generation",
        mechanism: "No request leaves before a record says so, no call ends without exactly one record of it, and no answer \
                    goes out before that is written. A program or a keeper that is killed loses none.",
        missing: "",
        tests: &[
            "runtime/tests/it/audit.rs::no_kill_loses_a_record_and_no_half_record_goes_unnoticed",
            "tests/suite/soak.rs::two_thousand_calls_in_all_kinds_of_trouble_lose_nothing_and_leave_nothing",
            "runtime/tests/it/wire.rs::a_call_that_is_cancelled_before_it_begins_leaves_its_record",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "cm-3",
        title: "Configuration Change Control",
        mechanism: "Tools are source that is reviewed as a diff. `airlock diff` says what a change means, the riskiest first, \
                    and ends with a code of its own. A tool that is not what was approved stops the compiler until it is \
                    approved.",
        missing: "",
        tests: &[
            "tests/suite/diff.rs::every_seeded_change_is_named_at_its_risk",
            "tests/suite/lock.rs::an_edit_affects_the_tools_that_show_it_and_no_other",
            "compiler/src/diff/tests.rs::an_edit_of_any_field_is_told",
        ],
        topics: &[Topic::Documents, Topic::Tools],
        is_self_tested: false,
    },
    Control {
        id: "cm-7",
        title: "Least Functionality",
        mechanism: "The tools are constants that were compiled in, with a digest; a program whose list has another one does not \
                    start. Generated source has no function, no macro and one dependency. A confined process starts no program, \
                    and no resolver is linked in.",
        missing: "",
        tests: &[
            "runtime/tests/it/command.rs::a_list_that_was_not_reviewed_is_never_offered",
            "runtime/tests/it/wire.rs::the_list_that_is_sent_is_the_one_that_was_reviewed",
            "tests/suite/purity.rs::generated_code_calls_no_macro_and_has_no_body",
            "runtime/tests/it/program.rs::no_resolver_is_linked_in",
            "runtime/tests/it/selftest.rs::nothing_is_open_but_what_is_known_and_the_control_is_open_or_explained",
        ],
        topics: &[Topic::Tools],
        is_self_tested: true,
    },
    Control {
        id: "cm-8",
        title: "System Component Inventory",
        mechanism: "Each release has a bill of materials (CycloneDX 1.6) with every crate that is linked in, the parts \
                    of llama.cpp, the compiler and the models, and the texts of all licences. It is set against the lock \
                    both ways.",
        missing: "",
        tests: &[
            "compiler/tests/it/bundle_build.rs::a_bundle_is_what_was_reviewed_and_the_same_from_two_directories",
            "compiler/src/bundle/sbom.rs::the_schema_of_the_standard_takes_it_with_python",
        ],
        topics: &[Topic::Models],
        is_self_tested: false,
    },
    Control {
        id: "cm-14",
        title: "Signed Components",
        mechanism: "A release is installed if whom the site trusts has signed the digests of all its files, by anchors \
                    that come from elsewhere and a policy of the site. Nothing is installed with a warning.",
        missing: "A program that somebody with the right to write there has exchanged need not ask about itself.",
        tests: &[
            "runtime/seal/tests/it/corpus.rs::every_bundle_gets_the_verdict_that_it_states",
            "runtime/seal/tests/it/flips.rs::every_byte_of_the_sums_counts",
            "runtime/seal/tests/it/kernel.rs::the_stock_tools_alone_verify_without_a_network",
            "runtime/tests/it/release.rs::a_site_that_asks_for_a_signed_release_is_served_by_no_other_program",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "ia-5.7",
        title: "No Embedded Unencrypted Static Authenticators",
        mechanism: "Catalogs and generated source name secrets. The site file names the file that holds each; the file is its \
                    owner's alone, or the program does not start. No error, answer, record or debug text shows one.",
        missing: "",
        tests: &[
            "runtime/src/site/tests.rs::credentials_are_private_lines_of_visible_ascii",
            "runtime/tests/it/canary.rs::no_secret_of_an_upstream_is_written_in_any_form",
            "runtime/tests/it/canary.rs::no_secret_of_clients_over_http_is_written",
            "runtime/tests/it/canary.rs::no_secret_can_be_in_reviewed_source",
            "runtime/tests/it/hygiene.rs::credentials_of_systemd_are_read_as_it_leaves_them",
        ],
        topics: &[Topic::Secrets],
        is_self_tested: false,
    },
    Control {
        id: "sc-5",
        title: "Denial-of-service Protection",
        mechanism: "Calls have a time, a number at once and a cap on bytes, compressed or not; upstreams are asked no faster than \
                    they can bear. Slow, silent and long-winded clients and upstreams cost their own call and no memory.",
        missing: "",
        tests: &[
            "tests/suite/trouble.rs::every_trouble_is_told_in_time_and_the_next_call_works",
            "runtime/tests/it/http.rs::slow_clients_are_given_up_on",
            "runtime/tests/it/gate.rs::bodies_and_answers_over_their_limit_are_refused",
            "runtime/src/upstream/decode.rs::little_that_stands_for_much_is_refused_early",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "sc-7.5",
        title: "Deny by Default \u{2014} Allow by Exception",
        mechanism: "No name is looked up at run time: the site file pins addresses. The process that serves has no right to open \
                    a connection (seccomp); another one opens those of the list, by number. Below the least isolation of the site \
                    file the program does not start. Under the unit that `airlock-host unit` prints the kernel drops packets to \
                    and from all other addresses, or there is no network at all.",
        missing: "",
        tests: &[
            "runtime/tests/it/isolation.rs::a_connector_gives_places_of_its_list_and_nothing_else",
            "runtime/tests/it/isolation.rs::without_its_connector_a_server_calls_nobody_and_says_why",
            "runtime/tests/it/isolation.rs::less_isolation_than_the_site_asks_for_is_refused_with_the_layer_and_the_reason",
            "runtime/tests/it/selftest.rs::nothing_is_open_but_what_is_known_and_the_control_is_open_or_explained",
            "tests/suite/unit.rs::with_booted_systemd_a_service_is_as_confined_as_its_unit_says",
        ],
        topics: &[Topic::Upstreams],
        is_self_tested: true,
    },
    Control {
        id: "sc-8",
        title: "Transmission Confidentiality and Integrity",
        mechanism: "Upstreams and model servers are reached by TLS 1.2 or 1.3, with a certificate that the named authorities of \
                    the site file vouch for, and no others.",
        missing: "Whether an upstream is reached so is the site file's choice, and clients over HTTP need a proxy with TLS.",
        tests: &[
            "runtime/tests/it/tls.rs::a_server_that_its_authority_vouches_for_is_called",
            "runtime/tests/it/tls.rs::why_a_certificate_is_not_trusted_is_told_with_the_way_out",
            "runtime/tests/it/tls.rs::what_is_no_tls_or_too_old_is_told",
        ],
        topics: &[Topic::Upstreams],
        is_self_tested: false,
    },
    Control {
        id: "sc-28",
        title: "Protection of Information at Rest",
        mechanism: "Files with secrets and records are their owner's alone. Under the unit of systemd secrets are handed over in \
                    memory. What is kept of a model's state holds no word of a conversation.",
        missing: "Nothing is encrypted by the program: that is left to the disk.",
        tests: &["runtime/src/site/tests.rs::credentials_are_private_lines_of_visible_ascii"],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "sc-39",
        title: "Process Isolation",
        mechanism: "The serving process and the one that opens connections are apart, and each thread of both is confined: \
                    no_new_privs, Landlock, a list of system calls. Under the unit of systemd they have users, processes, devices \
                    and temporary files of their own as well.",
        missing: "",
        tests: &[
            "runtime/tests/it/isolation.rs::every_process_of_a_server_is_confined_with_each_of_its_threads",
            "runtime/tests/it/selftest.rs::a_layer_that_is_gone_is_noticed",
            "runtime/tests/it/isolation.rs::a_server_ends_with_every_process_that_it_started",
            "tests/suite/unit.rs::with_booted_systemd_a_service_is_as_confined_as_its_unit_says",
        ],
        topics: &[],
        is_self_tested: true,
    },
    Control {
        id: "si-7.1",
        title: "Integrity Checks",
        mechanism: "At every start the program makes the list of tools anew and compares its digest with the reviewed one. A \
                    model is loaded if its digest is listed. A program in a release checks its own bytes, its manifest and \
                    what it loads against the signed sums. The same catalogs give the same source, on any machine.",
        missing: "",
        tests: &[
            "runtime/tests/it/release.rs::a_modified_release_does_not_start_and_a_whole_one_says_what_it_is",
            "runtime/tests/it/command.rs::a_list_that_was_not_reviewed_is_never_offered",
            "tests/suite/injected.rs::with_model_a_broken_or_poisoned_file_is_refused_in_words",
            "tests/suite/freshness.rs::two_directories_give_the_same_bytes",
        ],
        topics: &[Topic::Tools, Topic::Models, Topic::Documents],
        is_self_tested: false,
    },
    Control {
        id: "si-7.6",
        title: "Cryptographic Protection",
        mechanism: "SHA-512 of every file, under signatures in P-384 and ML-DSA-87 where the policy is `cnsa2`; each \
                    namespace and each algorithm is bound to its purpose.",
        missing: "The crate of ML-DSA says that it was never audited, so no policy rests on it alone.",
        tests: &[
            "runtime/seal/tests/it/flips.rs::every_byte_of_each_signature_counts",
            "runtime/seal/tests/it/mldsa.rs::the_key_of_the_rfc_and_the_signature_of_openssl_are_taken",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "si-7.15",
        title: "Code Authentication",
        mechanism: "An installation checks signatures before anything else is read, and the whole tree before it is put \
                    in force. An older release is refused; going back takes a reason, an approval of the site, and a \
                    record.",
        missing: "",
        tests: &[
            "runtime/seal/tests/install/rules.rs::numbers_rise_and_the_highest_is_remembered_when_its_release_is_gone",
            "runtime/seal/tests/install/rules.rs::rolling_back_needs_a_reason_an_approval_a_whole_release_and_a_record",
            "runtime/seal/tests/install/power.rs::wherever_the_power_fails_one_release_is_in_force_and_the_next_run_succeeds",
            "runtime/tests/it/release.rs::releases_come_and_go_back_and_the_trail_says_so",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "si-10",
        title: "Information Input Validation",
        mechanism: "Arguments are checked against the reviewed shapes, unknown ones refused, and written to the wire without \
                    loss or not at all: no value adds a path segment, a parameter, a header or a part.",
        missing: "",
        tests: &[
            "tests/suite/wire/hostile.rs::hostile_values_arrive_whole_or_not_at_all",
            "runtime/src/request/tests/refusals.rs::no_value_makes_a_step",
            "runtime/tests/it/gate.rs::faulty_arguments_and_names_are_refused_before_anything_is_sent",
            "runtime/src/arguments/agreement.rs::what_is_announced_is_what_is_admitted",
        ],
        topics: &[Topic::Arguments],
        is_self_tested: false,
    },
    Control {
        id: "si-11",
        title: "Error Handling",
        mechanism: "A refusal says what failed and what to do. An upstream's own words are cut short, made visible, and given \
                    on only if no secret is in them.",
        missing: "",
        tests: &[
            "runtime/src/answer.rs::a_failure_tells_the_upstreams_words_and_no_more",
            "runtime/src/upstream/credential.rs::each_form_that_could_come_back_is_looked_for",
            "runtime/src/untrusted.rs::control_characters_do_not_come_through",
        ],
        topics: &[],
        is_self_tested: false,
    },
    Control {
        id: "si-15",
        title: "Information Output Filtering",
        mechanism: "An answer that its document does not declare is withheld; of one that it does, the rule keeps what was \
                    reviewed, while it is read. A body that is broken anywhere gives nothing.",
        missing: "",
        tests: &[
            "runtime/tests/it/gate.rs::answers_that_are_not_declared_are_withheld",
            "tests/prune/compliance.rs::every_official_case_holds_in_every_way",
            "tests/prune/guards.rs::what_is_broken_in_a_part_that_is_left_out_is_an_error",
        ],
        topics: &[Topic::Fields],
        is_self_tested: false,
    },
    Control {
        id: "si-16",
        title: "Memory Protection",
        mechanism: "No memory becomes executable, or is writable and executable (seccomp, and MDWE where the kernel has it); the \
                    unit of systemd says the same. Secrets lie in pages of their own that are neither swapped nor dumped. Rust \
                    without `unsafe` reads everything that comes from outside but model files.",
        missing: "Model files are read by llama.cpp, in C++, in a process that is confined.",
        tests: &[
            "runtime/tests/it/selftest.rs::nothing_is_open_but_what_is_known_and_the_control_is_open_or_explained",
            "runtime/src/secret/locked.rs::the_kernel_neither_swaps_nor_dumps_them",
            "runtime/tests/it/hygiene.rs::memory_is_not_dumped_and_files_are_private",
            "tests/suite/unit.rs::with_booted_systemd_a_service_is_as_confined_as_its_unit_says",
        ],
        topics: &[],
        is_self_tested: true,
    },
    Control {
        id: "sr-4",
        title: "Provenance",
        mechanism: "A release brings along the source that it is built of, down to the vendored crates, and the \
                    statement of what went into it (in-toto, SLSA 1). Anybody builds the program again from that and \
                    compares the bytes.",
        missing: "A model has no rebuild; its digest and its licence are all that is known of it.",
        tests: &[
            "compiler/tests/rebuild.rs::with_rebuild_another_user_elsewhere_on_another_day_gives_the_same_program",
            "compiler/tests/rebuild.rs::what_is_gathered_is_the_same_each_time_and_holds_no_tests",
        ],
        topics: &[Topic::Models, Topic::Documents],
        is_self_tested: false,
    },
    Control {
        id: "sr-11",
        title: "Component Authenticity",
        mechanism: "Crates are those whose digests stand in the lock, models those whose digests stand in the workspace. \
                    What a release changes beside the one before is told from the two bundles alone, not from what they \
                    claim.",
        missing: "",
        tests: &[
            "tests/suite/bundle_diff.rs::every_seeded_change_is_named_in_one_line",
            "tests/suite/bundle_diff.rs::what_a_manifest_claims_hides_nothing",
        ],
        topics: &[Topic::Models],
        is_self_tested: false,
    },
];
