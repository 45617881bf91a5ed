//! One request: selects the file, its encoding and the headers.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::connection::{Request, Response};
use super::{Hook, Reply};
use crate::bundle::is_hashed;

/// Returns the content type of a file.
pub(super) fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|kind| kind.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "json" => "application/json",
        "wasm" => "application/wasm",
        "tar" => "application/x-tar",
        "webp" => "image/webp",
        "png" => "image/png",
        "svg" => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

/// Returns the response to one request from `root`.
pub(super) fn answer(request: &Request, root: &Path, hook: &Hook) -> Response {
    let url = request.target.split(['?', '#']).next().unwrap_or_default();
    if !["GET", "HEAD"].contains(&request.method.as_str()) {
        return plain(405, "only GET and HEAD are supported").with("Allow", "GET, HEAD");
    }
    if let Some(Reply { status, mime, bytes }) = hook(url) {
        let response = Response { status, headers: Vec::new(), body: bytes };
        return response.with("Content-Type", mime).with("Cache-Control", "no-store");
    }
    let Some(path) = locate(root, url) else {
        return plain(404, "file not found");
    };
    if path.is_dir() {
        // Relative addresses in the folder's page need the slash. The location is relative, so it stays on this server.
        let name = url.rsplit('/').next().unwrap_or_default();
        return plain(308, "moved to the folder").with("Location", &format!("{name}/"));
    }
    match load(&path, request.header("accept-encoding")) {
        Ok((body, encoding)) => {
            // A hash in the name means that the content never changes; everything else is revalidated every time.
            let caching = if is_hashed(url) { "public, max-age=31536000, immutable" } else { "no-cache" };
            let response = Response { status: 200, headers: Vec::new(), body };
            let response = response
                .with("Content-Type", mime(&path))
                .with("Cache-Control", caching)
                .with("Vary", "Accept-Encoding")
                .with("X-Content-Type-Options", "nosniff");
            match encoding {
                Some(encoding) => response.with("Content-Encoding", encoding),
                None => response,
            }
        }
        Err(error) => plain(500, &format!("cannot read the file: {error}")),
    }
}

impl Response {
    fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

fn plain(status: u16, text: &str) -> Response {
    let response = Response { status, headers: Vec::new(), body: format!("{status}: {text}\n").into_bytes() };
    response.with("Content-Type", "text/plain; charset=utf-8")
}

/// Returns the file or folder that `url` names below `root`, if it exists and is not outside of it.
fn locate(root: &Path, url: &str) -> Option<PathBuf> {
    let decoded = decode(url)?;
    let mut path = root.to_owned();
    for part in decoded.strip_prefix('/')?.split('/') {
        // On Windows a colon denotes drives and streams, and a backslash separates folders.
        if part == ".." || part.contains(['\\', ':', '\0']) {
            return None;
        }
        if !part.is_empty() && part != "." {
            path.push(part);
        }
    }
    if decoded.ends_with('/') {
        path.push("index.html");
    }
    // Links are followed only within the folder.
    let path = path.canonicalize().ok()?;
    path.starts_with(root).then_some(path)
}

/// Returns `text` with percent-encoding decoded; `None` if it is malformed.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        if *first == b'%' {
            let digits = tail.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
            bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Returns the bytes of `path`, compressed if there is such a version next to it and `accepted` allows the encoding.
fn load(path: &Path, accepted: &str) -> io::Result<(Vec<u8>, Option<&'static str>)> {
    for (encoding, extension) in [("br", "br"), ("gzip", "gz")] {
        if !accepts(accepted, encoding) {
            continue;
        }
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{extension}"));
        match fs::read(PathBuf::from(beside)) {
            Ok(bytes) => return Ok((bytes, Some(encoding))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok((fs::read(path)?, None))
}

/// Returns whether an `Accept-Encoding` header allows `encoding` (a weight of 0 does not).
fn accepts(header: &str, encoding: &str) -> bool {
    header.split(',').any(|item| {
        let mut parts = item.split(';').map(str::trim);
        let named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding));
        let refused = parts.filter_map(|part| part.strip_prefix("q=")).any(|weight| weight.parse() == Ok(0.0_f32));
        named && !refused
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_encoding_of_weight_zero_is_refused() {
        assert!(accepts("gzip, deflate, br", "br"));
        assert!(accepts("gzip;q=0.5, BR;q=1.0", "br"));
        assert!(!accepts("gzip, br;q=0", "br"));
        assert!(!accepts("brotli", "br") && !accepts("", "br"));
    }

    #[test]
    fn broken_escapes_are_no_path() {
        assert_eq!(decode("/a%20b").as_deref(), Some("/a b"));
        for broken in ["/%", "/%2", "/%zz", "/%+1", "/%ff"] {
            assert_eq!(decode(broken), None, "{broken}");
        }
    }
}
