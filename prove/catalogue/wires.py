"""Checks of what comes in and goes out: webhooks, polling, tokens, deliveries."""

from prove.check import Check, nodes

WIRES = (
    Check(
        5, "inbound-durability",
        "Deliveries to a receiver that is killed at six points, or whose database is away; the sender repeats by the"
        " vendor's rules and gives up after a 4xx.",
        "one kill at each of 6 points", "40 kills at each of 6 points",
        nodes("proofs/test_inbound_durability.py", "kills_at_six_points_lose_and_double_nothing",
              "while_the_database_is_away_the_sender_is_asked_to_repeat"),
        "the answer leaves before the commit",
        nodes("proofs/test_inbound_durability.py", "sabotage_an_answer_before_the_commit_loses_events"),
        "hours of outage in real time; a longer one than the sender repeats for is the job of polling",
    ),
    Check(
        8, "secret-rotation",
        "Events signed with a secret that was not entered yet, and forged ones between them; after the secret is"
        " entered each genuine one is processed once, the forged ones never.",
        "10 genuine (sent twice), 20 forged", "200 genuine (sent twice), 500 forged",
        nodes("proofs/test_secret_rotation.py", "the_gap_is_made_good_once_and_nothing_forged_gets_in")
        + nodes("integrations/inbound/test_receiver.py", "two_live_secrets_and_the_end_of_one",
                "another_firms_secret_opens_nothing"),
        "the second look believes every signature",
        nodes("proofs/test_secret_rotation.py", "sabotage_a_second_look_that_believes_everything_lets_forgeries_in"),
    ),
    Check(
        11, "signature-corpus",
        "Hostile signatures, times and bodies against the verifiers of three profiles, and at the door: none accepted,"
        " no exception, no 5xx.",
        "more than 60 written ones per profile and 200 drawn", "the same with 20,000 drawn",
        nodes("proofs/test_signature_corpus.py", "nothing_hostile_is_accepted_and_nothing_raises",
              "the_door_answers_every_one_without_a_fault")
        + nodes("integrations/inbound/test_verify.py", "vectors", "window", "nothing_raises_and_nothing_passes"),
        "the verifier decodes without catching anything",
        nodes("proofs/test_signature_corpus.py", "sabotage_a_verifier_that_catches_nothing_raises"),
        "a reference library as a second opinion (not in the lock)",
    ),
    Check(
        15, "refresh-single-flight",
        "Many callers meet an expired token at a provider that rotates and revokes on reuse; a caller is killed after"
        " the answer.",
        "20 callers × 3 expiries, 3 kills", "60 callers × 50 expiries, 50 kills",
        nodes("proofs/test_refresh_flight.py", "one_renewal_per_expiry",
              "a_kill_after_the_answer_is_recovered_or_flagged")
        + nodes("integrations/connections/test_refresh.py", "a_lost_answer_is_flagged_precisely",
                "the_loser_of_a_race_does_not_kill_a_healthy_connection"),
        "no compare-and-swap",
        nodes("proofs/test_refresh_flight.py",
              "sabotage_without_the_compare_and_swap_callers_renew_side_by_side"),
        "the kill is an exception that no handler catches, not a signal; 100 callers at once (60, for the connections)",
    ),
    Check(
        20, "order",
        "Five stage events in different orders, doubled, worked on in between: one final status, nothing is sent back.",
        "5 of 120 orders", "all 120 orders",
        nodes("proofs/test_order.py", "every_order_ends_the_same_and_nothing_goes_back")
        + nodes("integrations/inbound/test_processing.py", "duplicate_reordered_late_and_echoed_converge"),
        "the event's own word counts, the matter is not read again",
        nodes("proofs/test_order.py", "sabotage_believing_the_event_ends_in_the_wrong_status"),
    ),
    Check(
        21, "outbound",
        "Deliveries on a fake clock over 75 hours, to receivers that are slow, huge, broken, gone or redirect; the"
        " sending process is killed at six points.",
        "in full, one kill per point", "in full, one kill per point",
        nodes("proofs/test_outbound_kills.py", "nothing_is_lost_and_repeats_share_the_id")
        + nodes("integrations/outbound/test_delivery.py", "the_ladder_on_a_fake_clock",
                "retry_after_is_obeyed_up_to_a_day", "a_redirect_is_a_failure_and_never_followed",
                "slow_huge_and_broken_answers_cost_little", "tls_is_checked"),
        "a new id per attempt",
        nodes("proofs/test_outbound_kills.py", "sabotage_a_new_id_per_attempt_turns_it_red"),
        "bodies of 1 GB (20 MB are sent)",
    ),
    Check(
        22, "unsigned-flood",
        "Unsigned deliveries at a rate and bodies without end at the real web server, valid events among them: what is"
        " kept and the memory stay bounded, every valid event is taken.",
        "100 a second for 3 s", "300 a second for 30 s",
        nodes("proofs/test_unsigned_flood.py", "a_flood_costs_little_and_valid_events_get_through")
        + nodes("integrations/inbound/test_receiver.py", "quarantine_counts_repeats_and_is_capped"),
        "no cap on what is kept",
        nodes("proofs/test_unsigned_flood.py", "sabotage_without_the_cap_the_storage_grows_with_the_flood"),
        "2,000 a second, which one machine cannot send and serve; waiting times on a quiet machine",
    ),
    Check(
        23, "polling",
        "A list with equal times, late rows and rows that slide between pages is polled and stopped at any point; every"
        " change must be stored once. Deadlines of a month must all raise their alarm in time.",
        "200 changes, 5 stops", "2,500 changes × 4 seeds, 60 stops each",
        nodes("proofs/test_polling.py", "nothing_missed_nothing_twice")
        + nodes("integrations/inbound/test_poller.py", "exactly_once_with_equal_times_cuts_and_shifts",
                "a_rollback_keeps_neither_rows_nor_cursor")
        + nodes("casehug/referrals/test_radar.py", "a_month_without_an_unseen_expiry"),
        "the cursor is saved before the rows; an alarm is skipped",
        nodes("proofs/test_polling.py", "sabotage_a_cursor_saved_before_the_rows_misses_some")
        + nodes("casehug/referrals/test_radar.py", "sabotage_a_skipped_threshold_is_noticed"),
    ),
    Check(
        26, "referral-news",
        "A referral exchange tells about cases with repeats, disorder, drops and wrong signatures while the worker is"
        " killed (SIGKILL); what was dropped is found by looking. By ids: nothing missed, nothing twice.",
        "3 cases, 40 events or more, 1 kill", "25 cases, 1,000 events or more, 6 kills, with beat",
        nodes("proofs/test_referral_news.py", "a_thousand_events_none_missed_none_twice"),
        "news count as processed before they are applied",
        nodes("proofs/test_referral_news.py", "sabotage_news_that_count_as_processed_too_early_are_lost"),
    ),
)  # fmt: skip
