#!/bin/sh
# Components that rustc makes for wasm32-wasip2: arguments, variables, standard
# streams, clocks, files, exit, panics, and being ended by a signal.
# shellcheck disable=SC2154,SC2034 # cli.sh sets and reads them
# The standard library is added to rustup's toolchain only if CI or
# LUNATIC_COMPAT_FETCH is set.
# shellcheck source=tests/compat/support/wasip2.sh
. "$(dirname "$0")/support/wasip2.sh"
. "$(dirname "$0")/../cli/support/cli.sh"

# build NAME: NAME.rs, from standard input, becomes NAME.wasm.
build() {
	cat >"$1.rs"
	rustc --target $target -O -C strip=symbols "$1.rs" 2>err ||
		bad "rustc rejects $1.rs"
}

build hello <<'EOS'
fn main() {
    println!("hello from a component");
}
EOS
build says <<'EOS'
use std::io::{IsTerminal, Read, Write};
use std::time::{Duration, Instant, SystemTime};

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    println!("{args:?} {:?}", std::env::var("VARIABLE"));
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    println!("{} {:?}", text.len(), text.lines().last());
    println!("{}", std::io::stdin().is_terminal());
    let start = Instant::now();
    std::thread::sleep(Duration::from_millis(5));
    assert!(start.elapsed() >= Duration::from_millis(5));
    assert!(SystemTime::now() > SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000));
    let map: std::collections::HashMap<_, _> = args.iter().map(|a| (a, a.len())).collect();
    assert_eq!(map.len(), args.len());
    eprintln!("to standard error");
    let large = vec![b'x'; 1_000_000];
    let mut out = std::io::stdout().lock();
    out.write_all(&large).unwrap();
    out.write_all(b"\n").unwrap();
    match args.first().map(|s| s.as_str()) {
        Some("panic") => panic!("on purpose"),
        Some("exit") => std::process::exit(7),
        Some("memory") => drop(std::hint::black_box(vec![1u8; 100 << 20])),
        _ => {}
    }
}
EOS
build waits <<'EOS'
fn main() {
    println!("ready");
    match std::env::args().nth(1).as_deref() {
        Some("loop") => loop {},
        Some("sleep") => std::thread::sleep(std::time::Duration::from_secs(1000)),
        _ => drop(std::io::stdin().read_line(&mut String::new())),
    }
}
EOS
build files <<'EOS'
use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;

fn main() -> std::io::Result<()> {
    let dir = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let at = |name: &str| format!("{dir}/{name}");
    fs::create_dir(at("made"))?;
    fs::write(at("made/a"), "one two three")?;
    assert_eq!(fs::read_to_string(at("made/a"))?, "one two three");
    assert_eq!(fs::metadata(at("made/a"))?.len(), 13);
    assert!(fs::metadata(at("made"))?.is_dir());
    let mut f = fs::OpenOptions::new().append(true).open(at("made/a"))?;
    f.write_all(b" four")?;
    f.write_all(b" five")?;
    drop(f);
    let mut f = fs::OpenOptions::new().read(true).write(true).open(at("made/a"))?;
    f.seek(SeekFrom::Start(4))?;
    f.write_all(b"TWO")?;
    f.seek(SeekFrom::Start(0))?;
    let mut text = String::new();
    f.read_to_string(&mut text)?;
    assert_eq!(text, "one TWO three four five");
    f.set_len(7)?;
    f.sync_all()?;
    f.set_modified(std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000))?;
    assert_eq!(f.metadata()?.modified()?, std::time::SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1000));
    drop(f);
    assert_eq!(fs::read_to_string(at("made/a"))?, "one TWO");
    let large = vec![7u8; 3_000_000];
    fs::write(at("made/large"), &large)?;
    assert!(fs::read(at("made/large"))? == large);
    fs::rename(at("made/large"), at("made/b"))?;
    fs::hard_link(at("made/b"), at("made/c"))?;
    for i in 0..100 { fs::write(at(&format!("made/n{i}")), "")?; }
    let mut names: Vec<String> = fs::read_dir(at("made"))?.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 103);
    assert_eq!(&names[..3], ["a", "b", "c"]);
    assert!(fs::read_dir(at("made"))?.all(|e| e.unwrap().file_type().unwrap().is_file()));
    assert_eq!(fs::read(at("none")).unwrap_err().kind(), std::io::ErrorKind::NotFound);
    assert_eq!(fs::create_dir(at("made")).unwrap_err().kind(), std::io::ErrorKind::AlreadyExists);
    assert!(fs::read(at("../../etc/passwd")).is_err());
    assert!(fs::read("/etc/passwd").is_err());
    assert!(fs::remove_dir(at("made")).is_err());
    // A descriptor is closed with its handle: more than the process may hold.
    for _ in 0..3000 { fs::File::open(at("made/a"))?; }
    fs::remove_dir_all(at("made"))?;
    assert!(!Path::new(&at("made")).exists());
    println!("fine");
    Ok(())
}
EOS
build reads <<'EOS'
fn main() {
    println!("{}", std::fs::read_to_string("d/text").unwrap());
    println!("{:?}", std::fs::write("d/text", "").unwrap_err().kind());
    println!("{:?}", std::fs::File::options().append(true).open("d/text").unwrap_err().kind());
    println!("{:?}", std::fs::remove_file("d/text").unwrap_err().kind());
}
EOS
build net <<'EOS'
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream, ToSocketAddrs, UdpSocket};
use std::time::{Duration, Instant};

