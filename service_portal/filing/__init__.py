"""An enterprise asks."""
