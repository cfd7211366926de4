"""From a ``Plan`` to a queryset, or to instances that are already there."""
