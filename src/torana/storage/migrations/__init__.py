"""How the tables came to be; run by Alembic when the store is opened."""