// Both ends in one thread: a write that waited for the other end would wait for
// ever.
fn large(client: &mut TcpStream, server: &mut TcpStream) -> std::io::Result<()> {
    let data: Vec<u8> = (0..3_000_000u32).map(|i| i as u8).collect();
    let mut got = Vec::new();
    let mut buffer = vec![0; 100_000];
    let mut sent = 0;
    client.set_nonblocking(true)?;
    server.set_nonblocking(true)?;
    while got.len() < data.len() {
        while sent < data.len() {
            match client.write(&data[sent..]) {
                Ok(n) => sent += n,
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(e),
            }
        }
        match server.read(&mut buffer) {
            Ok(n) => got.extend_from_slice(&buffer[..n]),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {}
            Err(e) => return Err(e),
        }
    }
    assert!(got == data);
    client.set_nonblocking(false)?;
    server.set_nonblocking(false)
}

fn tcp(host: &str) -> std::io::Result<()> {
    let listener = TcpListener::bind((host, 0))?;
    let at = listener.local_addr()?;
    assert!(at.port() != 0);
    let mut client = TcpStream::connect(at)?;
    let (mut server, peer) = listener.accept()?;
    assert_eq!(peer, client.local_addr()?);
    assert_eq!(client.peer_addr()?, at);
    if at.is_ipv4() {
        client.set_ttl(9)?;
        assert_eq!(client.ttl()?, 9);
    }
    client.write_all(b"hello")?;
    let mut b = [0; 100];
    assert_eq!(server.read(&mut b)?, 5);
    server.write_all(&b[..5])?;
    assert_eq!(client.read(&mut b)?, 5);
    assert_eq!(&b[..5], b"hello");
    large(&mut client, &mut server)?;
    let start = Instant::now();
    server.set_read_timeout(Some(Duration::from_millis(5)))?;
    assert!(server.read(&mut b).is_err());
    assert!(start.elapsed() >= Duration::from_millis(5));
    client.write_all(b"last")?;
    client.shutdown(Shutdown::Write)?;
    assert_eq!(server.read(&mut b)?, 4);
    assert_eq!(server.read(&mut b)?, 0);
    drop(server);
    assert_eq!(client.read(&mut b)?, 0);
    drop(listener);
    let refused = TcpStream::connect(at).unwrap_err().kind();
    assert_eq!(refused, ErrorKind::ConnectionRefused);
    let mut kept = Vec::new();
    let full = loop {
        match TcpListener::bind((host, 0)) {
            Ok(listener) => kept.push(listener),
            Err(e) => break e,
        }
    };
    println!("{host} {} {full}", kept.len() > 10);
    Ok(())
}

fn udp(host: &str) -> std::io::Result<()> {
    let (a, b, c) = (
        UdpSocket::bind((host, 0))?,
        UdpSocket::bind((host, 0))?,
        UdpSocket::bind((host, 0))?,
    );
    let mut buffer = [0; 100];
    a.send_to(b"one", b.local_addr()?)?;
    assert_eq!(b.recv_from(&mut buffer)?, (3, a.local_addr()?));
    b.connect(a.local_addr()?)?;
    assert_eq!(b.peer_addr()?, a.local_addr()?);
    c.send_to(b"stranger", b.local_addr()?)?;
    a.send_to(b"four", b.local_addr()?)?;
    assert_eq!(b.recv(&mut buffer)?, 4);
    b.send(b"seven!!")?;
    assert_eq!(a.recv(&mut buffer)?, 7);
    Ok(())
}

