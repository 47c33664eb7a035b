"""HEAD wherever there is GET (RFC 9110 9.3.2): mail scanners and monitors ask so whether a link lives."""

from starlette.types import ASGIApp, Receive, Scope, Send


class AnswersHead:
    """Answers HEAD as GET; the server beneath, which sees what was asked, leaves out the content."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "HEAD":
            scope = {**scope, "method": "GET"}
        await self._app(scope, receive, send)
