"""Every view of an application inherits the mixin, as if its author had written it there."""

from __future__ import annotations

from typing import Any

#: Views of these packages are what authors of views inherit from; theirs come after the mixin.
_FRAMEWORKS = ("rest_framework.", "adrf.", "drf_autoprefetch.")


def force_mixin(generics: Any) -> None:
    """Put ``AutoPrefetchMixin`` before the bases of each class that is made from ``GenericAPIView``, once per line."""

    def inherit(cls: Any, /, **kwargs: Any) -> None:
        super(generics.GenericAPIView, cls).__init_subclass__(**kwargs)
        if cls.__module__.startswith(_FRAMEWORKS):
            return
        from drf_autoprefetch import AutoPrefetchMixin

        if not issubclass(cls, AutoPrefetchMixin):
            cls.__bases__ = (AutoPrefetchMixin, *cls.__bases__)

    generics.GenericAPIView.__init_subclass__ = classmethod(inherit)
