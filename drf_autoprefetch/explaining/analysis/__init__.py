"""``?explain_prefetch=analyze``: the request is run, and what happened is told beside its plan."""
