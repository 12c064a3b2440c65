"""Fixtures of every test: real PostgreSQL and Kafka of the run's own, migrated databases, topics."""

pytest_plugins = ["homeward_local.testing", "homeward_kit.testing.fixtures", "homeward_kit.testing.tokens"]
