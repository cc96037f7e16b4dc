# An image with the program alone; modules are mounted or copied in:
#
#   docker build -t lunatic .
#   docker run --rm -v "$PWD:/app" lunatic /app/hello.wasm
FROM debian:12 AS build
RUN apt-get update \
	&& apt-get install -y --no-install-recommends ca-certificates make
WORKDIR /src
# What the engine is made from, and nothing else: it is compiled anew when that
# changes, not whenever a source does.
COPY tools/bootstrap.sh tools/find-cargo.sh tools/build-engine.sh tools/
COPY tools/remap-rust.sh tools/
RUN tools/bootstrap.sh
COPY engine engine
RUN tools/build-engine.sh
COPY . .
RUN make build && make install PREFIX=/usr DESTDIR=/out

FROM debian:12-slim
RUN apt-get update \
	&& apt-get install -y --no-install-recommends libssl3 libmimalloc2.0 \
		libsqlite3-0 libjansson4 libncursesw6 libnats3.4 \
	&& rm -rf /var/lib/apt/lists/*
COPY --from=build /out/usr/bin/lunatic /usr/bin/lunatic
USER nobody
ENV LUNATIC_CACHE=off
ENTRYPOINT ["/usr/bin/lunatic"]
