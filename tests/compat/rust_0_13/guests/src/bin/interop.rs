//! Processes of lunatic 0.13 and 0.7 in one program: this one loads the module
//! of guests_0_7/src/bin/interop_0_7.rs, and they tell each other who they are,
//! find each other by name, exchange messages, and end each other.

use lunatic::host::api;
use lunatic::{Mailbox, MessageSignal, Process, ProcessDiedSignal, WasmModule};

#[link(wasm_import_module = "lunatic::message")]
extern "C" {
    /// An addition to what lunatic 0.13 has: puts a process into the message.
    fn push_process(id: u64) -> u64;
}

/// What the crate 0.7 takes for a `Process` of number 0 in the message.
fn introduce(to: u64, whom: u64) {
    unsafe {
        api::message::create_data(1, 0);
        let index = push_process(whom) as u8;
        api::message::write_data(&index, 1);
        api::message::send(to);
    }
}

/// A number that the crate 0.7 sent, if it is small.
fn number() -> u8 {
    let mut number = 0;
    unsafe {
        assert_eq!(api::message::receive(std::ptr::null(), 0, 20_000), 0);
        assert_eq!(api::message::read_data(&mut number, 1), 1);
    }
    number
}

fn dies(mailbox: &Mailbox<()>, id: u64) {
    match mailbox.monitorable().receive() {
        MessageSignal::Signal(ProcessDiedSignal(died)) => assert_eq!(died, id),
        MessageSignal::Message(()) => panic!("a message, and no death"),
    }
}

#[lunatic::main]
fn main(mailbox: Mailbox<()>) {
    let this = lunatic::host::process_id();
    let bytes = std::fs::read("interop_0_7.wasm").unwrap();
    let module = WasmModule::new(&bytes).unwrap();

    let server: Process<()> = module.spawn("server", &[]).unwrap();
    introduce(server.id(), this);
    assert_eq!(number(), 42);
    let found: Process<()> = unsafe {
        let mut node = 0;
        let mut id = 0;
        let name = "old";
        assert_eq!(
            api::registry::get(name.as_ptr(), name.len(), &mut node, &mut id),
            0
        );
        assert_eq!(id, server.id());
        Process::new(node, id)
    };
    unsafe { api::process::monitor(found.id()) };
    found.kill();
    dies(&mailbox, server.id());

    // The other way round: it links itself to a child, and fails.
    let child = Process::spawn((), |_, mailbox: Mailbox<()>| mailbox.receive());
    unsafe { api::process::monitor(child.id()) };
    let killer: Process<()> = module.spawn("killer", &[]).unwrap();
    introduce(killer.id(), child.id());
    dies(&mailbox, child.id());
    println!("0.13 and 0.7 know each other");
}
