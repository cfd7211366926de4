"""A plan as plain data, JSON, text and a page, and the endpoint that answers with it."""
