"""Sets the product up and runs it: standard library only, because it starts before anything is
installed.
"""
