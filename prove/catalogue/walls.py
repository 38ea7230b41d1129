"""Checks of the walls: between firms, around secrets and privileged text, in the code itself."""

from prove.check import Check, nodes

WALLS = (
    Check(
        3, "tenant-matrix",
        "Every table with firm rows, found in the database's catalogue, is asked by each role in each context with each"
        " verb: no row of another firm may be reached.",
        "in full", "in full",
        nodes("proofs/test_rls_matrix.py", "no_role_reaches_a_foreign_row_in_any_way",
              "every_table_with_firm_rows_is_in_the_matrix_and_walled", "own_rows_are_there",
              "a_row_cannot_be_moved_to_another_firm", "a_key_cannot_point_at_another_firms_row",
              "the_relay_reads_no_content"),
        "one table's policy is dropped",
        nodes("proofs/test_rls_matrix.py", "sabotage_without_the_policy_the_matrix_turns_red"),
        "three of the twelve planned verbs (MERGE, cursors, prepared statements)",
    ),
    Check(
        9, "token-crypto",
        "Sealed tokens with each bit flipped, and moved to every other row, column, table and firm, must not open; keys"
        " are rotated while they are used; a disconnect makes copies of the rows worthless.",
        "every bit; 3 rotations under load", "every bit; 20 rotations under load",
        nodes("proofs/test_token_crypto.py", "altered_and_moved_tokens_do_not_open", "keys_rotate_under_load",
              "a_disconnect_destroys_what_a_backup_of_the_rows_holds")
        + nodes("casehug/common/test_encryption.py", "a_dump_of_the_table_shows_no_clear_value",
                "a_missing_key_is_an_error_never_a_value"),
        "nothing is bound to the place (empty associated data)",
        nodes("proofs/test_token_crypto.py", "sabotage_with_nothing_bound_to_the_place_moved_tokens_open"),
    ),
    Check(
        10, "http-tenant-matrix",
        "Every route is asked for another firm's records by nobody, a stranger and each role, and the whole API is"
        " fuzzed from its own description: only 404 and 403, no foreign id in any answer, no server error.",
        "all routes; 3 drawn cases per operation", "all routes; 100 drawn cases per operation",
        nodes("proofs/test_route_matrix.py", "every_route_is_covered", "another_firms_records_stay_closed",
              "a_key_does_only_what_its_scope_says", "public_routes_hold_nothing_of_a_firm")
        + nodes("proofs/test_api_description.py", "no_server_error_and_nothing_of_the_other_firm")
        + nodes("proofs/test_operations_no_content.py", "operators_see_firms_as_ids_only"),
        "the questions are asked inside the firm; a planted server error; content on the operator's page",
        nodes("proofs/test_route_matrix.py", "sabotage_the_same_questions_are_answered_inside_the_firm")
        + nodes("proofs/test_api_description.py", "sabotage_the_other_firms_key_and_a_planted_error_are_reported")
        + nodes("proofs/test_operations_no_content.py", "sabotage_a_figure_with_content_is_found"),
        "sequences of dependent calls (each case is one call)",
    ),
    Check(
        16, "ssrf-corpus",
        "More than 80 targets that must never be contacted, live rebinding name servers among them; every attempt to"
        " connect is counted.",
        "in full", "in full",
        nodes("proofs/test_outbound_targets.py", "nothing_denied_is_ever_contacted",
              "rebinding_name_servers_change_nothing", "our_own_public_addresses_are_denied",
              "local_listeners_exist_in_local_runs_only"),
        "the ready-made test “is global”; resolving a second time",
        nodes("proofs/test_outbound_targets.py", "sabotage_the_ready_made_test_lets_targets_through",
              "sabotage_resolving_again_is_caught_by_the_listener"),
    ),
    Check(
        17, "canaries",
        "A marked string in every personal and privileged field goes through a success and four failures, with mappings"
        " forced onto every place; it is looked for in logs, broker, rows, pages of others, and in what left.",
        "14 marks, 5 ways, 5 places", "the same",
        nodes("proofs/test_canaries.py", "no_mark_is_where_it_must_not_be")
        + nodes("integrations/sync/test_fields_refused.py",
                "privileged_text_is_in_no_byte_that_left_even_when_its_places_are_mapped",
                "an_answer_without_a_submission_is_stopped_by_the_guard")
        + nodes("integrations/connections/test_oauth.py", "no_secret_reaches_a_log"),
        "what staff typed counts as submitted",
        nodes("proofs/test_canaries.py", "sabotage_when_source_tags_are_ignored_a_privileged_mark_leaves"),
        "an error sink (none is configured) and ten of the 24 planned strings",
    ),
    Check(
        18, "pooling",
        "Threads share a few server connections transaction by transaction, with random aborts, through a pool of our"
        " own and through a PgBouncer that some leave in mid transaction; every row seen must be of the firm that"
        " asks, and none outside of a scope. Then web server and worker run behind a PgBouncer with three connections;"
        " at a million rows the policies may cost a tenth of a statement.",
        "20 threads, 6,000 transactions each", "200 threads, 100,000 transactions each",
        nodes("proofs/test_pooling.py", "no_row_of_another_firm")
        + nodes("proofs/test_behind_pooler.py", "three_firms_at_once")
        + nodes("proofs/test_policy_cost.py", "the_policies_cost_little")
        + nodes("casehug/common/test_scope.py", "the_setting_ends_with_the_scope",
                "the_setting_ends_after_an_error_too"),
        "the firm is set for the whole connection",
        nodes("proofs/test_pooling.py", "sabotage_a_setting_for_the_whole_connection_bleeds"),
    ),
    Check(
        19, "audit",
        "Records made over there and entries here are compared both ways, under faults; the app tries to alter the log,"
        " the owner does.",
        "4 matters; 12 alterations", "100 matters; 240 alterations",
        nodes("proofs/test_audit_trail.py", "every_record_has_its_entry_and_every_entry_its_record",
              "whatever_the_owner_alters_is_named")
        + nodes("casehug/audit/test_audit.py", "the_app_role_cannot_alter_it", "tampering_by_the_owner_is_named",
                "the_append_function_refuses_another_firm"),
        "no guard against TRUNCATE; no heads outside the database",
        nodes("proofs/test_audit_trail.py", "sabotage_without_the_guard_the_log_can_be_emptied")
        + nodes("casehug/audit/test_heads.py", "a_cut_end_is_named_only_with_the_heads"),
    ),
    Check(
        25, "gates",
        "`check --deploy`, linters, types, import contracts, bandit, rules of our own over code and templates,"
        " migrations in step. Long form: sqlmap and wapiti attack the running site, as a firm admin, with an API key"
        " and as nobody, where they are installed.",
        "all but sqlmap and wapiti", "in full; every page, form and API call of a list with all its parameters",
        nodes("proofs/test_gates.py", "own_rules_find_nothing", "bandit_finds_nothing")
        + nodes("proofs/test_scanners.py", "sqlmap_finds_nothing", "wapiti_finds_nothing")
        + nodes("architecture/test_static_checks.py", "ruff", "import_contracts", "deploy_check_is_clean",
                "every_model_change_has_its_migration", "mypy_strict")
        + nodes("architecture/test_house_rules.py", "only_the_relay_publishes",
                "broker_settings_are_those_the_promises_rest_on"),
        "a finding is planted for each gate; a page with faults is attacked",
        nodes("proofs/test_gates.py", "sabotage_a_planted_finding_in_code_is_reported",
              "sabotage_a_planted_finding_in_a_template_is_reported",
              "sabotage_a_planted_setting_stops_the_deploy_check", "sabotage_a_planted_finding_is_reported_by_bandit")
        + nodes("proofs/test_scanners.py", "sabotage_sqlmap_finds_a_weak_page", "sabotage_wapiti_finds_a_weak_page"),
        "attacks that need a helper in the internet, guess passwords or time the answers",
    ),
)  # fmt: skip
