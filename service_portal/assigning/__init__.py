"""Which member and which institution take a ticket."""
