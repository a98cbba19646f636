"""The outbox and the journey as a table."""
