"""Checks of what is written at a provider: once, whatever dies, stalls or comes twice."""

from prove.check import Check, nodes

WRITES = (
    Check(
        1, "kill-matrix",
        "A real worker is killed (SIGKILL) at twelve points of each of the three writes while it syncs; the stand-in's"
        " ledger must show every record once.",
        "36 boundaries with one seed, 12 drawn ones with two more",
        "36 boundaries × 20 seeds, of a worker's child and of the whole worker with its process group",
        nodes("proofs/test_kill_matrix.py", "a_kill_at_any_boundary_neither_doubles_nor_loses",
              "the_death_of_the_whole_worker_neither_doubles_nor_loses",
              "points_are_really_twelve_and_kills_really_happen"),
        "the intent is committed after the request",
        nodes("proofs/test_kill_matrix.py", "sabotage_without_the_intent_the_matrix_turns_red"),
        "19 of the 20 seeds of the whole worker: the kept result is that of the children, one seed (36 deaths) of the"
        " whole worker was run apart",
    ),
    Check(
        2, "ambiguous-outcomes",
        "The answer to a write is lost, broken, late or an error although the record was made; the ledger must show"
        " every record once.",
        "11 faults × 3 writes with one seed, 12 drawn ones with two more", "11 faults × 3 writes × 20 seeds",
        nodes("proofs/test_ambiguous_outcomes.py", "no_lost_or_broken_reply_doubles_or_loses_anything")
        + nodes("integrations/sync/test_outcomes.py", "commit_after_the_settle_time_is_flagged_with_both_ids",
                "late_commit_inside_the_settle_time_is_found"),
        "an unanswered write counts as failed",
        nodes("proofs/test_ambiguous_outcomes.py", "sabotage_when_unknown_counts_as_failed_duplicates_appear"),
        "commits as late as 119 s in real time: the clock is scaled, a settle time of two seconds stands for 120",
    ),
    Check(
        4, "broker-amnesia",
        "The broker forgets everything, is killed, stays away, loses its disk, each while people press the button; the"
        " ledger must show every record once.",
        "each once, 8 matters each", "each five times, 200 matters each",
        nodes("proofs/test_broker_amnesia.py", "no_work_is_lost_with_the_broker"),
        "what was rung once is never rung again, so that only the broker knows of it",
        nodes("proofs/test_broker_amnesia.py", "sabotage_work_that_only_the_broker_knows_is_lost"),
        "15 minutes of absence (60 s in the long form)",
    ),
    Check(
        6, "restore",
        "What the database remembers of the provider goes back to an earlier moment, the provider keeps its records;"
        " after `after_restore` everything is synced again.",
        "4 matters, half of them forgotten", "100 matters, half of them forgotten",
        nodes("proofs/test_restore.py", "nothing_is_made_twice_and_all_links_return")
        + nodes("integrations/sync/test_after_restore.py", "nothing_is_made_twice_after_a_restore"),
        "the command is left out",
        nodes("proofs/test_restore.py", "sabotage_without_the_command_second_records_appear"),
        "the restore of a whole database from a file: the tables of the integration are put back row by row",
    ),
    Check(
        7, "concurrent-dedupe",
        "Fifty matters of one e-mail address in different spellings are synced at the same time, with the one-writer"
        " rule lifted too; the ledger must show one contact and fifty matters.",
        "50 matters (16 in the plain suite), with and without the one-writer rule", "50 matters 25 times each",
        nodes("proofs/test_concurrent_dedupe.py", "one_contact_and_every_matter")
        + nodes("integrations/sync/test_concurrency.py", "one_email_in_many_forms_is_one_contact",
                "plus_tags_and_missing_addresses_stay_apart"),
        "no mutex on the e-mail address",
        nodes("proofs/test_concurrent_dedupe.py", "sabotage_without_the_mutex_contacts_multiply"),
        "200 rounds (50 are run)",
    ),
    Check(
        12, "stall-recovery",
        "The worker's connections to broker and database run through a proxy that resets them or goes silent without"
        " closing; it must consume again within two minutes.",
        "one reset and one silence each, the broker's on a clock five times as fast",
        "50 resets and 20 silences of the broker, 10 and 20 of the database",
        nodes("proofs/test_stall.py", "it_consumes_again_in_time"),
        "no timeouts and no canary",
        nodes("proofs/test_stall.py", "sabotage_without_timeouts_and_canary_a_silent_broker_stalls_the_worker"),
    ),
    Check(
        13, "redelivery-storm",
        "Every doorbell is rung several times, the broker hands out what is unfinished after one second, three relays"
        " and three beats run: no extra record, at most 5 % more calls than needed.",
        "12 matters, 4 rings each", "200 matters, 11 rings each",
        nodes("proofs/test_redelivery_storm.py", "copies_make_no_extra_effect_and_hardly_a_call"),
        "the lease of a claim, and the look at a write that another run has open",
        nodes("proofs/test_redelivery_storm.py", "sabotage_a_claim_without_a_lease_lets_copies_run"),
    ),
    Check(
        14, "rate-limit",
        "Eight workers call as fast as their budget lets them, alone and beside a rival; the stand-in counts calls and"
        " refusals on a scaled clock.",
        "2 minutes of 3 s", "10 minutes of 12 s",
        nodes("proofs/test_rate_limit.py", "eight_workers_use_the_limit_and_are_never_refused",
              "beside_a_rival_nobody_starves_and_every_pause_is_kept")
        + nodes("integrations/limits/test_against_standin.py", "four_workers_use_the_limit_and_are_never_refused")
        + nodes("integrations/limits/test_bucket.py", "a_waiting_button_goes_before_bulk",
                "a_lower_lane_with_work_gets_one_call_in_ten", "budgets_do_not_touch_each_other"),
        "a budget of its own for each worker",
        nodes("proofs/test_rate_limit.py", "sabotage_a_budget_for_each_worker_is_refused"),
        "the effect on a second firm's waiting times under load, which `bench` measures",
    ),
    Check(
        24, "life-machine",
        "A state machine draws lives of a connection: new matters, edits (also in the middle of a run), crashes, lost"
        " answers, webhooks, lost access, reconnects, jumps of the clock. Each life must settle with everything there"
        " once and the last title of every matter. Beside it a working day of two firms on real processes and the"
        " product's own clock, with one of 23 faults every half minute: worker, relay or broker killed, connections"
        " reset or silent, the provider away or answering wrongly.",
        "3 lives of up to 15 steps; 90 seconds with ten faults on a fast clock (not in the plain suite)",
        "1,150 lives of up to 50 steps; two hours with 240 faults",
        nodes("proofs/test_life_machine.py", "every_life_settles_with_everything_there_once")
        + nodes("proofs/test_soak.py", "a_long_day_of_faults_leaves_no_trace"),
        "a finished row ignores a newer trigger",
        nodes("proofs/test_life_machine.py", "sabotage_when_a_newer_trigger_is_ignored_an_edit_is_lost"),
        "the last 2,395 of 50,000 steps",
    ),
)  # fmt: skip
