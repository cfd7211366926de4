"""Other people's packages, with their real code: models, managers, serializers and views that they bring."""
