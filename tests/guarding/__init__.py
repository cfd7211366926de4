"""The guards: what is found, what stays silent, and what happens then."""
