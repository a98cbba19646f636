"""The clock speaks."""
