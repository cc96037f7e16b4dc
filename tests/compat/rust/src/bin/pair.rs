//! The Rust half of a pair that talks to ../../../pair/pair.c: every shape of
//! value, requests in both directions, tags and links.

use lunatic::{process::Process, Config, Environment, Mailbox, Request, Tag};
use serde::{de, Deserialize, Deserializer, Serialize, Serializer};
use std::collections::BTreeMap;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Unit;

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct Wrapped(i32);

/// What serde calls bytes.
#[derive(PartialEq, Debug)]
struct Bytes(Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> de::Visitor<'de> for Visitor {
            type Value = Bytes;
            fn expecting(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
                f.write_str("bytes")
            }
            fn visit_bytes<E: de::Error>(self, data: &[u8]) -> Result<Bytes, E> {
                Ok(Bytes(data.to_vec()))
            }
            fn visit_byte_buf<E: de::Error>(self, data: Vec<u8>) -> Result<Bytes, E> {
                Ok(Bytes(data))
            }
        }
        from.deserialize_byte_buf(Visitor)
    }
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
enum Shape {
    Nothing,
    One(u32),
    Two(i8, String),
    Fields { x: f64, y: Option<bool> },
}

#[derive(Serialize, Deserialize, PartialEq, Debug)]
struct All {
    good: bool,
    numbers: (i8, i16, i32, i64, u64),
    floats: (f32, f64),
    letter: char,
    text: String,
    unit: Unit,
    wrapped: Wrapped,
    nothing: (),
    none: Option<u32>,
    some: Option<u32>,
    list: Vec<i16>,
    array: [u8; 3],
    map: BTreeMap<String, u32>,
    bytes: Bytes,
    raw: Vec<u8>,
    shapes: Vec<Shape>,
    widths: Vec<i64>,
    empty: (String, Bytes, Vec<u16>, BTreeMap<String, u32>),
    texts: [String; 3],
    large: (Bytes, Bytes, Vec<bool>),
    deep: Vec<Vec<Vec<String>>>,
    home: Process<i32>,
}

fn all(home: Process<i32>) -> All {
    let mut map = BTreeMap::new();
    map.insert("one".to_string(), 1);
    map.insert("two".to_string(), 200_000);
    All {
        good: true,
        numbers: (-128, -129, i32::MIN, i64::MIN, u64::MAX),
        floats: (0.5, -1e300),
        letter: 'ß',
        text: "a text of more than thirty-one bytes".to_string(),
        unit: Unit,
        wrapped: Wrapped(-33),
        nothing: (),
        none: None,
        some: Some(65_536),
        list: (0..20).map(|i| i * 100 - 1000).collect(),
        array: [1, 127, 128],
        map,
        bytes: Bytes(vec![0, 255, 7]),
        raw: vec![0, 255],
        shapes: vec![
            Shape::Nothing,
            Shape::One(7),
            Shape::Two(-1, "two".to_string()),
            Shape::Fields { x: 2.5, y: Some(false) },
        ],
        widths: vec![
            0, 127, 128, 255, 256, 65535, 65536, 0xffff_ffff, 1 << 32, i64::MAX,
            -1, -32, -33, -128, -129, -32768, -32769, -(1 << 31), -(1 << 32),
        ],
        empty: (String::new(), Bytes(vec![]), vec![], BTreeMap::new()),
        texts: ["日本語, é, 🌕".to_string(), "x".repeat(300), "x".repeat(LARGE)],
        large: (
            Bytes(sevens(300)),
            Bytes(sevens(LARGE)),
            (0..LARGE).map(|i| i % 3 == 0).collect(),
        ),
        deep: vec![vec![vec!["deep".to_string()], vec![]], vec![]],
        home,
    }
}

const LARGE: usize = 70_000;

fn sevens(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 7) as u8).collect()
}

fn mailbox<T: Serialize + de::DeserializeOwned>() -> Mailbox<T> {
    unsafe { Mailbox::new() }
}

/// What the other half spawns: first a context, as of spawn_with, then a
/// number under the tag in it, then requests. One with `good: false` kills.
#[export_name = "rust_server"]
extern "C" fn rust_server(number: i32, long: i64) {
    assert_eq!((number, long), (-5, 1 << 40));
    let (name, tag) = mailbox::<(String, Tag)>().receive().unwrap();
    assert_eq!(name, "context");
    assert_eq!(mailbox::<u64>().tag_receive(&[tag]).unwrap(), 2);
    assert_eq!(mailbox::<u64>().receive().unwrap(), 1);
    let requests = mailbox::<Request<All, All>>();
    loop {
        let request = requests.receive().unwrap();
        if !request.data().good {
            panic!("asked to fail");
        }
        let home = request.data().home.clone();
        assert_eq!(request.data(), &all(home.clone()));
        home.tag_send(tag, -42);
        request.reply(all(home));
    }
}

/// What pair.c spawns to ask another one.
#[export_name = "rust_asker"]
extern "C" fn rust_asker() {
    let (server, tag) = mailbox::<(Process<Request<All, All>>, Tag)>()
        .receive()
        .unwrap();
    let numbers = mailbox::<i32>();
    for _ in 0..20 {
        let home = lunatic::process::this(&numbers);
        let reply = server.request(all(home.clone())).unwrap();
        assert_eq!(reply, all(home));
        assert_eq!(numbers.tag_receive(&[tag]).unwrap(), -42);
    }
}

/// Loads the other half and asks it.
fn main() {
    let bytes = std::fs::read("pair_c.wasm").unwrap();
    let mut config = Config::new(1 << 30, None);
    config.allow_namespace("");
    let mut env = Environment::new(config).unwrap();
    let module = env.add_module(&bytes).unwrap();
    let server: Process<Request<All, All>> = module.spawn("c_server", &[]).unwrap();
    let numbers = mailbox::<i32>();
    for _ in 0..20 {
        let home = lunatic::process::this(&numbers);
        let reply = server.request(all(home.clone())).unwrap();
        assert_eq!(reply, all(home));
        assert_eq!(numbers.receive().unwrap(), -42);
    }
    let (mortal, linked) = module
        .spawn_link::<(), (), _>(mailbox::<()>(), "c_server", &[])
        .unwrap();
    mortal.send(());
    assert!(linked.receive().is_signal());
    println!("Rust asked C");
}
