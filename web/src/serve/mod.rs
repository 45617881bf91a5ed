//! Serves a built page on this machine's own address.

mod request;

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use anyhow::{Context as _, Result, anyhow};

/// The first port that is tried where none was asked for.
const PORT: u16 = 8080;
/// How many requests are answered at once; a browser opens six connections.
const THREADS: usize = 8;

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

/// A server of one folder, on 127.0.0.1, until it is dropped.
pub struct Server {
    server: Arc<tiny_http::Server>,
    threads: Vec<JoinHandle<()>>,
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
        let root = folder.canonicalize().with_context(|| format!("cannot serve {}", folder.display()))?;
        let listener = listen(port)?;
        let socket = listener.local_addr().context("cannot tell the port")?;
        let server =
            tiny_http::Server::from_listener(listener, None).map_err(|error| anyhow!("cannot serve: {error}"))?;
        let server = Arc::new(server);
        let root: Arc<PathBuf> = Arc::new(root);
        let threads = (0..THREADS).map(|_| {
            let (server, root, hook) = (Arc::clone(&server), Arc::clone(&root), Arc::clone(&hook));
            thread::spawn(move || {
                while let Ok(request) = server.recv() {
                    // Whoever asked may have gone away.
                    let _gone = request::answer(request, &root, &hook);
                }
            })
        });
        Ok(Self { threads: threads.collect(), server, socket })
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
    /// If a thread of it broke.
    pub fn wait(mut self) -> Result<()> {
        for thread in self.threads.drain(..) {
            thread.join().map_err(|_| anyhow!("a thread of the server broke"))?;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        for _ in &self.threads {
            self.server.unblock();
        }
        for thread in self.threads.drain(..) {
            // One that broke has said so.
            let _broken = thread.join();
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
