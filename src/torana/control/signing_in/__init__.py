"""Users of the dashboard, how they sign in, and for how long."""
