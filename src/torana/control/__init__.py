"""The control plane: operations on the configuration, ingestion of records, queries."""
