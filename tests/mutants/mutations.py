"""Every protection of the messaging, and what takes it away: the test named with it must then fail."""

from dataclasses import dataclass

MESSAGING = "shared/tests/messaging"
PITFALLS = "shared/tests/pitfalls"
WEB = "shared/tests/web"
GROUP = "shared/tests/group_commit"


@dataclass(frozen=True)
class Edit:
    """A text in a file of the kit, which must occur there once, and what stands in its place."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutation:
    """A protection taken away."""

    name: str
    protection: str  # in plain words, as docs/reliability.md has it
    edits: tuple[Edit, ...]
    test: str  # a file, and after "::" the test


SENDING = (
    Mutation(
        "watermark-poller",
        "The relay forgets no number: it reads what is there, not what is newer than the last it saw.",
        (
            Edit(
                "relay.py",
                "        self.state = RelayState()\n",
                "        self.state = RelayState()\n        self._seen = 0\n",
            ),
            Edit(
                "relay.py",
                "        if not rows:\n            return 0\n        acknowledged",
                '        rows = [row for row in rows if row["seq"] > self._seen]\n'
                "        if not rows:\n            return 0\n"
                '        self._seen = rows[-1]["seq"]\n        acknowledged',
            ),
        ),
        f"{PITFALLS}/test_sending.py::test_pitfall_01_numbers_that_commit_out_of_order_or_never_lose_nothing",
    ),
    Mutation(
        "no-key-lock",
        "A key is locked before its event is numbered, so numbers follow commits.",
        (Edit("database.py", "            await self.lock(name)\n", "            pass\n"),),
        f"{PITFALLS}/test_sending.py::test_pitfall_01_a_key_is_locked_before_its_event_is_numbered",
    ),
    Mutation(
        "relays-without-shard-locks",
        "A shard is sent by one relay at a time.",
        (Edit("shards.py", "WHERE pg_try_advisory_lock($1, shard)", "WHERE $1::int > 0"),),
        f"{PITFALLS}/test_sending.py::test_pitfall_02_two_relays_share_the_shards_and_reorder_nothing",
    ),
    Mutation(
        "relay-keeps-all-shards",
        "Relays share the shards evenly.",
        (Edit("shards.py", "-(-SHARDS // relays)", "SHARDS"),),
        f"{PITFALLS}/test_sending.py::test_pitfall_02_two_relays_share_the_shards_and_reorder_nothing",
    ),
    Mutation(
        "dead-relay-kept-for-hours",
        "The locks of a relay whose machine is gone are free within ten seconds.",
        (Edit("shards.py", '"tcp_keepalives_idle": "3"', '"tcp_keepalives_idle": "7200"'),),
        f"{PITFALLS}/test_sending.py::test_the_server_soon_notices_that_a_relays_machine_is_gone",
    ),
    Mutation(
        "acks-1",
        "The broker acknowledges when two of three brokers have the event.",
        (
            Edit("sending.py", 'acks="all"', "acks=1"),
            Edit("sending.py", "enable_idempotence=True", "enable_idempotence=False"),
        ),
        f"{PITFALLS}/test_cluster.py::test_pitfall_05_what_was_acknowledged_survives_the_leader",
    ),
    Mutation(
        "moved-before-sent",
        "The relay removes only what was acknowledged.",
        (
            Edit(
                "relay.py",
                "        acknowledged = await self._send(connection, rows)\n",
                '        await connection.execute(_MOVE, [row["seq"] for row in rows])\n'
                "        acknowledged = await self._send(connection, rows)\n",
            ),
        ),
        "shared/tests/crash_points/test_every_crash_point.py"
        "::test_effects_are_exactly_once_when_the_process_dies_at_every_label",
    ),
    Mutation(
        "producer-kept-after-failure",
        "A producer that failed is replaced.",
        (
            Edit(
                "relay.py",
                "        await self._sender.drop()\n        delay =",
                "        delay =",
            ),
        ),
        f"{PITFALLS}/test_outages.py::test_pitfall_10_a_producer_that_died_is_replaced",
    ),
    Mutation(
        "one-by-one",
        "The relay sends and removes in batches.",
        (Edit("relay.py", "BATCH = 500", "BATCH = 1"),),
        f"{PITFALLS}/test_sending.py::test_pitfall_20_an_idle_transaction_does_not_stop_the_relay",
    ),
    Mutation(
        "emptied-topic-unnoticed",
        "Nothing is sent to a topic that lost its events until it has been refilled.",
        (
            Edit(
                "emptied_topics.py",
                "    return {place.topic for place in ends} - {place.topic for place, end in ends.items() if end}",
                "    return set()",
            ),
        ),
        f"{MESSAGING}/test_republish.py::test_an_emptied_topic_is_refilled_before_new_events_follow",
    ),
    Mutation(
        "refill-goes-on-after-a-loss",
        "A refill of a topic that is emptied once more begins anew.",
        (Edit("republish.py", "SET last_seq = 0, is_done = false WHERE", "SET sent = sent WHERE"),),
        f"{MESSAGING}/test_refill.py::test_a_topic_that_is_emptied_while_it_is_refilled_is_refilled_from_the_beginning",
    ),
    Mutation(
        "refill-before-all-else",
        "A refill holds up no other topic.",
        (
            Edit(
                "relay.py",
                "        moved = await self._forward(",
                "        moved = 0 if asked else await self._forward(",
            ),
        ),
        f"{MESSAGING}/test_refill.py::test_a_refill_does_not_hold_up_the_events_of_other_topics",
    ),
    Mutation(
        "trace-not-stored",
        "An event carries the trace of what caused it.",
        (
            Edit(
                "outbox.py",
                '"tracingspancontext": traceparent or telemetry.current_traceparent()',
                '"tracingspancontext": None',
            ),
        ),
        f"{PITFALLS}/test_traces.py::test_pitfall_18_a_causal_burst_is_one_trace_without_orphans",
    ),
)

RECEIVING = (
    Mutation(
        "auto-commit",
        "The client commits no offset by itself.",
        (
            Edit(
                "consumer.py",
                "            enable_auto_commit=False,\n",
                "            enable_auto_commit=True,\n            auto_commit_interval_ms=100,\n",
            ),
        ),
        f"{PITFALLS}/test_receiving.py::test_pitfall_06_a_crash_between_fetching_and_the_effect_loses_nothing",
    ),
    Mutation(
        "offsets-before-handler",
        "Offsets are committed after the effects.",
        (
            Edit(
                "consumer.py",
                "        first = state.next_offset\n",
                "        first = state.next_offset\n        await self._commit(consumer, {tp: batch[-1].offset + 1})\n",
            ),
        ),
        f"{PITFALLS}/test_receiving.py::test_pitfall_06_a_crash_between_fetching_and_the_effect_loses_nothing",
    ),
    Mutation(
        "latest",
        "A group that starts for the first time reads from the beginning.",
        (Edit("consumer.py", 'auto_offset_reset="earliest"', 'auto_offset_reset="latest"'),),
        f"{PITFALLS}/test_receiving.py::test_pitfall_07_what_was_sent_before_a_group_first_started_is_not_skipped",
    ),
    Mutation(
        "inbox-in-own-transaction",
        "The inbox row and the effect are one transaction.",
        (
            Edit(
                "handling.py",
                "        first_time, is_any_repaired = await inbox.first_times("
                "tx, self.group, [one.attributes for one in known])\n",
                "        async with self._database.transaction() as other:\n"
                "            events = [one.attributes for one in known]\n"
                "            first_time, is_any_repaired = await inbox.first_times(other, self.group, events)\n",
            ),
        ),
        f"{PITFALLS}/test_receiving.py::test_pitfall_08_a_failure_between_inbox_and_effect_leaves_neither",
    ),
    Mutation(
        "inbox-forgets",
        "An event that was handled is not handled again.",
        (Edit("inbox.py", "    return set(new.ids or ()), ", "    return set(ids), "),),
        f"{PITFALLS}/test_receiving.py::test_pitfall_12_a_rebalance_in_mid_batch_repeats_no_effect",
    ),
    Mutation(
        "dead-member-kept-for-long",
        "A killed member's partitions are given to another within seconds.",
        (
            Edit("consumer.py", "session_timeout_ms=6_000", "session_timeout_ms=300_000"),
            Edit("presence.py", "                await self._leave(consumer, member)\n", "                pass\n"),
        ),
        f"{PITFALLS}/test_receiving.py::test_pitfall_11_an_idle_standby_takes_over_from_a_killed_owner",
    ),
    Mutation(
        "dead-member-left-to-its-session",
        "A member whose lock is free is taken out of its group before its session ends.",
        (Edit("presence.py", "                await self._leave(consumer, member)\n", "                pass\n"),),
        f"{MESSAGING}/test_presence.py::test_a_killed_members_partitions_do_not_wait_for_the_end_of_its_session",
    ),
    Mutation(
        "living-member-ended-again",
        "A member that lives, and whose lock stays away, is taken out of its group once at most.",
        (Edit("presence.py", "        self._ended |= free & suspects\n", ""),),
        f"{MESSAGING}/test_presence.py::test_a_member_that_is_cut_off_from_the_database_is_taken_for_dead_once",
    ),
    Mutation(
        "failed-record-skipped",
        "A record that failed is read again before those behind it.",
        (Edit("consumer.py", "            consumer.seek(tp, state.failing_offset)\n", ""),),
        f"{PITFALLS}/test_receiving.py::test_pitfall_08_a_failure_between_inbox_and_effect_leaves_neither",
    ),
    Mutation(
        "all-wait-for-the-slowest",
        "A partition that takes long holds up no other.",
        (Edit("in_hand.py", "        if free and sum(", "        if not free and sum("),),
        f"{MESSAGING}/test_flow.py::test_a_partition_that_takes_long_holds_up_no_other",
    ),
    Mutation(
        "no-pause-on-outage",
        "An outage is never poison.",
        (Edit("consumer.py", "if is_outage(error) or state.tries < MAX_TRIES:", "if state.tries < MAX_TRIES:"),),
        f"{PITFALLS}/test_outages.py::test_pitfall_15_a_database_that_cuts_connections_makes_no_dead_letters",
    ),
    Mutation(
        "old-partition-remembered",
        "After a rebalance nothing remembered of a partition counts.",
        (Edit("consumer.py", "        self._partitions.clear()\n", "        return\n"),),
        f"{MESSAGING}/test_members.py::test_a_partition_that_comes_back_is_not_taken_for_one_that_lags",
    ),
    Mutation(
        "no-watchdog",
        "A consumer that is stuck ends its process.",
        (Edit("consumer.py", "                os._exit(70)\n", ""),),
        f"{MESSAGING}/test_members.py::test_the_watchdog_ends_a_process_whose_partition_makes_no_progress",
    ),
    Mutation(
        "unbounded-stop",
        "Stopping waits for no broker.",
        (
            Edit("consumer.py", "STOP_SECONDS = 10.0", "STOP_SECONDS = 1000.0"),
            Edit("sending.py", "STOP_SECONDS = 5.0", "STOP_SECONDS = 1000.0"),
        ),
        f"{PITFALLS}/test_outages.py::test_pitfall_09_a_broker_that_is_down_stops_no_request_and_no_stopping",
    ),
    Mutation(
        "closed-payloads",
        "A consumer ignores what it does not know.",
        (
            Edit(
                "envelope.py",
                '    model_config = ConfigDict(extra="ignore", frozen=True, defer_build=True)',
                '    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)',
            ),
        ),
        "tests/contracts/test_files.py::test_pitfall_19_a_consumer_reads_every_example_also_with_unknown_fields",
    ),
)

LETTERS = (
    Mutation(
        "poison-retried-for-ever",
        "A message that can never succeed is put aside.",
        (
            Edit(
                "handling.py",
                "        except HOPELESS as error:\n            await self.bury",
                "        except () as error:\n            await self.bury",
            ),
            Edit("consumer.py", "or state.tries < MAX_TRIES:", "or state.tries:"),
        ),
        f"{PITFALLS}/test_poison.py::test_pitfall_13_poison_is_recorded_announced_and_holds_up_only_its_own_key",
    ),
    Mutation(
        "garbage-kept-as-it-is",
        "A record is put aside whatever its key and headers hold.",
        (Edit("dead_letters.py", '.replace("\\0", "\\ufffd")', ""),),
        f"{MESSAGING}/test_garbage.py::test_garbage_becomes_dead_letters_and_what_is_behind_it_flows",
    ),
    Mutation(
        "letter-outside-the-transaction",
        "A dead letter and its announcement are one transaction.",
        (
            Edit(
                "dead_letters.py",
                "    await tx.execute(_BURY, _stored(group, record) | named)\n",
                "    await tx.execute(_BURY, _stored(group, record) | named)\n"
                '    await tx.execute("COMMIT")\n    await tx.execute("BEGIN")\n',
            ),
        ),
        f"{PITFALLS}/test_poison.py::test_pitfall_13_a_letter_and_its_announcement_are_kept_together_or_not_at_all",
    ),
    Mutation(
        "letter-quotes-its-error",
        "No dead letter and no announcement says what the payload held.",
        (Edit("handling.py", '        return ",".join(_faults(error))', "        return str(error)"),),
        f"{PITFALLS}/test_poison.py::test_pitfall_13_poison_is_recorded_announced_and_holds_up_only_its_own_key",
    ),
    Mutation(
        "parked-check-removed",
        "What follows a dead letter of its key waits for it.",
        (
            Edit(
                "handling.py",
                "        blocked = await dead_letters.blocked_keys(tx, self.group, (one.record for one in known))\n",
                "        blocked: set[str] = set()\n",
            ),
        ),
        f"{MESSAGING}/test_replay.py"
        "::test_pitfall_14_after_a_replay_the_parked_messages_follow_in_order_and_new_ones_flow",
    ),
    Mutation(
        "replay-expects-poison-only",
        "Whatever a parked message's handler raises, the letter before it can be settled.",
        (
            Edit(
                "replay.py",
                "        if is_outage(error):\n",
                "        if is_outage(error) or isinstance(error, LookupError):\n",
            ),
        ),
        f"{MESSAGING}/test_replay_of_odd_letters.py"
        "::test_a_parked_message_whose_handler_breaks_becomes_the_next_letter",
    ),
    Mutation(
        "discard-expects-an-event",
        "A record that is no event can be discarded.",
        (Edit("replay.py", "    if is_event and (known", "    if (known"),),
        f"{MESSAGING}/test_replay_of_odd_letters.py"
        "::test_a_record_that_is_no_event_can_be_discarded_and_what_is_parked_follows",
    ),
    Mutation(
        "repair-not-applied",
        "A repaired payload is used whenever its event is read again.",
        (Edit("handling.py", "        return {row.event_id: row.payload for row in rows}\n", "        return {}\n"),),
        f"{MESSAGING}/test_replay.py::test_a_repair_is_checked_and_used_whenever_the_event_is_read_again",
    ),
)

GROUP_COMMIT = (
    Mutation(
        "answer-before-groups-commit",
        "A group's answers leave after its commit.",
        (
            Edit(
                "group_commit.py",
                "for command, answer in zip(new, answers, strict=True)]\n        for command",
                "for command, answer in zip(new, answers, strict=True)]\n"
                "                for command, outcome in zip(new, outcomes, strict=True):\n"
                "                    command.tell(outcome)\n        for command",
            ),
        ),
        f"{GROUP}/test_process.py::test_no_answer_leaves_before_its_groups_commit",
    ),
    Mutation(
        "one-fails-all",
        "One bad command never fails those that came with it.",
        (
            Edit(
                "group_commit.py",
                "                singly = group\n",
                "                singly = []\n"
                "                for command in group:\n                    command.tell(error)\n",
            ),
        ),
        f"{GROUP}/test_group.py::test_one_bad_command_never_fails_the_others",
    ),
    Mutation(
        "queue-without-end",
        "Who cannot be served soon is told at once.",
        (
            Edit(
                "group_commit.py", "            raise _busy()\n        command =", "            pass\n        command ="
            ),
        ),
        f"{GROUP}/test_group.py::test_a_full_queue_is_told_at_once",
    ),
    Mutation(
        "all-wait-for-one-key",
        "A group waits for nobody's lock.",
        (
            Edit("commands.py", "WHERE NOT pg_try_advisory_xact_lock(number)", "WHERE false"),
            Edit("commands.py", "    tx.own(*(key for key", "    await tx.lock(*(key for key"),
        ),
        f"{GROUP}/test_group.py::test_who_needs_a_key_that_another_holds_waits_alone",
    ),
    Mutation(
        "outage-taken-for-done",
        "Nobody is told that something is stored which an outage took.",
        (
            Edit(
                "group_commit.py",
                "command.tell(unavailable())\n                    continue",
                "command.tell(Response(status_code=201))\n                    continue",
            ),
        ),
        f"{GROUP}/test_group.py::test_no_answer_is_given_for_what_an_outage_took_and_afterwards_all_goes_on",
    ),
)

COMMANDS_AND_TIMERS = (
    Mutation(
        "answer-before-commit",
        "An answer leaves after its commit.",
        (
            Edit("commands.py", "import json\n", "import asyncio\nimport json\n"),
            Edit(
                "commands.py",
                "async def run_command(request: Request, caller: Caller, work: Callable[[Tx], Awaitable[Answer]])"
                " -> Response:\n",
                "async def run_command(request, caller, work):\n"
                "    answered = asyncio.get_running_loop().create_future()\n"
                "    request.app.state.later = asyncio.create_task(_commit_later(request, caller, work, answered))\n"
                "    return await answered\n\n\n"
                "async def _commit_later(request, caller, work, answered):\n",
            ),
            Edit(
                "commands.py",
                "        return response\n\n\ndef check_version",
                "        answered.set_result(response)\n\n\ndef check_version",
            ),
        ),
        f"{PITFALLS}/test_commands.py::test_pitfall_03_no_answer_leaves_before_its_commit",
    ),
    Mutation(
        "synchronous-commit-off",
        "A commit is on disk before it is answered.",
        (Edit("database.py", '"synchronous_commit": "on"', '"synchronous_commit": "off"'),),
        f"{PITFALLS}/test_outages.py::test_pitfall_04_what_was_acknowledged_survives_the_databases_kill_9",
    ),
    Mutation(
        "repeats-not-recognised",
        "The same request sent again is done once.",
        (
            Edit(
                "commands.py",
                "        if repeatable and (stored := await _claim(tx, repeatable)):",
                "        if stored := None:",
            ),
        ),
        f"{WEB}/test_commands.py::test_pitfall_16_fifty_identical_submits_have_one_effect_and_one_answer",
    ),
    Mutation(
        "other-body-answered",
        "A key used with another body is refused.",
        (Edit("commands.py", "    if row.body != repeatable.body:", "    if not row:"),),
        f"{WEB}/test_commands.py::test_pitfall_16_the_same_key_with_another_body_is_refused",
    ),
    Mutation(
        "timer-not-deleted",
        "A timer is deleted in the transaction in which it fires.",
        (
            Edit(
                "timers.py",
                '                "DELETE FROM timers WHERE id = :id AND due_at <= :now"\n'
                '                " RETURNING kind, aggregate_id, key, due_at, tracingspancontext",\n',
                '                "SELECT kind, aggregate_id, key, due_at, tracingspancontext"\n'
                '                " FROM timers WHERE id = :id AND due_at <= :now",\n',
            ),
        ),
        f"{MESSAGING}/test_timers.py"
        "::test_pitfall_17_a_timer_fires_once_however_many_workers_late_and_across_the_clock_change",
    ),
    Mutation(
        "failing-timers-tried-too-soon",
        "Timers that fail leave room for others.",
        (Edit("timers.py", "min(2 * rested.seconds, LONGEST_RETRY_SECONDS)", "rested.seconds"),),
        f"{MESSAGING}/test_timers.py::test_many_late_timers_that_fail_leave_room_for_another",
    ),
    Mutation(
        "late-timers-all-at-once",
        "After downtime late timers fire at a limited rate.",
        (Edit("timers.py", "ORDER BY due_at LIMIT :allowed)", "ORDER BY due_at LIMIT :batch + 0 * :allowed)"),),
        f"{MESSAGING}/test_timers.py"
        "::test_after_downtime_late_timers_fire_at_a_limited_rate_and_hold_up_none_that_falls_due",
    ),
)

MUTATIONS = SENDING + RECEIVING + LETTERS + GROUP_COMMIT + COMMANDS_AND_TIMERS
