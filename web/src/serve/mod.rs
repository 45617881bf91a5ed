//! Serves a built page on the local address.
//!
//! Browsers keep several idle connections open, so each has its own thread. (`tiny_http` shares a few threads among
//! them, and a connection may wait until another one ends: a page with two frames then stops half-way.)

mod connection;
mod request;

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, anyhow};

/// First port to try if none is given.
const PORT: u16 = 8080;

/// A [`Hook`]'s response in place of a file.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub mime: &'static str,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Called for every path; may block: tests use it to stall and break downloads.
pub type Hook = Arc<dyn Fn(&str) -> Option<Reply> + Send + Sync>;

/// State shared by the threads of a server.
struct Shared {
    root: PathBuf,
    hook: Hook,
    /// Headers of every response.
    headers: Vec<(&'static str, String)>,
    over: AtomicBool,
    /// Connections by number, to close them.
    open: Mutex<HashMap<u64, TcpStream>>,
}

impl Shared {
    fn open(&self) -> std::sync::MutexGuard<'_, HashMap<u64, TcpStream>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A server of one folder, on 127.0.0.1, until it is dropped.
pub struct Server {
    shared: Arc<Shared>,
    listening: Option<JoinHandle<()>>,
    socket: SocketAddr,
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server").field("socket", &self.socket).finish_non_exhaustive()
    }
}

impl Server {
    /// Serves `folder` at `port`, where 0 means any free port; without a port, at 8080 or the next free one.
    ///
    /// # Errors
    /// If the folder does not exist or the port is in use.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        Self::with_hook(folder, port, Arc::new(|_| None))
    }

    /// Like [`Server::start`], with `hook` called first.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn with_hook(folder: &Path, port: Option<u16>, hook: Hook) -> Result<Self> {
        Self::with_headers(folder, port, hook, Vec::new())
    }

    /// Like [`Server::start`], with these headers in every response, such as a content policy.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn with_headers(
        folder: &Path,
        port: Option<u16>,
        hook: Hook,
        headers: Vec<(&'static str, String)>,
    ) -> Result<Self> {
        let root = folder.canonicalize().with_context(|| format!("cannot serve {}", folder.display()))?;
        let listener = listen(port)?;
        let socket = listener.local_addr().context("cannot determine the port")?;
        let shared = Arc::new(Shared { root, hook, headers, over: AtomicBool::new(false), open: Mutex::default() });
        let ours = Arc::clone(&shared);
        let listening = thread::spawn(move || accept(&listener, &ours));
        Ok(Self { shared, listening: Some(listening), socket })
    }

    /// Returns the address of the page.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/", self.socket)
    }

    /// Returns the socket address.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Serves until the process ends.
    ///
    /// # Errors
    /// If the server thread panicked.
    pub fn wait(mut self) -> Result<()> {
        self.listening.take().map_or(Ok(()), JoinHandle::join).map_err(|_| anyhow!("the server crashed"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the listener. If that fails, it has already ended.
        let _woken = TcpStream::connect(self.socket);
        if let Some(listening) = self.listening.take() {
            // A thread that panicked has already reported it.
            let _broken = listening.join();
        }
        for stream in self.shared.open().values() {
            // The browser may just have closed it.
            let _closed = stream.shutdown(Shutdown::Both);
        }
    }
}

fn listen(port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => bind(port).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                anyhow!(
                    "port {port} is in use by another program; choose another, or omit --port to use the next free one"
                )
            }
            _ => anyhow!("cannot listen on port {port}: {error}"),
        }),
        None => (PORT..=u16::MAX).find_map(|port| bind(port).ok()).ok_or_else(|| anyhow!("no port is free")),
    }
}

/// Runs each connection in its own thread until the server stops.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        // A failed connection is for the browser to retry.
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else { continue };
        shared.open().insert(number, handle);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // The browser has disconnected or does not speak HTTP: there is nothing to report to.
            let _gone = connection::serve(&stream, |request| {
                let mut response = request::answer(request, &shared.root, &shared.hook);
                response.headers.extend(shared.headers.iter().cloned());
                response
            });
            shared.open().remove(&number);
        });
    }
}
