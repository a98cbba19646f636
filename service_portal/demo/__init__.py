"""Makes the demo zone."""
