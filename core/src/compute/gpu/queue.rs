//! A sequence of launches on buffers of one's own.

use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::server::Handle;

use super::kernel::{Kernel, MAX_GROUPS};
use crate::compute::ReadError;

/// Something is larger than the device allows.
#[derive(Clone, Copy, Debug)]
pub struct DeviceLimit {
    /// What is too large.
    pub what: &'static str,
    /// Its size.
    pub needed: u64,
    /// The device's limit.
    pub limit: u64,
}

/// Launches kernels and counts them.
pub struct Queue<'a> {
    pub client: &'a Client,
    pub launches: usize,
}

impl<'a> Queue<'a> {
    /// Returns a queue that has launched nothing.
    pub fn new(client: &'a Client) -> Self {
        Self { client, launches: 0 }
    }

    /// Launches a kernel over a grid of workgroups, with `buffers` as its first bindings and `words` as the uniform
    /// after them.
    ///
    /// # Errors
    /// If the grid is larger than the device allows.
    pub fn launch(
        &mut self,
        kernel: Kernel,
        grid: [usize; 2],
        buffers: &[&Handle],
        words: &[u32],
    ) -> Result<(), DeviceLimit> {
        if let Some(&needed) = grid.iter().find(|&&count| count > MAX_GROUPS) {
            return Err(DeviceLimit { what: "a grid", needed: needed as u64, limit: MAX_GROUPS as u64 });
        }
        let buffers = buffers.iter().map(|handle| (*handle).clone().binding()).collect();
        kernel.enqueue(self.client, grid, buffers, words);
        self.launches += 1;
        Ok(())
    }

    /// Returns an empty buffer of this many floats.
    ///
    /// # Errors
    /// If it is larger than the device allows.
    pub fn empty(&self, what: &'static str, floats: usize) -> Result<Handle, DeviceLimit> {
        Ok(self.client.empty(self.bytes(what, floats)?))
    }

    /// Returns a buffer with these floats.
    ///
    /// # Errors
    /// If it is larger than the device allows.
    pub fn upload(&self, what: &'static str, floats: &[f32]) -> Result<Handle, DeviceLimit> {
        self.bytes(what, floats.len())?;
        let mut bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
        // Bindings must not be empty.
        bytes.resize(bytes.len().max(4), 0);
        Ok(self.client.create_from_slice(&bytes))
    }

    fn bytes(&self, what: &'static str, floats: usize) -> Result<usize, DeviceLimit> {
        let (needed, limit) = (4 * floats as u64, self.client.properties().memory.max_page_size);
        if needed > limit {
            return Err(DeviceLimit { what, needed, limit });
        }
        Ok((4 * floats).max(4))
    }
}

/// Returns the contents of all these buffers, in one read.
///
/// # Errors
/// If the device failed.
pub async fn read(client: &Client, handles: Vec<Handle>) -> Result<Vec<Vec<f32>>, ReadError> {
    let bytes = client.read_async(handles).await.map_err(|error| ReadError(error.to_string()))?;
    let floats = |bytes: &[u8]| {
        let (words, _) = bytes.as_chunks::<4>();
        words.iter().map(|word| f32::from_le_bytes(*word)).collect()
    };
    Ok(bytes.iter().map(|bytes| floats(bytes)).collect())
}
