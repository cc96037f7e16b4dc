//! The peer of bench/go/http.go: one fixed answer by submillisecond, without
//! its log. Prints the port when it answers there.

use std::net::Ipv4Addr;
use std::time::Duration;

use lunatic::net::{TcpListener, TcpStream};
use lunatic::{sleep, Mailbox, Process};
use submillisecond::{router, Application};

fn hello() -> &'static str {
    "Hello, world!\n"
}

/// Nothing tells the port that `serve` has bound, nor when.
fn announce(port: u16, _: Mailbox<()>) {
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        sleep(Duration::from_millis(1));
    }
    println!("{port}");
}

fn main() -> std::io::Result<()> {
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?
        .local_addr()?
        .port();
    Process::spawn_link(port, announce);
    Application::new(router! {
        GET "/hello" => hello
    })
    .serve((Ipv4Addr::LOCALHOST, port))
}
