"""Managers that filter, annotate and join, and models that read themselves."""

# The stubs want a type argument of every related field, and no field called like an attribute of Field.
# mypy: disable-error-code="var-annotated, assignment, override"

from __future__ import annotations

from rest_framework import serializers

from tests.shapes.catalogue import ModelSerializer, shape
from tests.testapp.models import Book, Branch, City, Contract, Ledger, Member, Publisher, Series, Supplier


class SupplierName(ModelSerializer):
    class Meta:
        model = Supplier
        fields = ["name"]


@shape(queries=1)
class DeletedTarget(ModelSerializer):
    """A to-one goes through the base manager: what was deleted softly is still shown."""

    supplier = SupplierName()

    class Meta:
        model = Book
        fields = ["supplier"]


@shape(queries=2)
class DeletedRows(ModelSerializer):
    """A to-many goes through the default manager: what was deleted softly is not shown."""

    suppliers = SupplierName(many=True)

    class Meta:
        model = City
        fields = ["suppliers"]


@shape(queries=2, unknown={"Supplier"})
class RowsBehindDeletedTarget(ModelSerializer):
    """The manager of the contracts joins the supplier once more, in full."""

    class WithContracts(ModelSerializer):
        contracts = serializers.SlugRelatedField(slug_field="number", many=True, read_only=True)

        class Meta:
            model = Supplier
            fields = ["name", "contracts"]

    supplier = WithContracts()

    class Meta:
        model = Book
        fields = ["supplier"]


@shape(queries=1, queryset=Supplier.everything.all)
class ManagerOfView(SupplierName):
    pass


@shape(queries=1)
class AnnotatedRoot(ModelSerializer):
    """An attribute that the default manager adds."""

    volumes = serializers.IntegerField()

    class Meta:
        model = Series
        fields = ["title", "volumes"]


@shape(queries=2, ordered=False)
class AnnotatedRows(ModelSerializer):
    """Grouping makes Django forget the model's ordering, with us or without."""

    class Counted(ModelSerializer):
        volumes = serializers.IntegerField()

        class Meta:
            model = Series
            fields = ["title", "volumes"]

    series = Counted(many=True)

    class Meta:
        model = Publisher
        fields = ["name", "series"]


@shape(queries=1)
class AnnotatedTarget(ModelSerializer):
    """A to-one has no annotations of the default manager, with us or without."""

    series = serializers.CharField(source="series.title", default=None)

    class Meta:
        model = Book
        fields = ["series"]


@shape(queries=1, unknown={"Supplier"}, kept={"Contract.supplier_id"})
class JoinedByManager(ModelSerializer):
    """The manager joins the supplier, read or not: what you wrote wins."""

    class Meta:
        model = Contract
        fields = ["number"]


@shape(queries=1)
class JoinedByManagerAndRead(ModelSerializer):
    supplier = serializers.CharField(source="supplier.name")

    class Meta:
        model = Contract
        fields = ["number", "supplier"]


@shape(queries=2, unknown={"Supplier"}, kept={"Contract.supplier_id"})
class JoinedByManagerInMany(ModelSerializer):
    contracts = serializers.SlugRelatedField(slug_field="number", many=True, read_only=True)

    class Meta:
        model = Publisher
        fields = ["contracts"]


@shape(queries=2)
class ManagerWithArguments(ModelSerializer):
    """Django builds the related manager without arguments: it shows other rows than the default manager does."""

    branches = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = City
        fields = ["branches"]


@shape(queries=1, queryset=Branch.mains.all)
class ManagerWithOtherArguments(ModelSerializer):
    city = serializers.CharField(source="city.name")

    class Meta:
        model = Branch
        fields = ["name", "city"]


@shape(queries=1, unknown={"Member"})
class HiddenByManagerAsTarget(ModelSerializer):
    branch = serializers.CharField(source="branch.name")

    class Meta:
        model = Member
        fields = ["branch"]


@shape(queries=1, unknown={"Member"})
class Tracker(ModelSerializer):
    """A model that reads its fields while it is built must not defer them."""

    class Meta:
        model = Member
        fields = ["name"]


@shape(queries=2, unknown={"Member"})
class TrackerInMany(ModelSerializer):
    members = serializers.SlugRelatedField(slug_field="name", many=True, read_only=True)

    class Meta:
        model = Branch
        fields = ["members"]


@shape(queries=1, unknown={"Ledger"})
class ReadsFromDatabase(ModelSerializer):
    class Meta:
        model = Ledger
        fields = ["title"]


@shape(queries=2, unknown={"Ledger"})
class ReadsFromDatabaseInMany(ModelSerializer):
    ledgers = serializers.SlugRelatedField(slug_field="title", many=True, read_only=True)

    class Meta:
        model = Branch
        fields = ["ledgers"]
