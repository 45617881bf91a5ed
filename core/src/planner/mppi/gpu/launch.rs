//! Launching the kernels of `shaders/` on the client of Burn's tensors.

use burn::backend::wgpu::{CubeDim, KernelSource, SourceKernel, SourceTemplate};
use burn_cubecl::cubecl::client::Client;
use burn_cubecl::cubecl::server::{Handle, KernelArguments, MetadataBindingInfo};
use burn_cubecl::cubecl::{CubeCount, ExecutionMode, prelude::KernelId};

use super::super::PlannerError;
use super::geometry::Geometry;
use crate::nn::ReadError;

/// A kernel's file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Name {
    Pack,
    Encode,
    Propose,
    Score,
    Update,
    Layer,
    LayersBegin,
    LayersSample,
    LayersPolicy,
    LayersDecode,
    LayersEnd,
}

/// A kernel with its constants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Kernel {
    name: Name,
    geometry: Geometry,
}

macro_rules! shader {
    ($name:literal) => {
        include_str!(concat!("../../../../../shaders/", $name, ".wgsl"))
    };
}

impl KernelSource for Kernel {
    fn source(&self) -> SourceTemplate {
        const PLANNER: &str = shader!("planner");
        const NETWORK: &str = shader!("network");
        const NOISE: &str = shader!("noise");
        let parts: &[&str] = match self.name {
            Name::Pack => &[shader!("plan_pack")],
            Name::Encode => &[PLANNER, NETWORK, shader!("plan_encode")],
            Name::Propose => &[PLANNER, NETWORK, NOISE, shader!("plan_propose")],
            Name::Score => &[PLANNER, NETWORK, NOISE, shader!("plan_score")],
            Name::Update => &[PLANNER, shader!("plan_update")],
            Name::Layer => &[PLANNER, shader!("plan_layer")],
            Name::LayersBegin => &[PLANNER, shader!("plan_layers_begin")],
            Name::LayersSample => &[PLANNER, NOISE, shader!("plan_layers_sample")],
            Name::LayersPolicy => &[PLANNER, NOISE, shader!("plan_layers_policy")],
            Name::LayersDecode => &[PLANNER, shader!("plan_layers_decode")],
            Name::LayersEnd => &[PLANNER, shader!("plan_layers_end")],
        };
        let Geometry { threads, width, groups, rows, actions, half } = self.geometry;
        let part = if rows % 4 == 0 { 4 } else { 2 };
        let parts_of_rows = rows / part;
        let segment = if threads > 16 { 8 } else { 1 };
        let constants = format!(
            "const THREADS: u32 = {threads}u;\nconst WIDTH: u32 = {width}u;\nconst R: u32 = {rows}u;\n\
             const G: u32 = {groups}u;\nconst ACTIONS: u32 = {actions}u;\nconst HALF: bool = {half};\n\
             const P: u32 = {part}u;\nconst V: u32 = {parts_of_rows}u;\nconst SEGMENT: u32 = {segment}u;\n\
             alias Rows = array<vec{part}<f32>, V>;\nalias Part = vec{part}<f32>;\n\
             alias Tile = array<array<Rows, 4>, G>;\n"
        );
        SourceTemplate::new(constants + &parts.concat())
    }

    fn id(&self) -> KernelId {
        // Every index derives from checked sizes, so the compiler need not guard each access.
        KernelId::new::<Self>().info(*self).mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

/// Launches kernels and counts them.
pub struct Launcher<'a> {
    pub client: &'a Client,
    pub launches: usize,
}

impl Launcher<'_> {
    /// Launches a kernel over a grid of workgroups, with `buffers` as its first bindings and `words` as the uniform
    /// after them.
    ///
    /// # Errors
    /// If the grid is larger than the device allows.
    pub fn launch(
        &mut self,
        name: Name,
        geometry: Geometry,
        [x, y]: [usize; 2],
        buffers: &[&Handle],
        words: &[u32],
    ) -> Result<(), PlannerError> {
        const LIMIT: usize = 65_535;
        if let Some(&needed) = [x, y].iter().find(|&&count| count > LIMIT) {
            return Err(PlannerError::Device { what: "a grid", needed: needed as u64, limit: LIMIT as u64 });
        }
        let info = words.chunks(2).map(|pair| u64::from(pair[0]) | u64::from(pair.get(1).copied().unwrap_or(0)) << 32);
        let arguments = KernelArguments::new()
            .with_buffers(buffers.iter().map(|handle| (*handle).clone().binding()).collect())
            .with_info(MetadataBindingInfo::custom(info.collect()));
        #[allow(clippy::cast_possible_truncation, reason = "at most 65,535")]
        let count = CubeCount::Static(x as u32, y as u32, 1);
        #[allow(clippy::cast_possible_truncation, reason = "at most 256")]
        let kernel = SourceKernel::new(Kernel { name, geometry }, CubeDim::new_1d(geometry.threads as u32));
        self.client.launch(Box::new(kernel), count, arguments);
        self.launches += 1;
        Ok(())
    }

    /// Returns an empty buffer of this many floats.
    ///
    /// # Errors
    /// If it is larger than the device allows.
    pub fn empty(&self, what: &'static str, floats: usize) -> Result<Handle, PlannerError> {
        Ok(self.client.empty(self.bytes(what, floats)?))
    }

    /// Returns a buffer with these floats.
    ///
    /// # Errors
    /// If it is larger than the device allows.
    pub fn upload(&self, what: &'static str, floats: &[f32]) -> Result<Handle, PlannerError> {
        self.bytes(what, floats.len())?;
        let mut bytes: Vec<u8> = floats.iter().flat_map(|x| x.to_le_bytes()).collect();
        // Bindings must not be empty.
        bytes.resize(bytes.len().max(4), 0);
        Ok(self.client.create_from_slice(&bytes))
    }

    fn bytes(&self, what: &'static str, floats: usize) -> Result<usize, PlannerError> {
        let (needed, limit) = (4 * floats as u64, self.client.properties().memory.max_page_size);
        if needed > limit {
            return Err(PlannerError::Device { what, needed, limit });
        }
        Ok((4 * floats).max(4))
    }
}

/// Returns the contents of all these buffers, in one read.
///
/// # Errors
/// If the device failed.
pub async fn read(client: &Client, handles: Vec<Handle>) -> Result<Vec<Vec<f32>>, PlannerError> {
    let bytes = client.read_async(handles).await.map_err(|error| ReadError(error.to_string()))?;
    let floats = |bytes: &[u8]| {
        let (words, _) = bytes.as_chunks::<4>();
        words.iter().map(|word| f32::from_le_bytes(*word)).collect()
    };
    Ok(bytes.iter().map(|bytes| floats(bytes)).collect())
}
