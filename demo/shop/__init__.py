"""The bookshop: models, serializers, views without and with the mixin, and the rows to fill it."""
