"""E-commerce: products, reviews, orders."""

# The bodies are what strangers write, untyped and in any style.
# mypy: ignore-errors
# ruff: noqa: E501, UP031

from __future__ import annotations

import operator
from collections import Counter, defaultdict
from decimal import Decimal
from functools import partial, reduce
from itertools import chain, groupby

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Avg
from django.utils import timezone
from django.utils.translation import gettext as _
from rest_framework import serializers

from .corpus import Theme, reads
from .models import Category, Invoice, Order, Product, Review

FREE_SHIPPING = Decimal("50")
BADGES = {"live": "New", "gone": "Sold out"}
SHOWN = ("name", "slug")


def price_label(product):
    return f"{product.price:.2f} EUR"


def with_tax(product, rate=Decimal("0.19")):
    return product.price * (1 + rate)


def supplier_name(product):
    if product.supplier is None:
        return _("unknown")
    return product.supplier.full_name


def walk_up(category):
    while category is not None:
        yield category
        category = category.parent


class TagSerializer(serializers.Serializer):
    name = serializers.CharField()
    color = serializers.CharField()


class LineSerializer(serializers.Serializer):
    quantity = serializers.IntegerField()
    product = serializers.CharField(source="product.name")


class LinePresenter:
    def __init__(self, line):
        self.line = line

    def text(self):
        return f"{self.line.quantity} x {self.line.product.name}"


