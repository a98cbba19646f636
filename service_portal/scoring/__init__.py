"""Innovation points, and eligibility that explains itself."""
