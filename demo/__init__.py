"""A bookshop, served twice: as plain DRF writes it, and with ``AutoPrefetchMixin``."""
