"""The GraphQL endpoint over HTTP: one request, one answer, or a stream of events."""

from dataclasses import dataclass
from time import perf_counter
from typing import Any

from starlette.types import Receive, Scope, Send

from linli_graphql.service.errors import RequestError
from linli_graphql.service.service import Incoming, Service
from linli_graphql.transport.arrival import Arrival, arrival_of
from linli_graphql.transport.body import ClientGoneError, WhileWanted, check_body_headers, read_body
from linli_graphql.transport.budget import Budget
from linli_graphql.transport.failures import Failure, failure_of
from linli_graphql.transport.media import Accepted, Media, accepted
from linli_graphql.transport.metrics import Metrics
from linli_graphql.transport.options import AppOptions
from linli_graphql.transport.parameters import Parameters, from_body, from_query_string
from linli_graphql.transport.replies import CLOSE, Reply, failed, refusal
from linli_graphql.transport.sse import EventStreams

METHODS = (b"allow", b"GET, POST")


@dataclass(frozen=True)
class GraphQLEndpoint:
    """`/graphql` over HTTP, as an ASGI application: POST, and GET for queries that name who asks."""

    service: Service
    streams: EventStreams
    metrics: Metrics
    budget: Budget
    options: AppOptions
    log: Any

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        began = perf_counter()
        arrival = arrival_of(scope)
        try:
            reply = await self._reply(arrival, scope, receive, send)
        except ClientGoneError:
            self.metrics.request("http", "gone", perf_counter() - began)
            return
        if reply is not None:
            await reply.send(send)
            self.metrics.request("http", reply.outcome, perf_counter() - began)

    async def _reply(self, arrival: Arrival, scope: Scope, receive: Receive, send: Send) -> Reply | None:
        """Return the answer; None where it has been streamed."""
        post = scope["method"] == "POST"
        if not post and scope["method"] != "GET":
            return _refused(405, "METHOD_NOT_ALLOWED", "Send operations by POST, or queries by GET.", METHODS)
        takes = accepted(arrival.text(b"accept"))
        if takes.media is None and not (post and takes.events):
            return _refused(406, "NOT_ACCEPTABLE", f"Answers are {Media.RESPONSE} or {Media.JSON}.")
        media = takes.media or Media.JSON
        try:
            credentials = self.options.credentials
            token = credentials.of_post(arrival) if post else credentials.of_get(arrival)
            self.budget.spend(scope, token)
            if post:
                check_body_headers(arrival.headers, self.options.limits)
                body = await read_body(receive, self.options.limits)
                parameters = from_body(body, self.options.documents)
            else:
                parameters = from_query_string(scope["query_string"], self.options.documents)
            incoming = self._incoming(arrival, token, parameters, post=post)
        except RequestError as error:
            return refusal(Failure(error.status, error.errors), media)
        try:
            with self.budget.charged(scope, token):
                if post and takes.events and await self._streams(takes, incoming):
                    return await self.streams.serve(incoming, scope, receive, send)
                with WhileWanted(receive, self.options.limits.answer_seconds):
                    return Reply(200, media, await self.service.execute(incoming))
        except ClientGoneError:
            raise
        except Exception as error:  # noqa: BLE001 - the edge of the service: every fault becomes an answer
            return failed(failure_of(error, incoming.request_id or "", self.log), media)

    def _incoming(
        self, arrival: Arrival, token: str | None, parameters: Parameters, *, post: bool
    ) -> Incoming:
        if not post and token is None and not parameters.trusted:
            message = "GET serves bearer tokens and trusted documents; send this operation by POST."
            raise RequestError.of(401, "UNAUTHENTICATED", message)
        return Incoming(
            parameters.query,
            parameters.variables,
            parameters.operation_name,
            token,
            arrival.language,
            arrival.request_id,
            arrival.address,
            mutations=post,
            introspection=token is not None or self.options.introspection,
        )

    async def _streams(self, takes: Accepted, incoming: Incoming) -> bool:
        """Whether the answer is a stream; who takes both gets one for subscriptions only."""
        return takes.media is None or await self.service.is_subscription(incoming)


def _refused(status: int, code: str, message: str, *headers: tuple[bytes, bytes]) -> Reply:
    failure = Failure(status, RequestError.of(status, code, message).errors)
    return Reply(status, Media.JSON, failure.body, (CLOSE, *(headers or failure.headers)), failure.outcome)
