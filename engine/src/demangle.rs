//! Names come from anybody. A short one may stand for gigabytes of text, since
//! it can refer to what it has already said; so the text goes to a writer that
//! fails when its room is full, or when it was called too often.

use std::fmt::{self, Write};

/// Nesting of a C++ name, while it is read and while it is written.
const MAX_DEPTH: u32 = 96;

/// Pieces of text that one name may consist of, empty ones included.
const MAX_PIECES: usize = 4096;

struct Bounded<'a> {
    out: &'a mut [u8],
    len: usize,
    pieces: usize,
    full: bool,
}

impl Write for Bounded<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.pieces += 1;
        if self.full || self.pieces > MAX_PIECES {
            self.full = true;
            return Err(fmt::Error);
        }
        let mut take = text.len().min(self.out.len() - self.len);
        while !text.is_char_boundary(take) {
            take -= 1;
        }
        self.out[self.len..self.len + take].copy_from_slice(&text.as_bytes()[..take]);
        self.len += take;
        if take < text.len() {
            self.full = true;
            return Err(fmt::Error);
        }
        Ok(())
    }
}

/// What mangled names are made of. Rust's may also have characters that its
/// first scheme left as they are.
fn is_symbol(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$' | b'@'))
}

pub fn demangle(name: &[u8], out: &mut [u8]) -> (usize, bool) {
    let Ok(name) = std::str::from_utf8(name) else {
        return (0, false);
    };
    let cpp = name.starts_with("_Z");
    if !(cpp || name.starts_with("_R")) || !is_symbol(name) {
        return (0, false);
    }
    let mut text = Bounded {
        out,
        len: 0,
        pieces: 0,
        full: false,
    };
    let result = if let Ok(rust) = rustc_demangle::try_demangle(name) {
        // Without the hash that ends names of the first scheme.
        write!(text, "{rust:#}")
    } else if cpp {
        write_cpp(name, &mut text)
    } else {
        return (0, false);
    };
    if result.is_err() && !text.full {
        return (0, false);
    }
    (text.len, text.full)
}

fn write_cpp(name: &str, text: &mut Bounded<'_>) -> fmt::Result {
    let parse = cpp_demangle::ParseOptions::default().recursion_limit(MAX_DEPTH);
    let show = cpp_demangle::DemangleOptions::new().recursion_limit(MAX_DEPTH);
    let Ok(symbol) = cpp_demangle::BorrowedSymbol::new_with_options(name.as_bytes(), &parse) else {
        return Err(fmt::Error);
    };
    symbol.structured_demangle(text, &show)
}
