"""What each type of field reads."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from rest_framework import serializers

from drf_autoprefetch import prefetch_hint
from drf_autoprefetch.reading.bodies import representation
from drf_autoprefetch.reading.fields import requirement
from drf_autoprefetch.reading.requirements import Requirement, nothing
from tests.examples import ModelSerializer, needs, notes_of, outline, reads_of, shows, unread
from tests.testapp.models import Author, Book, Booking, Copy, Genre, Medium, Profile, Seat


class Upper(serializers.CharField):
    """A field class of a project's own."""

    def to_representation(self, value: Any) -> Any:
        return unread(value)


class Whole(serializers.Field[Any, Any, Any, Any]):
    """Is handed the row."""

    def get_attribute(self, instance: Any) -> Any:
        return instance

    def to_representation(self, value: Any) -> Any:
        return unread(value)


class Declared(Whole):
    """Says what it reads."""

    @prefetch_hint("title")
    def to_representation(self, value: Any) -> Any: ...


def one(field: Any, model: type[Model] = Book, hint: Any = None) -> tuple[str, list[str]]:
    """Return what one field of a serializer reads, and the notes about it."""
    read = needs(shows(model, hints={"field": hint} if hint else {}, field=field))
    return outline(read), notes_of(read)


KEY = serializers.PrimaryKeyRelatedField
SLUG = serializers.SlugRelatedField
TEXT = serializers.StringRelatedField
LINK = serializers.HyperlinkedRelatedField


@pytest.mark.parametrize(
    ("field", "outlined"),
    [
        (serializers.CharField(source="title"), "title"),
        (serializers.IntegerField(source="author.pk"), "author(id)"),
        (serializers.ChoiceField(choices=[1], source="status"), "status"),
        (serializers.ImageField(source="cover"), "cover cover_height cover_width"),
        (serializers.FileField(source="sample"), "sample"),
        (serializers.JSONField(source="data"), "data"),
        (serializers.DictField(source="data"), "data"),
        (serializers.HiddenField(default=1), ""),
        (serializers.CharField(source="title", write_only=True), ""),
        (serializers.ModelField(Book._meta.get_field("author"), source="author"), "author_id"),
        (serializers.CharField(source="author"), "author(name)"),
        (serializers.ListField(child=serializers.CharField(), source="genres.all"), "genres(name)"),
        (serializers.ListField(child=serializers.CharField(), source="data.words"), "data"),
        (KEY(read_only=True, source="author"), "author_id"),
        (KEY(read_only=True, source="author.city"), "author(city_id)"),
        (KEY(read_only=True, source="author.profile"), "author(profile(id))"),
        (KEY(read_only=True, source="*"), "id"),
        (KEY(many=True, read_only=True, source="genres"), "genres(id)"),
        (SLUG("name", read_only=True, source="author"), "author(name)"),
        (SLUG("city__name", read_only=True, source="author"), "author(city(name))"),
        (SLUG("name", many=True, read_only=True, source="genres"), "genres(name)"),
        (TEXT(source="author"), "author(name)"),
        (LINK("author-detail", read_only=True, source="author"), "author_id"),
        (LINK("author-detail", read_only=True, source="author", lookup_field="name"), "author(name)"),
        (LINK("genre-detail", many=True, read_only=True, source="genres"), "genres(id)"),
        (serializers.HyperlinkedIdentityField("book-detail"), "id"),
        (serializers.HyperlinkedIdentityField("book-detail", lookup_field="isbn"), "isbn"),
    ],
)
def test_a_field_reads_what_it_shows(field, outlined):
    assert one(field) == (outlined, [])


def test_a_foreign_key_to_another_column_holds_that_column_and_not_the_key():
    assert one(SLUG("code", read_only=True, source="shelf"), Copy) == ("shelf(code)", [])
    assert one(KEY(read_only=True, source="shelf"), Copy) == ("shelf_id", [])


def test_a_relation_of_several_columns_has_no_key_of_its_own():
    assert one(KEY(read_only=True, source="seat"), Booking) == ("seat(number room_id)", [])


def test_a_composite_key_is_all_its_columns():
    assert one(KEY(read_only=True, source="*"), Seat) == ("number room_id", [])


def test_the_parent_of_a_child_model_has_the_key_of_its_row():
    assert one(KEY(read_only=True, source="item_ptr"), Medium) == ("item_ptr_id", [])


def test_a_method_field_reads_what_its_hint_says():
    class Own(ModelSerializer):
        field = serializers.SerializerMethodField()

        class Meta:
            model = Book
            fields = ["field"]

        @prefetch_hint("pages")
        def get_field(self, book: Book) -> Any: ...

    assert reads_of(Own) == "pages"