fn main() -> std::io::Result<()> {
    tcp("127.0.0.1")?;
    udp("127.0.0.1")?;
    let names: Vec<_> = "localhost:80".to_socket_addrs()?.collect();
    assert!(names.iter().any(|a| a.ip().is_loopback() && a.port() == 80));
    assert!("no such name:80".to_socket_addrs().is_err());
    if std::env::args().nth(1).as_deref() == Some("6") {
        tcp("::1")?;
        udp("::1")?;
    }
    println!("fine");
    Ok(())
}
EOS

run hello.wasm
expect 0 hello
says out '^hello from a component$' hello
silent err hello

# With each setting that changes code, and from the cache on disk.
for options in "--memory-strategy slab" "--memory-strategy guard" \
	"--preemption epoch" "--max-fuel 100000" "--workers 1"; do
	# shellcheck disable=SC2086
	run $options hello.wasm
	expect 0 "hello $options"
	says out '^hello from a component$' "hello $options"
done
for time in first second; do
	LUNATIC_CACHE=on XDG_CACHE_HOME=$work/cache run hello.wasm
	expect 0 "hello, the $time time with a cache"
	says out '^hello from a component$' "hello, the $time time"
done
run --help
if grep -q 'wasmi:' out; then
	refuses 'component, which the engine .wasmi. does not run' \
		--engine wasmi hello.wasm
fi

# says_all ARGUMENT...: runs says.wasm with standard input.
says_all() {
	status=0
	seq 100000 | VARIABLE='a value' timeout 60 "$lunatic" \
		--env VARIABLE='a value' says.wasm "$@" >out 2>err ||
		status=$?
}
says_all one 'two three'
expect 0 says
says out '^\["one", "two three"\] Ok\("a value"\)$' says
says out '^588895 Some\("100000"\)$' says
says out '^false$' says
says err '^to standard error$' says
[ "$(wc -c <out)" -gt 1000000 ] || bad "a large write is not whole"
# WASI 0.2 knows no other statuses.
says_all exit
expect 1 exit
says_all panic
expect 134 panic
says err '^on purpose$' panic
says err 'trapped: wasm `unreachable`' panic
says_all memory
expect 0 memory
status=0
timeout 60 "$lunatic" --max-memory 32M says.wasm memory >out 2>err </dev/null ||
	status=$?
expect 134 "memory, limited"
says err 'memory allocation of 104857600 bytes failed' "memory, limited"

# Files below the directories that are given.
mkdir d
run --dir d --max-handles 200 files.wasm d
expect 0 files
says out '^fine$' files
[ -z "$(ls d)" ] || bad "files were left"
run --dir d::/ files.wasm /
expect 0 "files below /"
run files.wasm
expect 1 "files without a directory"
says err 'the program looked for a directory and was given none' \
	"files without a directory"
echo text >d/text
run --dir d:ro reads.wasm
expect 0 "files of a read-only directory"
[ "$(cat out)" = "text

ReadOnlyFilesystem
ReadOnlyFilesystem
ReadOnlyFilesystem" ] || bad "files of a read-only directory: another output"

# Sockets, at each version of IP that there is.
version=4
python3 -c 'import socket; socket.socket(socket.AF_INET6).bind(("::1", 0))' \
	2>/dev/null && version=6
run --max-descriptors 200 net.wasm "$version"
expect 0 sockets
says out '^fine$' sockets
says out '^127.0.0.1 true No file descriptors available \(os error [0-9]*\)$' sockets

# A process is ended wherever it is.
mkfifo input
for where in loop sleep input; do
	: >out
	"$lunatic" waits.wasm "$where" <>input >out 2>err &
	program=$!
	timeout 20 sh -c 'until grep -q ready "$1"; do sleep 0.05; done' - \
		out || bad "$where: not ready"
	kill -TERM "$program"
	status=0
	wait "$program" || status=$?
	expect 143 "$where, ended by a signal"
done

finish
