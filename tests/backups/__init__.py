"""Backup and restore: with servers of one's own here,
with the launcher's own in tests/reliability.
"""
