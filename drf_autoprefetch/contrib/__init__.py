"""What other packages need of this one: a module for each, which asks for nothing where that is not installed."""
