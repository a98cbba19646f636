"""The lowest floor: database, transactions, time, errors, logs, words."""
