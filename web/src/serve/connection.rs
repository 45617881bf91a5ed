//! One connection: the part of HTTP/1.1 needed to serve files.

use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Maximum size of a request's head, bytes.
const LARGEST_HEAD: u64 = 64 * 1024;
/// Maximum idle time of a connection.
const PATIENCE: Duration = Duration::from_mins(2);

/// A request. Bodies are not read, since no request needs one.
pub(super) struct Request {
    pub(super) method: String,
    /// Path and query.
    pub(super) target: String,
    headers: Vec<(String, String)>,
    /// Whether the connection is kept open.
    stays: bool,
}

impl Request {
    /// Returns the value of a header; empty if it is absent.
    pub(super) fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(field, _)| field.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }
}

/// A response.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Vec<u8>,
}

const fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Status",
    }
}

/// Answers the requests of one connection, one after the other.
pub(super) fn serve(stream: &TcpStream, answer: impl Fn(&Request) -> Response) -> io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream);
    loop {
        let (response, stays, bodiless) = match read_head(&mut reader)? {
            Head::End => return Ok(()),
            Head::Broken => {
                let body = b"400: not a valid request\n".to_vec();
                (Response { status: 400, headers: Vec::new(), body }, false, false)
            }
            Head::Request(request) => (answer(&request), request.stays, request.method == "HEAD"),
        };
        write(stream, &response, stays, bodiless)?;
        if !stays {
            return Ok(());
        }
    }
}

enum Head {
    Request(Request),
    Broken,
    End,
}

fn read_head(reader: &mut BufReader<&TcpStream>) -> io::Result<Head> {
    let mut head = reader.take(LARGEST_HEAD);
    let mut lines = Vec::new();
    loop {
        let mut line = Vec::new();
        if head.read_until(b'\n', &mut line)? == 0 || line.last() != Some(&b'\n') {
            return Ok(if lines.is_empty() && line.is_empty() { Head::End } else { Head::Broken });
        }
        let Ok(line) = String::from_utf8(line) else { return Ok(Head::Broken) };
        match line.trim_end_matches(['\r', '\n']) {
            "" if lines.is_empty() => {}
            "" => return Ok(parse(&lines).map_or(Head::Broken, Head::Request)),
            line => lines.push(line.to_owned()),
        }
    }
}

fn parse(lines: &[String]) -> Option<Request> {
    let (first, rest) = lines.split_first()?;
    let mut words = first.split(' ');
    let (method, target, version) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() || !version.starts_with("HTTP/1.") {
        return None;
    }
    let headers: Option<Vec<_>> = rest
        .iter()
        .map(|line| line.split_once(':').map(|(name, value)| (name.to_owned(), value.trim().to_owned())))
        .collect();
    let mut request = Request { method: method.to_owned(), target: target.to_owned(), headers: headers?, stays: false };
    // After a body, its bytes would precede the next request.
    let bare = ["GET", "HEAD"].contains(&method)
        && ["", "0"].contains(&request.header("content-length"))
        && request.header("transfer-encoding").is_empty();
    request.stays = bare && version == "HTTP/1.1" && !request.header("connection").eq_ignore_ascii_case("close");
    Some(request)
}

fn write(mut stream: &TcpStream, response: &Response, stays: bool, bodiless: bool) -> io::Result<()> {
    let Response { status, headers, body } = response;
    // With a known length, an incomplete download can be detected.
    let mut head = format!("HTTP/1.1 {status} {}\r\nContent-Length: {}\r\n", phrase(*status), body.len());
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.push_str(if stays { "\r\n" } else { "Connection: close\r\n\r\n" });
    stream.write_all(head.as_bytes())?;
    if !bodiless {
        stream.write_all(body)?;
    }
    stream.flush()
}
