"""People, sign-in, memberships, invitations and tokens."""
