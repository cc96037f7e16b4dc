//! Ends at once; with `write`, writes 64 KiB to standard output many times, and
//! says on standard error how long one took.

use std::io::{self, Write};
use std::time::Instant;

const ROUNDS: usize = 5;
const TIMES: u32 = 2000;

fn write_often() -> io::Result<()> {
    let bytes = vec![b'x'; 64 << 10];
    let mut out = io::stdout().lock();

    for _ in 0..ROUNDS {
        let began = Instant::now();
        for _ in 0..TIMES {
            // Past the buffer, which ends in a line.
            out.write_all(&bytes)?;
        }
        eprintln!("write {}", began.elapsed().as_nanos() / u128::from(TIMES));
    }
    Ok(())
}

fn main() -> io::Result<()> {
    if std::env::args().nth(1).as_deref() == Some("write") {
        write_often()?;
    }
    Ok(())
}
