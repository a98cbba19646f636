"""Answer, confirm, rate, redo."""
