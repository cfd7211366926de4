"""The tests of applications that nobody here wrote, with the mixin in every view (``nox -s wild``)."""
