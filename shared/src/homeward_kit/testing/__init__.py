"""What tests of services build on: migrated databases, a broker's topics, tokens."""
