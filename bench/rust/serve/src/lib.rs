//! Answers as bench/go/http.go does.

use wasi::http::types::*;

struct Hello;
wasi::http::proxy::export!(Hello);

const BODY: &[u8] = b"Hello, world!\n";

impl wasi::exports::http::incoming_handler::Guest for Hello {
    fn handle(_request: IncomingRequest, out: ResponseOutparam) {
        let fields = Fields::new();
        fields
            .append("content-type", b"text/plain; charset=utf-8")
            .unwrap();
        let response = OutgoingResponse::new(fields);
        let body = response.body().unwrap();
        let stream = body.write().unwrap();
        stream.blocking_write_and_flush(BODY).unwrap();
        drop(stream);
        OutgoingBody::finish(body, None).unwrap();
        ResponseOutparam::set(out, Ok(response));
    }
}
