"""A lending library and bookshop: every kind of relation that the suite needs."""
