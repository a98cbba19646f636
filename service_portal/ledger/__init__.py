"""Append-only usage entries, their hash chain and rollups."""
