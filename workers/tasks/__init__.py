"""One file a stage, three to six lines a task."""
