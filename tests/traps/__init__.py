"""What broke other libraries, one test for each: the view with the mixin against the same view without it."""
