"""The management API, `/client/v4/…`: operations, who may call them, and their description."""
