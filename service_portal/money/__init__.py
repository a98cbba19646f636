"""The ledger of money: what banks were asked for, granted, paid out and got back."""