class Shop(Theme):
    currency = "EUR"

    @reads(Product, "price")
    def price_text(self, obj):
        return f"{obj.price} {self.currency}"

    @reads(Product, "price")
    def label(self, obj):
        return price_label(obj)

    @reads(Product, "price")
    def gross(self, obj):
        return round(with_tax(obj), 2)

    @reads(Product, "price", "cost")
    def margin(self, obj):
        return obj.margin

    @reads(Product, "price", "cost")
    def margin_percent(self, obj):
        if not obj.price:
            return None
        return round(obj.margin / obj.price * 100, 1)

    @reads(Product, "stock")
    def availability(self, obj):
        if obj.in_stock:
            return "low" if obj.is_low() else "yes"
        return "no"

    @reads(Product, "status")
    def badge(self, obj):
        return BADGES.get(obj.status, "")

    @reads(Product, "status")
    def status_label(self, obj):
        return obj.get_status_display()

    @reads(Product, "status")
    def is_live(self, obj):
        return obj.status == Product.Status.LIVE

    @reads(Product, "status")
    def is_gone(self, obj):
        return obj.status in (obj.Status.GONE, obj.Status.DRAFT)

    @reads(Product, "category.name")
    def category_name(self, obj):
        return obj.category.name

    @reads(Product, "category.name", "name")
    def title(self, obj):
        return str(obj)

    @reads(Product, "category.slug")
    def category_link(self, obj):
        return self.context["base"] + obj.category.get_absolute_url()

    @reads(Product, "category.name", "category.parent.name", "category.parent.parent.name",
           "category.parent.parent.parent.name", "category.parent.parent.parent.parent_id", n_plus_one=True)  # fmt: skip
    def breadcrumbs(self, obj):
        names = []
        node = obj.category
        while node:
            names.append(node.name)
            node = node.parent
        return " > ".join(reversed(names))

    @reads(Product, "category.slug", "category.parent.slug", "category.parent.parent.slug",
           "category.parent.parent.parent.slug", "category.parent.parent.parent.parent_id", n_plus_one=True)  # fmt: skip
    def breadcrumb_slugs(self, obj):
        return [category.slug for category in walk_up(obj.category)]

    @reads(Product, "category.parent.name")
    def department(self, obj):
        parent = obj.category.parent
        return parent.name if parent else None

    @reads(Product, "supplier.first_name", "supplier.last_name")
    def supplier(self, obj):
        return supplier_name(obj)

    @reads(Product, "supplier.email")
    def supplier_email(self, obj):
        return obj.supplier and obj.supplier.email

    @reads(Product, "supplier_id")
    def has_supplier(self, obj):
        return obj.supplier_id is not None

    @reads(Product, "reviews.rating")
    def rating(self, obj):
        reviews = obj.reviews.all()
        if not reviews:
            return 0
        return sum(review.rating for review in reviews) / len(reviews)

    @reads(Product, "reviews.rating")
    def cached_rating(self, obj):
        return obj.average_rating

    @reads(Product, "reviews")
    def review_count(self, obj):
        return obj.reviews.count()

    @reads(Product, "reviews")
    def has_reviews(self, obj):
        return obj.reviews.exists()

    @reads(Product, "reviews.rating", "reviews.public")
    def public_rating(self, obj):
        ratings = [review.rating for review in obj.reviews.all() if review.public]
        return sum(ratings) / len(ratings) if ratings else None

    @reads(Product, "reviews.rating", "reviews.title")
    def best_title(self, obj):
        best = obj.best_review
        return best.title if best else ""

    @reads(Product, "reviews.title", "reviews.rating", "reviews.author.first_name", "reviews.author.last_name")
    def top_reviews(self, obj):
        ordered = sorted(obj.reviews.all(), key=lambda review: review.rating, reverse=True)
        return [{"title": review.title, "by": review.author.full_name} for review in ordered[:3]]

    @reads(Product, "reviews.created")
    def last_reviewed(self, obj):
        return max((review.created for review in obj.reviews.all()), default=None)

    @reads(Product, "reviews.rating")
    def histogram(self, obj):
        return Counter(review.rating for review in obj.reviews.all())

    @reads(Product, "reviews.rating", "reviews.title")
    def by_stars(self, obj):
        groups = defaultdict(list)
        for review in obj.reviews.all():
            groups[review.rating].append(review)
        return {stars: [review.title for review in found] for stars, found in groups.items()}

    @reads(Product, "reviews.rating", "reviews.author.email")
    def grouped(self, obj):
        ordered = sorted(obj.reviews.all(), key=operator.attrgetter("rating"))
        return {
            stars: [review.author.email for review in found]
            for stars, found in groupby(ordered, key=lambda review: review.rating)
        }

    @reads(Product, "reviews.title")
    def first_title(self, obj):
        first = obj.reviews.first()
        return first.title if first is not None else None

    @reads(Product, "reviews.title")
    def newest_title(self, obj):
        found = next(iter(obj.reviews.all()), None)
        return getattr(found, "title", None)

    @reads(Product, "id", n_plus_one=True)
    def public_count(self, obj):
        return obj.reviews.filter(public=True).count()

    @reads(Product, "id", n_plus_one=True)
    def mean(self, obj):
        return obj.reviews.aggregate(mean=Avg("rating"))["mean"]

    @reads(Product, "id", n_plus_one=True)
    def latest_review(self, obj):
        review = obj.reviews.order_by("-created").first()
        return review.title if review else None

    @reads(Product, "id", n_plus_one=True)
    def review_titles(self, obj):
        return list(obj.reviews.values_list("title", flat=True))

    @reads(Product, "tags.name")
    def tag_names(self, obj):
        return [tag.name for tag in obj.tags.all()]

    @reads(Product, "tags.name")
    def tag_text(self, obj):
        return ", ".join(str(tag) for tag in obj.tags.all())

    @reads(Product, "tags.name")
    def tag_map(self, obj):
        return ", ".join(map(str, obj.tags.all()))

    @reads(Product, "tags.name", "tags.color")
    def tags(self, obj):
        return TagSerializer(obj.tags.all(), many=True, context=self.context).data

    @reads(Product, "tags.color", "tags.name")
    def colors(self, obj):
        return {tag.color: tag.name for tag in obj.tags.all()}

    @reads(Product, "id", n_plus_one=True)
    def first_tag(self, obj):
        tag = obj.tags.first()
        return tag.name if tag else ""

    @reads(Product, "name", "slug")
    def shown(self, obj):
        return {name: getattr(obj, name) for name in SHOWN}

    @reads(Product, "name", "stock", "price")
    def card(self, obj):
        card = {"name": obj.name}
        if obj.stock:
            card["price"] = str(obj.price)
        card.update(low=obj.stock < Product.LOW_STOCK)
        return card

    @reads(Product, "price", "sale")
    def sale_price(self, obj):
        percent = self.context.get("percent", 10)
        return obj.discounted(percent) if obj.sale else obj.price

    @reads(Product, "image")
    def image_url(self, obj):
        if not obj.image:
            return None
        return self.context["base"] + obj.image.url

    @reads(Product, "created")
    def is_new(self, obj):
        return (timezone.now() - obj.created).days < 30

    @reads(Product, "slug")
    def url(self, obj):
        return obj.get_absolute_url()

    @reads(Product, "*", known=False)
    def score(self, obj):
        return self.context["scorer"](obj)

    @reads(Product, "*", known=False)
    def dynamic(self, obj):
        return getattr(obj, self.context["column"])

    @reads(Order, "lines.price", "lines.quantity", "shipping")
    def total(self, obj):
        return obj.total

    @reads(Order, "lines.price", "lines.quantity", "shipping")
    def free_shipping(self, obj):
        return obj.total - obj.shipping >= FREE_SHIPPING

    @reads(Order, "lines.quantity")
    def items(self, obj):
        return sum(line.quantity for line in obj.lines.all())

    @reads(Order, "lines.quantity")
    def items_reduced(self, obj):
        return reduce(lambda total, line: total + line.quantity, obj.lines.all(), 0)

    @reads(Order, "lines.quantity", "lines.product.weight")
    def weight(self, obj):
        total = 0
        for line in obj.lines.all():
            total += line.quantity * line.product.weight
        return total

    @reads(Order, "lines.product.category.name")
    def categories(self, obj):
        return sorted({line.product.category.name for line in obj.lines.all()})

    @reads(Order, "lines.product.tags.name")
    def order_tags(self, obj):
        return sorted({tag.name for line in obj.lines.all() for tag in line.product.tags.all()})

    @reads(Order, "lines.product.tags.color")
    def order_colors(self, obj):
        tags = chain.from_iterable(line.product.tags.all() for line in obj.lines.all())
        return sorted({tag.color for tag in tags})

    @reads(Order, "lines.quantity", "lines.product.name")
    def lines(self, obj):
        return LineSerializer(instance=obj.lines.all(), many=True).data

    @reads(Order, "lines.quantity", "lines.product.name")
    def line_texts(self, obj):
        return [LinePresenter(line).text() for line in obj.lines.all()]

    @reads(Order, "lines.price", "lines.quantity", "lines.product.name")
    def dearest(self, obj):
        lines = list(obj.lines.all())
        if not lines:
            return None
        lines.sort(key=lambda line: line.subtotal, reverse=True)
        return lines[0].product.name

    @reads(Order, "invoice.number")
    def invoice_number(self, obj):
        try:
            return obj.invoice.number
        except ObjectDoesNotExist:
            return None

    @reads(Order, "invoice.number")
    def invoice_or_dash(self, obj):
        try:
            invoice = obj.invoice
        except Invoice.DoesNotExist:
            invoice = None
        return invoice.number if invoice else "-"

    @reads(Order, "invoice")
    def has_invoice(self, obj):
        return hasattr(obj, "invoice")

    @reads(Order, "customer.first_name", "customer.last_name", "number")
    def headline(self, obj):
        return "%s for %s" % (obj.number, obj.customer)

    @reads(Order, "status", "paid")
    def state(self, obj):
        match obj.status:
            case "open" if not obj.is_paid:
                return "waiting"
            case "open" | "paid":
                return "packing"
            case other:
                return other

    @reads(Order, "customer.id")
    def is_mine(self, obj):
        return obj.customer == self.context["user"]

    @reads(Order, "customer_id")
    def is_mine_by_id(self, obj):
        return obj.customer_id == self.context["user"].pk

    @reads(Order, "lines.product.name", "lines.quantity")
    def quantities(self, obj):
        found = {}
        for line in obj.lines.all():
            found.setdefault(line.product.name, 0)
            found[line.product.name] += line.quantity
        return found

    @reads(Order, "lines.price", "lines.quantity", "lines.product.name")
    def summary(self, obj):
        first, *others = obj.lines.all() or [None]
        if first is None:
            return ""
        return f"{first.product.name} and {len(others)} more for {sum(line.subtotal for line in others)}"

    @reads(Order, "lines.product.price", "lines.price")
    def saved(self, obj):
        pairs = [(line.product.price, line.price) for line in obj.lines.all()]
        return sum(now - then for now, then in pairs)

    @reads(Category, "products.price")
    def cheapest(self, obj):
        prices = [product.price for product in obj.products.all()]
        return min(prices, default=None)

    @reads(Category, "products.stock", "products.reviews.rating")
    def stars(self, obj):
        live = filter(lambda product: product.in_stock, obj.products.all())
        return [review.rating for product in live for review in product.reviews.all()]

    @reads(Category, "id", n_plus_one=True)
    def on_sale(self, obj):
        return [product.name for product in obj.products.on_sale()]

    @reads(Category, "children.name", "children.children.name")
    def tree(self, obj):
        return [
            {"name": child.name, "children": [leaf.name for leaf in child.children.all()]}
            for child in obj.children.all()
        ]

    @reads(Review, "author.first_name", "author.last_name", "title")
    def review_text(self, obj):
        return format(obj)

    @reads(Review, "product.name", "product.category.name", "rating")
    def about(self, obj):
        product = obj.product
        where = product.category
        return {"product": product.name, "where": where.name, "stars": "*" * obj.rating}

    @reads(Review, "author.profile.avatar")
    def avatar(self, obj):
        profile = getattr(obj.author, "profile", None)
        if profile and profile.avatar:
            return profile.avatar.url
        return None

    @reads(Review, "product.price", "product.cost")
    def by_partial(self, obj):
        compute = partial(lambda factor, product: product.margin * factor, 2)
        return compute(obj.product)
