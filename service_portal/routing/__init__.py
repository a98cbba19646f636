"""Which station owns a ticket."""
