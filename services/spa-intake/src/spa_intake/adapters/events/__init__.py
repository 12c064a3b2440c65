"""What spa-intake publishes and what it reads from the others."""
