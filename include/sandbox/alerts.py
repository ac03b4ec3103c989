"""A stand-in for a chat's incoming webhook: takes {"text": ...} and shows it to whoever asks the control API.

Answers and refusals are those of Slack's incoming webhooks: https://api.slack.com/messaging/webhooks
"""

from __future__ import annotations

import json

from aiohttp import web

LIMIT = 40_000
"""Characters that a message may have."""


class Alerts:
    """Messages in the order in which they came."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._refusals = 0

    def routes(self) -> list[web.RouteDef]:
        return [web.post("/hooks/alerts", self.take), web.get("/control/alerts", self.show),
                web.post("/control/alerts/refuse", self.refuse)]  # fmt: skip

    def clear(self) -> None:
        self._texts.clear()
        self._refusals = 0

    async def take(self, request: web.Request) -> web.Response:
        """What a chat does with a message."""
        if self._refusals:
            self._refusals -= 1
            return web.Response(text="rollup_error", status=503)
        try:
            sent = json.loads(await request.text())
        except ValueError:
            return web.Response(text="invalid_payload", status=400)
        text = sent.get("text") if isinstance(sent, dict) else None
        if not isinstance(text, str) or not text.strip():
            return web.Response(text="no_text", status=400)
        if len(text) > LIMIT:
            return web.Response(text="msg_too_long", status=400)
        self._texts.append(text)
        return web.Response(text="ok")

    async def show(self, request: web.Request) -> web.Response:
        """What people saw."""
        return web.json_response({"alerts": self._texts})

    async def refuse(self, request: web.Request) -> web.Response:
        """The next {"times"} messages meet a chat that is down."""
        self._refusals = int((await request.json()).get("times", 1))
        return web.json_response({"times": self._refusals})
