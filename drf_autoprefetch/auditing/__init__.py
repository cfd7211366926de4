"""Auditing: what all views of a project, and what it declares have wrong, and what grows with its rows."""
