//! Serves a built page on this machine's own address.
//!
//! Browsers keep several connections open and idle, so each has a thread. (`tiny_http` shares a few among them, and may leave
//! a connection waiting until another one ends: a page with two frames then stops half-way.)

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

/// The first port that is tried where none was asked for.
const PORT: u16 = 8080;

/// What a [`Hook`] answers in place of a file.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    pub mime: &'static str,
    /// The body.
    pub bytes: Vec<u8>,
}

/// Is asked about every path, and may take its time: tests stall and break downloads with it.
pub type Hook = Arc<dyn Fn(&str) -> Option<Reply> + Send + Sync>;

/// What the threads of a server share.
struct Shared {
    root: PathBuf,
    hook: Hook,
    /// Headers of every answer.
    headers: Vec<(&'static str, String)>,
    over: AtomicBool,
    /// Connections by number, to end them.
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
    /// Serves `folder` at `port`, where 0 is any free one; without one, at 8080 or the next that is free.
    ///
    /// # Errors
    /// If there is no such folder, or the port is taken.
    pub fn start(folder: &Path, port: Option<u16>) -> Result<Self> {
        Self::with_hook(folder, port, Arc::new(|_| None))
    }

    /// The same, with `hook` asked first.
    ///
    /// # Errors
    /// As [`Server::start`].
    pub fn with_hook(folder: &Path, port: Option<u16>, hook: Hook) -> Result<Self> {
        Self::with_headers(folder, port, hook, Vec::new())
    }

    /// The same, with these headers in every answer, such as a content policy.
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
        let socket = listener.local_addr().context("cannot tell the port")?;
        let shared = Arc::new(Shared { root, hook, headers, over: AtomicBool::new(false), open: Mutex::default() });
        let ours = Arc::clone(&shared);
        let listening = thread::spawn(move || accept(&listener, &ours));
        Ok(Self { shared, listening: Some(listening), socket })
    }

    /// The address of the page.
    #[must_use]
    pub fn address(&self) -> String {
        format!("http://{}/", self.socket)
    }

    /// Where it listens.
    #[must_use]
    pub fn socket(&self) -> SocketAddr {
        self.socket
    }

    /// Serves for good.
    ///
    /// # Errors
    /// If the server broke.
    pub fn wait(mut self) -> Result<()> {
        self.listening.take().map_or(Ok(()), JoinHandle::join).map_err(|_| anyhow!("the server broke"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.over.store(true, Ordering::SeqCst);
        // Wakes the listener. Where even that fails, it has ended already.
        let _woken = TcpStream::connect(self.socket);
        if let Some(listening) = self.listening.take() {
            // One that broke has said so.
            let _broken = listening.join();
        }
        for stream in self.shared.open().values() {
            // Its browser may have closed it just now.
            let _closed = stream.shutdown(Shutdown::Both);
        }
    }
}

fn listen(port: Option<u16>) -> Result<TcpListener> {
    let bind = |port| TcpListener::bind((Ipv4Addr::LOCALHOST, port));
    match port {
        Some(port) => bind(port).map_err(|error| match error.kind() {
            io::ErrorKind::AddrInUse => {
                anyhow!("port {port} is taken by another program; name another, or none to take the next that is free")
            }
            _ => anyhow!("cannot listen on port {port}: {error}"),
        }),
        None => (PORT..=u16::MAX).find_map(|port| bind(port).ok()).ok_or_else(|| anyhow!("no port is free")),
    }
}

/// Gives each connection a thread, until the server is over.
fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for (number, stream) in (0..).zip(listener.incoming()) {
        if shared.over.load(Ordering::SeqCst) {
            return;
        }
        // What did not come about is the other side's to try again.
        let Ok(stream) = stream else { continue };
        let Ok(handle) = stream.try_clone() else { continue };
        shared.open().insert(number, handle);
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // The browser has gone away, or speaks something else: nobody is left to tell.
            let _gone = connection::serve(&stream, |request| {
                let mut response = request::answer(request, &shared.root, &shared.hook);
                response.headers.extend(shared.headers.iter().cloned());
                response
            });
            shared.open().remove(&number);
        });
    }
}
