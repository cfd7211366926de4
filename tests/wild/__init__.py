"""What is run with applications that nobody here wrote."""
