"""The application called in this process, without a port: what httpx needs to do so."""

import httpx
from anyio.from_thread import BlockingPortal
from starlette.types import ASGIApp


class InProcess(httpx.BaseTransport):
    """Carries requests of a synchronous client to an application that is asynchronous."""

    def __init__(self, app: ASGIApp, portal: BlockingPortal) -> None:
        self._asynchronous = httpx.ASGITransport(app, raise_app_exceptions=False)
        self._portal = portal

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        status, headers, content = self._portal.call(self._exchange, request)
        return httpx.Response(status, headers=headers, content=content, request=request)

    async def _exchange(self, request: httpx.Request) -> tuple[int, httpx.Headers, bytes]:
        sent = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.content
        )
        answer = await self._asynchronous.handle_async_request(sent)
        return answer.status_code, answer.headers, await answer.aread()