def test_a_method_field_reads_what_its_body_shows():
    method = shows(Book, get_field=lambda self, book: book.title, field=serializers.SerializerMethodField())

    assert (reads_of(method), notes_of(needs(method))) == ("title", [])


def test_a_method_field_that_runs_a_builtin_function_reads_what_that_shows():
    method = shows(Book, get_field=print, field=serializers.SerializerMethodField())

    assert (reads_of(method), notes_of(needs(method))) == ("title author(name)", [])


@pytest.mark.parametrize("code", [unread, lambda self, book: unread(book)], ids=["no body", "handed on"])
def test_a_method_field_that_cannot_be_followed_reads_everything(code):
    method = shows(Book, get_field=code, field=serializers.SerializerMethodField())

    assert (reads_of(method), notes_of(needs(method))) == ("*", ["code-unread"])


class OwnMethodField(serializers.SerializerMethodField):
    def to_representation(self, value: Any) -> Any:
        return unread(value)


class OwnModelField(serializers.ModelField):
    def to_representation(self, value: Any) -> Any:
        return unread(value)


class OwnModelFieldAttribute(serializers.ModelField):
    def get_attribute(self, instance: Any) -> Any:
        return unread(instance)


class OwnList(serializers.ListField):
    def to_representation(self, value: Any) -> Any:
        return unread(value)


class NamesList(serializers.ListField):
    def to_representation(self, value: Any) -> Any:
        return [row.name for row in value.all()]


class AskingList(serializers.ListField):
    def to_representation(self, value: Any) -> Any:
        return [row.name for row in value.filter(parent=None)]


