"""From a ``Requirement`` to a ``Plan``: how to load what is read."""
