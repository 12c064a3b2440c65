"""The step of the kit's aliases: what was said about two keys, and who belongs together by it."""

from homeward_kit.migrations.steps import Operations

_ALIASES = (
    """CREATE TABLE alias_pairs (
        first uuid NOT NULL,
        second uuid NOT NULL,
        is_merged boolean NOT NULL,
        version integer NOT NULL,
        PRIMARY KEY (first, second),
        CHECK (first < second))""",
    "CREATE INDEX alias_pairs_by_second ON alias_pairs (second)",
    # every two keys of a group, both ways, each with the number of its lock: one statement locks a whole group
    """CREATE TABLE alias_groups (
        key uuid NOT NULL,
        member uuid NOT NULL,
        lock bigint NOT NULL,
        member_lock bigint NOT NULL,
        PRIMARY KEY (key, member))""",
    "CREATE INDEX alias_groups_by_lock ON alias_groups (lock)",
)


def step_aliases(op: Operations) -> None:
    """Keys that are one person's after a merge."""
    for statement in _ALIASES:
        op.execute(statement)


def drop_aliases(op: Operations) -> None:
    """Take the aliases away again."""
    op.execute("DROP TABLE alias_groups")
    op.execute("DROP TABLE alias_pairs")
