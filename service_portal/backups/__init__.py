"""What the database knows of its own backups, and the two programs that stand beside the
launcher's.
"""
