"""People: who they are, how they register and sign in."""
