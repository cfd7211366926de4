"""Code that waits: methods that do in a thread what another does at once, and functions that wait for others."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from asgiref.sync import async_to_sync, sync_to_async

from .knowledge import means
from .machine import Machine
from .values import Call, Partial, Values, known, union

_THREAD = known(asyncio.to_thread)


@means(asyncio.to_thread)
def _in_a_thread(m: Machine, call: Call) -> Values:
    """The function is called when somebody waits for it: names may have changed by then."""
    m.lazy += 1
    found = m.call(call.arg(0), replace(call, args=call.args[1:]))
    m.lazy -= 1
    return found


@means(sync_to_async)
def _to_async(m: Machine, call: Call) -> Values:
    """Without a function, it is the decorator of one."""
    return later(call.args[0]) if call.args else known(sync_to_async)


@means(async_to_sync)
def _to_sync(m: Machine, call: Call) -> Values:
    return call.args[0] if call.args else known(async_to_sync)


@means(asyncio.wait_for, asyncio.shield)
def _waited_for(m: Machine, call: Call) -> Values:
    return call.arg(0)


@means(asyncio.gather)
def _gathered(m: Machine, call: Call) -> Values:
    return m.filled_box("list", union([*call.args, call.rest]), "gather", call.key)


def later(function: Values) -> Values:
    """Return ``function`` as one that runs in a thread when somebody waits for it."""
    return frozenset([Partial(_THREAD, (function,), ())])
