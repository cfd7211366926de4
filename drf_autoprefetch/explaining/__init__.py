"""A plan as plain data, JSON and text, and the endpoint that answers with it."""
