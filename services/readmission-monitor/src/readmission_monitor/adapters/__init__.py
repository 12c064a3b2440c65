"""What connects the rules with PostgreSQL and Kafka."""
