"""Files that people put in: checked, scanned, kept under random names, within everybody's room."""
