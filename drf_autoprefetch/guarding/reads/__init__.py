"""What is read of the first rows of each list: what was loaded for nothing, and which hints would have told."""
