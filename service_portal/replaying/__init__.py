"""Plays a recorded log through the journey."""
