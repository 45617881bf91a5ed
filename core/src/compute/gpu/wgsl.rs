//! Kernels as naga, the translator behind wgpu, reads them: for tests.

use bootstride_shaders::{Wgsl, planner, training};
use burn::backend::wgpu::KernelSource;
use naga::proc::Layouter;
use naga::valid::{Capabilities, ValidationFlags, Validator};
use naga::{AddressSpace, ArraySize, Handle, Module, ScalarKind, Type, TypeInner};

use super::kernel::Kernel;

/// Returns the module that a kernel forms.
///
/// # Panics
/// If it is not valid WGSL.
pub fn parse(kernel: &Kernel) -> Module {
    let text = kernel.source().complete();
    assert!(!text.contains("{{"), "a name in double braces has no value");
    naga::front::wgsl::parse_str(&text).unwrap_or_else(|error| panic!("{}", error.emit_to_string(&text)))
}

/// Returns the path, position in words and kind (`u` or `f`) of each word of the struct with this name.
pub fn layout_of(module: &Module, name: &str) -> Vec<(String, usize, char)> {
    let (handle, _) = module.types.iter().find(|(_, kind)| kind.name.as_deref() == Some(name)).unwrap();
    let mut fields = Vec::new();
    describe(module, handle, "", 0, &mut fields);
    fields
}

fn describe(module: &Module, handle: Handle<Type>, path: &str, at: u32, fields: &mut Vec<(String, usize, char)>) {
    let kind = |kind| match kind {
        ScalarKind::Float => 'f',
        ScalarKind::Uint => 'u',
        other => panic!("{path} is {other:?}"),
    };
    match &module.types[handle].inner {
        TypeInner::Scalar(scalar) => fields.push((path.to_owned(), at as usize / 4, kind(scalar.kind))),
        TypeInner::Vector { size, scalar } => {
            let words = (0..*size as usize).map(|i| (path.to_owned(), at as usize / 4 + i, kind(scalar.kind)));
            fields.extend(words);
        }
        TypeInner::Array { base, size: ArraySize::Constant(size), stride } => {
            for i in 0..size.get() {
                describe(module, *base, path, at + i * stride, fields);
            }
        }
        TypeInner::Struct { members, .. } => {
            for member in members {
                let path = format!("{path}.{}", member.name.as_deref().unwrap());
                describe(module, member.ty, &path, at + member.offset, fields);
            }
        }
        other => panic!("{path} is {other:?}"),
    }
}

/// Asserts that a module is valid, and within what WebGPU guarantees everywhere.
fn assert_portable(name: &str, module: &Module) {
    let checked = Validator::new(ValidationFlags::all(), Capabilities::default()).validate(module);
    assert!(checked.is_ok(), "{name}: {checked:?}");
    let mut layouter = Layouter::default();
    layouter.update(module.to_ctx()).unwrap();
    let (mut storage, mut uniform, mut memory) = (0, 0, 0);
    for (_, variable) in module.global_variables.iter() {
        match variable.space {
            AddressSpace::Storage { .. } => storage += 1,
            AddressSpace::Uniform => uniform += 1,
            AddressSpace::WorkGroup => memory += layouter[variable.ty].size,
            AddressSpace::Private => {}
            other => panic!("{name} has a variable in {other:?}"),
        }
    }
    let invocations: u32 = module.entry_points[0].workgroup_size.iter().product();
    assert!(storage <= 6 && uniform <= 1, "{name} binds {storage} storage and {uniform} uniform buffers");
    assert!(memory <= 16_384, "{name} uses {memory} bytes of workgroup memory");
    assert!(invocations <= 256, "{name} has {invocations} invocations per workgroup");
}

fn planning(source: &Wgsl, [threads, rows, part]: [usize; 3], half: bool) -> Kernel {
    let kernel = Kernel::new(source, threads).with("width", 4 * threads).with("groups", 1).with("rows", rows);
    kernel.with("actions", 1).with("half", half).with("part", part).with("segment", 8)
}

#[test]
fn kernels_that_plan_are_valid_wgsl_within_the_limits_of_webgpu() {
    for source in planner::KERNELS {
        for (sizes, half) in [([64, 8, 4], false), ([32, 2, 2], true), ([256, 2, 2], false)] {
            assert_portable(source.name, &parse(&planning(&source, sizes, half)));
        }
    }
}

#[test]
fn kernels_that_train_are_valid_wgsl_within_the_limits_of_webgpu() {
    for source in training::KERNELS {
        for (group, wide) in [(0, 17), (8, 1024)] {
            let sizes = [("members", 5), ("rows", 40), ("width", wide), ("group", group), ("block", 16)];
            let more = [("bins", 101), ("size", 4000)];
            let kernel = Kernel::new(&source, 256).with("squared", true).with("bin_min", -10.0).with("bin_max", 10.0);
            let kernel = sizes.into_iter().chain(more).fold(kernel, |kernel, (name, size)| kernel.with(name, size));
            let adam = ["beta1", "beta2", "share1", "share2", "rate", "epsilon", "target_rate"];
            let kernel = adam.into_iter().fold(kernel, |kernel, name| kernel.with(name, 0.5));
            assert_portable(source.name, &parse(&kernel));
        }
    }
}
