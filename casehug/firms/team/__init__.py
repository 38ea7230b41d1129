"""Who belongs to a firm: invitations, roles, access, and the rule for the second factor."""
