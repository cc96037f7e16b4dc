use wasi::http::outgoing_handler;
use wasi::http::types::*;
use wasi::io::streams::StreamError;

struct Proxy;
wasi::http::proxy::export!(Proxy);

fn read_all(body: &IncomingBody) -> Result<Vec<u8>, String> {
    let stream = body.stream().map_err(|_| "no stream")?;
    let mut all = Vec::new();
    loop {
        stream.subscribe().block();
        match stream.read(10000) {
            Ok(bytes) => all.extend(bytes),
            Err(StreamError::Closed) => return Ok(all),
            Err(e) => return Err(format!("{e:?}")),
        }
    }
}

/// Fetches what the query says: /fetch?METHOD,SCHEME,AUTHORITY,PATH
fn fetch(query: &str, body: &[u8]) -> Result<(u16, Vec<u8>), String> {
    let parts: Vec<&str> = query.split(',').collect();
    let fields = Fields::new();
    if !body.is_empty() {
        fields.append("content-length", body.len().to_string().as_bytes()).unwrap();
    }
    let request = OutgoingRequest::new(fields);
    request.set_method(&if parts[0] == "POST" { Method::Post } else { Method::Get }).unwrap();
    request.set_scheme(Some(&if parts[1] == "https" { Scheme::Https } else { Scheme::Http })).unwrap();
    request.set_authority(Some(parts[2])).unwrap();
    request.set_path_with_query(Some(parts[3])).unwrap();
    let out = if body.is_empty() { None } else { Some(request.body().unwrap()) };
    let options = RequestOptions::new();
    options.set_first_byte_timeout(Some(1_000_000_000)).unwrap();
    let future = outgoing_handler::handle(request, Some(options)).map_err(|e| format!("{e:?}"))?;
    if let Some(out) = out {
        let stream = out.write().unwrap();
        for piece in body.chunks(4096) {
            stream.blocking_write_and_flush(piece).map_err(|e| format!("{e:?}"))?;
        }
        drop(stream);
        OutgoingBody::finish(out, None).map_err(|e| format!("{e:?}"))?;
    }
    future.subscribe().block();
    let response = future.get().unwrap().unwrap().map_err(|e| format!("{e:?}"))?;
    let incoming = response.consume().unwrap();
    let bytes = read_all(&incoming)?;
    Ok((response.status(), bytes))
}

fn answer(out: ResponseOutparam, status: u16, text: &[u8]) {
    let fields = Fields::from_list(&[("content-type".to_string(), b"text/plain".to_vec())]).unwrap();
    let response = OutgoingResponse::new(fields);
    response.set_status_code(status).unwrap();
    let body = response.body().unwrap();
    ResponseOutparam::set(out, Ok(response));
    let stream = body.write().unwrap();
    for piece in text.chunks(4096) {
        stream.blocking_write_and_flush(piece).unwrap();
    }
    drop(stream);
    let trailers = Fields::new();
    trailers.append("x-sum", text.len().to_string().as_bytes()).unwrap();
    OutgoingBody::finish(body, Some(trailers)).unwrap();
}

impl wasi::exports::http::incoming_handler::Guest for Proxy {
    fn handle(request: IncomingRequest, out: ResponseOutparam) {
        let path = request.path_with_query().unwrap_or_default();
        let body = request.consume().unwrap();
        let bytes = read_all(&body).unwrap();
        if let Some(query) = path.strip_prefix("/fetch?") {
            return match fetch(query, &bytes) {
                Ok((status, text)) => answer(out, status, &text),
                Err(error) => answer(out, 599, error.as_bytes()),
            };
        }
        if path == "/about" {
            let headers = request.headers();
            assert!(headers.append("x", b"y").is_err());
            let mut text = format!(
                "{:?} {:?} {:?} {}\n",
                request.method(), request.scheme(), request.authority(), bytes.len());
            for (name, value) in headers.entries() {
                text += &format!("{name}: {}\n", String::from_utf8_lossy(&value));
            }
            text += &format!("{:?} {}\n", headers.get("X-Two").len(), headers.has(&"none".to_string()));
            let own = Fields::new();
            assert!(own.append("bad name", b"").is_err());
            assert!(own.append("a", b"b\r\nc").is_err());
            assert!(own.append("connection", b"close").is_err());
            own.set("a", &[b"1".to_vec(), b"2".to_vec()]).unwrap();
            own.append("A", b"3").unwrap();
            assert_eq!(own.get("a").len(), 3);
            own.clone().delete("a").unwrap();
            own.delete("a").unwrap();
            assert!(own.entries().is_empty());
            return answer(out, 200, text.as_bytes());
        }
        answer(out, 200, b"hello world\n");
    }
}
