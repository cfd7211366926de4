"""From a live serializer to a ``Requirement``: what serializing one object reads."""
