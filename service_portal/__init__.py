"""The portal: stages of a ticket's journey (names ending in -ing) on the ground they stand on.

`app.py` composes them.
"""
