"""Who may do what: permissions, actors and the policy, all pure."""
