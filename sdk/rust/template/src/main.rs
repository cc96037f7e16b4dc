//! A server greets names, below a supervisor that starts it anew when it fails.

use lunatic::ap::{AbstractProcess, Config, ProcessRef};
use lunatic::supervisor::{Supervisor, SupervisorConfig, SupervisorStrategy};
use lunatic::{abstract_process, sleep};
use std::time::Duration;

/// What is said to a name; a bug makes it fail for some.
fn greeting(name: &str) -> String {
    if name == "nobody" {
        panic!("there is nobody to greet");
    }
    format!("hello, {name}")
}

/// A server: it answers requests, one after the other.
struct Greeter;

#[abstract_process(visibility = pub)]
impl Greeter {
    #[init]
    fn init(_: Config<Self>, _: ()) -> Result<Self, ()> {
        Ok(Greeter)
    }

    #[handle_message]
    fn fail(&self) {
        greeting("nobody");
    }

    #[handle_request]
    fn greet(&self, name: String) -> String {
        greeting(&name)
    }
}

struct Top;

impl Supervisor for Top {
    type Arg = ();
    type Children = (Greeter,);

    fn init(config: &mut SupervisorConfig<Self>, _: ()) {
        config.set_strategy(SupervisorStrategy::OneForOne);
        config.set_args(((),));
        config.set_names((Some("greeter".to_owned()),));
    }
}

/// The greeter, as soon as it runs.
fn greeter() -> ProcessRef<Greeter> {
    loop {
        if let Some(found) = ProcessRef::lookup(&"greeter") {
            return found;
        }
        sleep(Duration::from_millis(1));
    }
}

/// Makes the greeter fail, and waits until another one has its place.
fn fail() {
    let old = greeter();
    old.fail();
    while greeter().id() == old.id() {
        sleep(Duration::from_millis(1));
    }
}

#[lunatic::main]
fn main(_: lunatic::Mailbox<()>) {
    let names: Vec<String> = std::env::args().skip(1).collect();
    if names.is_empty() {
        println!("usage: lunatic app.wasm NAME...");
    }
    Top::link().start(()).unwrap();
    for name in names {
        if name == "nobody" {
            fail();
            println!("no greeting for {name}: the greeter has failed");
        } else {
            println!("{}", greeter().greet(name));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[lunatic::test]
    fn greets_by_name() {
        assert_eq!(greeting("moon"), "hello, moon");
    }

    #[lunatic::test]
    fn is_started_anew() {
        Top::link().start(()).unwrap();
        assert_eq!(greeter().greet("moon".to_owned()), "hello, moon");
        fail();
        assert_eq!(greeter().greet("stars".to_owned()), "hello, stars");
    }
}
