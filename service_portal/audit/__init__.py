"""The security log: who signed in, what was refused, and every change of people and administrative
data with before and after.
"""
