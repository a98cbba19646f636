"""The case is handled."""
