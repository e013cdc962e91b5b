"""Where things are kept: the SQL store and its tables."""
