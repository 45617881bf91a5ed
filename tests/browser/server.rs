//! The server serves the folder as a good static host does, and nothing else.

use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;

use bootstride_web::serve::Server;
use tempfile::TempDir;

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let line = |line: &'_ str| line.split_once(": ").is_some_and(|(field, _)| field.eq_ignore_ascii_case(name));
        self.head.lines().find(|text| line(text)).and_then(|text| text.split_once(": ")).map(|(_, value)| value)
    }
}

/// Asks exactly so: a client that tidies paths up would hide what the server does with untidy ones.
fn ask(server: SocketAddr, method: &str, path: &str, headers: &[&str]) -> Answer {
    let mut stream = TcpStream::connect(server).unwrap();
    let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n").unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a header ends");
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    Answer { status, head, body: bytes[end + 4..].to_vec() }
}

fn get(server: &Server, path: &str) -> Answer {
    ask(server.socket(), "GET", path, &[])
}

const HASHED: &str = "app-0123456789abcdef.js";

/// A folder next to a secret, and a server of the folder only.
fn site() -> (TempDir, Server) {
    let around = TempDir::new().unwrap();
    let put = |name: &str, text: &str| {
        let path = around.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("secret.txt", "secret");
    put("page-secret/secret.txt", "secret");
    put("page/index.html", "<p>index");
    put(&format!("page/{HASHED}"), "plain");
    put(&format!("page/{HASHED}.br"), "as brotli");
    put(&format!("page/{HASHED}.gz"), "as gzip");
    put("page/examples/index.html", "<p>examples");
    put("page/a b.wasm", "module");
    let server = Server::start(&around.path().join("page"), Some(0)).unwrap();
    (around, server)
}

#[test]
fn nothing_outside_of_the_folder_is_served() {
    let (around, server) = site();
    let link = around.path().join("page/link.txt");
    #[cfg(unix)]
    std::os::unix::fs::symlink(around.path().join("secret.txt"), &link).unwrap();
    let absolute = around.path().join("secret.txt").display().to_string();
    let absolute = format!("/{absolute}");
    for path in [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/%2e%2e%2fsecret.txt",
        "/examples/../../secret.txt",
        "/examples/..%5c..%5csecret.txt",
        "/..\\secret.txt",
        "/../page-secret/secret.txt",
        "//../secret.txt",
        "/./../secret.txt",
        "/secret.txt%00.js",
        "/link.txt",
        "secret.txt",
        &absolute,
        "/%",
        "/%zz",
    ] {
        let answer = get(&server, path);
        assert!(answer.status >= 400, "{path}: {}", answer.head);
        assert!(!String::from_utf8_lossy(&answer.body).contains("secret"), "{path}");
    }
}

#[test]
fn files_come_with_their_types() {
    let (_around, server) = site();
    let module = get(&server, "/a%20b.wasm?x=1");
    assert_eq!((module.status, module.header("content-type")), (200, Some("application/wasm")), "{}", module.head);
    assert_eq!(module.body, b"module");
    for (path, kind, body) in [
        ("/", "text/html; charset=utf-8", "<p>index"),
        ("/?embed=1&panes=world", "text/html; charset=utf-8", "<p>index"),
        ("/examples/", "text/html; charset=utf-8", "<p>examples"),
        (&format!("/{HASHED}"), "text/javascript; charset=utf-8", "plain"),
    ] {
        let answer = get(&server, path);
        assert_eq!((answer.status, answer.header("content-type")), (200, Some(kind)), "{path}: {}", answer.head);
        assert_eq!(String::from_utf8_lossy(&answer.body), body, "{path}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    }
    assert_eq!(get(&server, "/nothing.js").status, 404);
}

#[test]
fn a_folder_without_its_slash_leads_to_the_one_with_it() {
    let (_around, server) = site();
    let answer = get(&server, "/examples");
    assert_eq!((answer.status, answer.header("location")), (308, Some("examples/")), "{}", answer.head);
}

#[test]
fn a_browser_gets_the_best_encoding_that_it_takes() {
    let (_around, server) = site();
    let path = format!("/{HASHED}");
    for (accepted, encoding, body) in [
        ("gzip, deflate, br, zstd", Some("br"), "as brotli"),
        ("gzip, deflate", Some("gzip"), "as gzip"),
        ("br;q=0, gzip", Some("gzip"), "as gzip"),
        ("identity", None, "plain"),
    ] {
        let answer = ask(server.socket(), "GET", &path, &[&format!("Accept-Encoding: {accepted}")]);
        assert_eq!(answer.header("content-encoding"), encoding, "{accepted}: {}", answer.head);
        assert_eq!(String::from_utf8_lossy(&answer.body), body, "{accepted}");
        assert_eq!(answer.header("content-type"), Some("text/javascript; charset=utf-8"), "{accepted}");
        assert_eq!(answer.header("vary"), Some("Accept-Encoding"), "{accepted}");
    }
    let page = ask(server.socket(), "GET", "/", &["Accept-Encoding: br, gzip"]);
    assert_eq!(page.header("content-encoding"), None, "there is no compressed version of it");
}

#[test]
fn only_what_never_changes_is_kept_by_browsers() {
    let (_around, server) = site();
    let kept = get(&server, &format!("/{HASHED}"));
    assert!(kept.header("cache-control").unwrap().contains("immutable"), "{}", kept.head);
    assert_eq!(get(&server, "/").header("cache-control"), Some("no-cache"));
    assert_eq!(get(&server, "/a%20b.wasm").header("cache-control"), Some("no-cache"));
}

#[test]
fn only_reading_is_allowed() {
    let (around, server) = site();
    let head = ask(server.socket(), "HEAD", "/", &[]);
    assert_eq!((head.status, head.header("content-length")), (200, Some("8")), "{}", head.head);
    assert_eq!(head.body, b"");
    for method in ["POST", "PUT", "DELETE", "OPTIONS"] {
        let answer = ask(server.socket(), method, "/index.html", &["Content-Length: 0"]);
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET, HEAD")), "{method}: {}", answer.head);
    }
    assert_eq!(fs::read_to_string(around.path().join("page/index.html")).unwrap(), "<p>index");
}

#[test]
fn a_connection_serves_one_request_after_the_other() {
    let (_around, server) = site();
    let mut stream = TcpStream::connect(server.socket()).unwrap();
    let get = "GET / HTTP/1.1\r\n\r\n";
    write!(stream, "{get}{get}GET / HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    assert_eq!(text.matches("HTTP/1.1 200 OK").count(), 3, "{text}");
    assert_eq!(text.matches("<p>index").count(), 3, "{text}");
}

/// Browsers open connections ahead and leave them idle.
#[test]
fn idle_connections_keep_nobody_waiting() {
    let (_around, server) = site();
    let _idle: Vec<_> = (0..20).map(|_| TcpStream::connect(server.socket()).unwrap()).collect();
    assert_eq!(get(&server, "/").status, 200);
}

#[test]
fn what_is_no_request_is_refused() {
    let (_around, server) = site();
    let long = format!("GET / HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    for nonsense in
        ["hello\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET / HTTP/1.1\r\nX\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n", &long]
    {
        let mut stream = TcpStream::connect(server.socket()).unwrap();
        stream.write_all(nonsense.as_bytes()).unwrap();
        let mut start = [0; 12];
        stream.read_exact(&mut start).unwrap();
        assert_eq!(String::from_utf8_lossy(&start), "HTTP/1.1 400", "{}", nonsense.get(..40).unwrap_or(nonsense));
    }
}

#[test]
fn it_listens_on_this_machine_only_and_until_it_is_dropped() {
    let (_around, server) = site();
    let socket = server.socket();
    assert!(socket.ip().is_loopback() && server.address() == format!("http://{socket}/"));
    let mut idle = TcpStream::connect(socket).unwrap();
    // Until it is answered it may not have been taken yet.
    idle.write_all(b"HEAD / HTTP/1.1\r\n\r\n").unwrap();
    idle.read_exact(&mut [0]).unwrap();
    drop(server);
    assert!(TcpStream::connect(socket).is_err());
    let mut rest = Vec::new();
    idle.read_to_end(&mut rest).expect("connections end with it");
}

#[test]
fn a_taken_port_is_said_where_it_was_asked_for_and_passed_over_where_not() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Server::start(Path::new("."), Some(port)).unwrap_err().to_string();
    assert!(error.contains(&port.to_string()) && error.contains("in use"), "{error}");
    // The first gets one, the second another one.
    let (one, other) = (Server::start(Path::new("."), None).unwrap(), Server::start(Path::new("."), None).unwrap());
    assert_ne!(one.socket().port(), other.socket().port());
    assert!(Server::start(Path::new("no/such/folder"), Some(0)).unwrap_err().to_string().contains("no/such/folder"));
}
