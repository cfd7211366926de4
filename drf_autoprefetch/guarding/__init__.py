"""What watches the rest: checks of what developers declare."""
