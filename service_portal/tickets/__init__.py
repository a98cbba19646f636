"""The ticket: its lifecycle, timeline, messages, attachments and search."""
