"""Answers what came, or asks another server: /fetch?HOST:PORT."""

from componentize_py_types import Ok
from wit_world import exports
from wit_world.imports import outgoing_handler
from wit_world.imports.types import (
    Fields, IncomingBody, IncomingRequest, Method_Get, OutgoingBody,
    OutgoingRequest, OutgoingResponse, ResponseOutparam, Scheme_Http)


def read_all(body):
    text = b""
    with body.stream() as stream:
        while True:
            try:
                text += stream.blocking_read(4096)
            except Exception:
                return text


def fetch(authority):
    request = OutgoingRequest(Fields())
    request.set_method(Method_Get())
    request.set_scheme(Scheme_Http())
    request.set_authority(authority)
    request.set_path_with_query("/h")
    future = outgoing_handler.handle(request, None)
    with future.subscribe() as ready:
        ready.block()
    response = future.get().value.value
    text = read_all(response.consume())
    return b"got %d %s" % (response.status(), text)


class IncomingHandler(exports.IncomingHandler):
    def handle(self, request: IncomingRequest, response_out: ResponseOutparam):
        path, _, query = request.path_with_query().partition("?")
        if path == "/fetch":
            text = fetch(query)
        else:
            text = ("%s %s " % (type(request.method()).__name__.split("_")[1]
                                .upper(), path)).encode()
            text += read_all(request.consume())
        response = OutgoingResponse(Fields.from_list([("x-one", b"1")]))
        body = response.body()
        ResponseOutparam.set(response_out, Ok(response))
        with body.write() as stream:
            for start in range(0, len(text), 4096):
                stream.blocking_write_and_flush(text[start:start + 4096])
        OutgoingBody.finish(body, None)
