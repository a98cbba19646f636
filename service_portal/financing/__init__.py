"""A request for a loan goes to several banks, and each answers for itself."""