class OwnKey(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    def to_representation(self, value: Any) -> Any:
        return unread(value)


class OwnTarget(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    def get_attribute(self, instance: Any) -> Any:
        return unread(instance)


class Related(serializers.RelatedField):  # type: ignore[type-arg]
    def to_representation(self, value: Any) -> Any:
        return unread(value)


class OwnManyRelated(serializers.ManyRelatedField):
    def to_representation(self, iterable: Any) -> Any:
        return unread(iterable)


class AskingManyRelated(serializers.ManyRelatedField):
    def to_representation(self, iterable: Any) -> Any:
        return [row.name for row in iterable.filter(parent=None)]


class OwnLink(serializers.HyperlinkedRelatedField):  # type: ignore[type-arg]
    def get_url(self, obj: Any, *args: Any) -> Any:
        return unread(obj)


class DeclaredLink(serializers.HyperlinkedIdentityField):
    @prefetch_hint("isbn")
    def get_url(self, obj: Any, *args: Any) -> Any: ...


@pytest.mark.parametrize(
    ("field", "outlined"),
    [
        (Upper(source="author"), "author(*)"),
        (Whole(), "*"),
        (OwnMethodField("get_nothing"), "*"),
        (OwnModelFieldAttribute(Book._meta.get_field("title")), "*"),
        (OwnKey(read_only=True, source="author"), "author_id"),
        (OwnKey(read_only=True, source="*"), "*"),
        (OwnTarget(read_only=True), "*"),
        (Related(read_only=True, source="author"), "author(*)"),
        (Related(read_only=True, many=True, source="genres"), "genres(*)"),
        (OwnLink("author-detail", read_only=True, source="author", lookup_field="name"), "author(*)"),
    ],
)
def test_a_field_class_that_cannot_be_followed_reads_everything_it_is_handed(field, outlined):
    notes = [] if outlined == "author_id" else ["code-unread"]

    assert one(field) == (outlined, notes)


def test_a_field_class_of_ones_own_that_is_handed_a_column_reads_that_column():
    assert one(Upper(source="title")) == ("title", [])


class OwnMethodName(serializers.SerializerMethodField):
    def to_representation(self, value: Any) -> Any:
        return value.isbn


class OwnModelName(serializers.ModelField):
    def to_representation(self, value: Any) -> Any:
        return value.isbn


class OwnModelFieldWay(serializers.ModelField):
    def get_attribute(self, instance: Any) -> Any:
        return instance.author.email


class KeyAndName(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    def use_pk_only_optimization(self) -> bool:
        return False

    def to_representation(self, value: Any) -> Any:
        return f"{value.pk} {value.name}"


class Mentor(serializers.PrimaryKeyRelatedField):  # type: ignore[type-arg]
    def get_attribute(self, instance: Any) -> Any:
        return instance.author.mentor


class Shout(serializers.CharField):
    def to_representation(self, value: Any) -> Any:
        return value.name.upper()


class NameLink(serializers.HyperlinkedRelatedField):  # type: ignore[type-arg]
    def get_url(self, obj: Any, *args: Any) -> Any:
        return f"/{obj.city.name}/{obj.name}"


@pytest.mark.parametrize(
    ("field", "outlined"),
    [
        (Shout(source="author"), "author(name)"),
        (OwnMethodName("get_nothing"), "isbn"),
        (OwnModelFieldWay(Book._meta.get_field("title")), "author(email)"),
        (KeyAndName(read_only=True, source="author"), "author(id name)"),
        (Mentor(read_only=True), "author(mentor(id))"),
        (NameLink("author-detail", read_only=True, source="author", lookup_field="name"), "author(name city(name))"),
        (NamesList(child=serializers.CharField(), source="genres"), "genres(name)"),
    ],
)
def test_a_field_class_of_a_projects_own_reads_what_its_body_shows(field, outlined):
    assert one(field) == (outlined, [])


@pytest.mark.parametrize(("cls", "expected"), [(OwnModelField, ("*", ["code-unread"])), (OwnModelName, ("isbn", []))])
def test_a_model_field_of_a_projects_own_is_handed_the_whole_row(cls, expected):
    read = needs(shows(Book, title=cls(Book._meta.get_field("title"))))

    assert (outline(read), notes_of(read)) == expected


class MethodOfAuthor(serializers.SerializerMethodField):
    def get_attribute(self, instance: Any) -> Any:
        return instance.author


def test_a_method_field_with_a_way_of_its_own_is_handed_what_that_leads_to():
    shown = shows(Book, field=MethodOfAuthor(), get_field=lambda self, author: author.email)

    assert reads_of(shown) == "author(email)"


def test_a_list_of_ones_own_that_asks_again_says_so():
    assert one(AskingList(child=serializers.CharField(), source="genres")) == ("genres(name)", ["not-planned"])
    assert one(AskingManyRelated(child_relation=TEXT(), source="genres")) == ("genres(name)", ["not-planned"])


def test_lists_of_ones_own_may_not_look_at_their_rows():
    for field in (AskingList, OwnList):
        read = needs(shows(Book, field=field(child=serializers.CharField(), source="genres")))

        assert read.edges["genres"].always is False


def test_a_list_that_cannot_be_followed_is_handed_all_its_rows_whole():
    assert one(OwnList(child=serializers.CharField(), source="genres")) == ("genres(*)", ["code-unread"])
    assert one(OwnManyRelated(child_relation=TEXT(), source="genres")) == ("genres(*)", ["code-unread"])


def test_a_list_of_ones_own_is_handed_one_row():
    assert one(OwnList(child=serializers.CharField(), source="author")) == ("author(*)", ["code-unread"])
    assert one(OwnManyRelated(child_relation=TEXT(), source="author")) == ("author(*)", ["code-unread"])


def test_a_field_class_may_declare_what_it_reads():
    assert one(Declared()) == ("title", [])
    assert one(DeclaredLink("book-detail", lookup_field="isbn")) == ("isbn", [])


def test_what_meta_declares_of_a_field_replaces_its_code():
    assert one(Whole(), hint=["isbn"]) == ("isbn", [])


def test_what_meta_declares_of_a_related_field_adds_to_what_is_known():
    assert one(TEXT(source="author"), hint=["author__email"]) == ("author(email name)", [])


def test_a_field_of_no_known_class_reads_everything():
    class Duck:
        """Walks like a field."""

        parent = None
        field_name = "duck"
        context: dict[str, Any] = {}

    for read in (requirement, representation):
        found = read(Duck(), Book)

        assert (outline(found), notes_of(found)) == ("*", ["custom-field"])


def test_a_field_type_of_ones_own_is_supported_by_one_registration():
    class Price(serializers.DecimalField):
        """Shows nothing."""

    registry = dict(requirement.registry)

    @requirement.register(Price)
    def _(field: Any, model: type[Model]) -> Requirement:
        return nothing(model)

    assert one(Price(max_digits=4, decimal_places=2, source="price")) == ("", [])
    assert set(requirement.registry) - set(registry) == {Price}


def test_a_profile_shows_its_file():
    assert reads_of(shows(Profile, "portrait", "author")) == "author_id portrait"


def test_a_model_serializer_shows_what_its_meta_names():
    assert reads_of(shows(Book, "title", "author", "genres", "status", "cover")) == (
        "author_id cover cover_height cover_width status title genres(id)"
    )


@pytest.mark.parametrize("model", [Author, Genre])
def test_all_fields_read_all_columns_by_name(model):
    read = needs(shows(model, *[field.name for field in model._meta.concrete_fields]))

    assert set(read.reads) == {field.attname for field in model._meta.concrete_fields}
