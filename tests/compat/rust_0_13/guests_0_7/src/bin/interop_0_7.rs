//! The half of guests/src/bin/interop.rs that is of lunatic 0.7.

use lunatic::{process, Mailbox};

fn home() -> process::Process<i32> {
    let mailbox: Mailbox<process::Process<i32>> = unsafe { Mailbox::new() };
    mailbox.receive().unwrap()
}

/// Gives itself a name and answers.
#[export_name = "server"]
extern "C" fn server() {
    let home = home();
    let mailbox: Mailbox<()> = unsafe { Mailbox::new() };
    process::this_env()
        .register("old", "1.0.0", process::this::<(), _>(&mailbox))
        .unwrap();
    home.send(42);
    mailbox.receive().unwrap();
}

#[export_name = "killer"]
extern "C" fn killer() {
    home().link();
    panic!("with whom it is linked");
}

fn main() {}
