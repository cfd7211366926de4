"""How authors and publishers are shown, on their own and inside a book."""

from __future__ import annotations

from rest_framework import serializers

from demo.shop.models import Author, Award, Book, Profile, Publisher


class NameSerializer(serializers.ModelSerializer):
    """The short form of an author."""

    class Meta:
        model = Author
        fields = ["id", "first_name", "last_name"]


class PublisherSerializer(serializers.ModelSerializer):
    """A publisher with its country's code, which is what the foreign key holds (``to_field``)."""

    class Meta:
        model = Publisher
        fields = ["id", "name", "country"]


class ProfileSerializer(serializers.ModelSerializer):
    """The public face of an author."""

    class Meta:
        model = Profile
        fields = ["motto", "portrait"]


class ContributorSerializer(serializers.ModelSerializer):
    """An author with a profile, if there is one."""

    profile = ProfileSerializer(read_only=True)
    country = serializers.CharField(source="country.name", default=None)

    class Meta:
        model = Author
        fields = ["id", "first_name", "last_name", "country", "profile"]


class BibliographySerializer(serializers.ModelSerializer):
    """A book under its author."""

    class Meta:
        model = Book
        fields = ["id", "title", "published_on"]


class AwardSerializer(serializers.ModelSerializer):
    """An award under its author."""

    class Meta:
        model = Award
        fields = ["name", "year"]


class AuthorSerializer(ContributorSerializer):
    """An author with two collections."""

    books = BibliographySerializer(many=True, read_only=True)
    awards = AwardSerializer(many=True, read_only=True)

    class Meta(ContributorSerializer.Meta):
        fields = [*ContributorSerializer.Meta.fields, "books", "awards"]
