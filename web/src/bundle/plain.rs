//! The module for browsers without relaxed SIMD: the same code, with each fused multiply-add as two instructions, and the
//! smaller and larger of two numbers as others define them.

use std::collections::BTreeSet;

use anyhow::{Result, ensure};
use walrus::ir::{
    BinaryOp, Binop, Instr, InstrSeq, LocalGet, LocalSet, TernOp, TernaryOp, VisitorMut, dfs_pre_order_mut,
};
use walrus::{LocalId, Module, ValType};

/// Takes relaxed SIMD out of `module`.
///
/// # Errors
/// If it has other instructions of relaxed SIMD than are known here; the message names them.
pub(super) fn take_out_relaxed_simd(module: &mut Module) -> Result<()> {
    let mut others = BTreeSet::new();
    let Module { funcs, locals, .. } = module;
    for (_, function) in funcs.iter_local_mut() {
        // A local that a function does not use is not written.
        let mut lower = Lower { summand: locals.add(ValType::V128), others: &mut others };
        let entry = function.entry_block();
        dfs_pre_order_mut(&mut lower, function, entry);
    }
    ensure!(
        others.is_empty(),
        "the module has instructions that only some browsers know: {}. Teach web/src/bundle/plain.rs to do without",
        Vec::from_iter(others).join(", ")
    );
    Ok(())
}

struct Lower<'a> {
    /// Keeps the summand while the factors are multiplied.
    summand: LocalId,
    others: &'a mut BTreeSet<String>,
}

impl VisitorMut for Lower<'_> {
    fn start_instr_seq_mut(&mut self, sequence: &mut InstrSeq) {
        if !sequence.instrs.iter().any(|(instruction, _)| is_relaxed(instruction)) {
            return;
        }
        let mut lowered = Vec::with_capacity(sequence.instrs.len());
        for (instruction, place) in sequence.instrs.drain(..) {
            if let Instr::TernOp(TernOp { op: TernaryOp::F32x4RelaxedMadd }) = instruction {
                let two = [
                    Instr::LocalSet(LocalSet { local: self.summand }),
                    Instr::Binop(Binop { op: BinaryOp::F32x4Mul }),
                    Instr::LocalGet(LocalGet { local: self.summand }),
                    Instr::Binop(Binop { op: BinaryOp::F32x4Add }),
                ];
                lowered.extend(two.map(|instruction| (instruction, place)));
            } else if let Some(op) = plain_twin(&instruction) {
                lowered.push((Instr::Binop(Binop { op }), place));
            } else {
                if is_relaxed(&instruction) {
                    self.others.insert(format!("{instruction:?}"));
                }
                lowered.push((instruction, place));
            }
        }
        sequence.instrs = lowered;
    }
}

/// The instruction of SIMD that does one of the things that a relaxed one may do.
fn plain_twin(instruction: &Instr) -> Option<BinaryOp> {
    match instruction {
        Instr::Binop(Binop { op: BinaryOp::F32x4RelaxedMin }) => Some(BinaryOp::F32x4PMin),
        Instr::Binop(Binop { op: BinaryOp::F32x4RelaxedMax }) => Some(BinaryOp::F32x4PMax),
        _ => None,
    }
}

/// Whether it is of relaxed SIMD; all of its names say so.
fn is_relaxed(instruction: &Instr) -> bool {
    match instruction {
        Instr::TernOp(_) => true,
        Instr::Binop(Binop { op }) => format!("{op:?}").contains("Relaxed"),
        Instr::Unop(unop) => format!("{:?}", unop.op).contains("Relaxed"),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A function of so many vectors that applies an instruction of SIMD with this number to them.
    fn applying(arguments: u8, [low, high]: [u8; 2]) -> Module {
        let vectors = vec![0x7B; arguments.into()];
        let parameters: Vec<u8> = (0..arguments).flat_map(|number| [0x20, number]).collect();
        let bytes = [
            b"\0asm\x01\0\0\0",
            &[1, 5 + arguments, 1, 0x60, arguments][..],
            &vectors,
            &[1, 0x7B, 3, 2, 1, 0, 7, 5, 1, 1, b'f', 0, 0],
            &[10, 7 + 2 * arguments, 1, 5 + 2 * arguments, 0],
            &parameters,
            &[0xFD, low, high, 0x0B],
        ];
        Module::from_buffer(&bytes.concat()).unwrap()
    }

    fn operations(module: &Module) -> Vec<String> {
        let (_, function) = module.funcs.iter_local().next().unwrap();
        function.block(function.entry_block()).iter().map(|(instruction, _)| format!("{instruction:?}")).collect()
    }

    /// What is left of it in a module that was written and read again.
    fn without(mut module: Module) -> Vec<String> {
        assert!(operations(&module).join(" ").contains("Relaxed"));
        take_out_relaxed_simd(&mut module).unwrap();
        let left = operations(&Module::from_buffer(&module.emit_wasm()).unwrap());
        assert!(!left.join(" ").contains("Relaxed"), "{left:?}");
        left
    }

    #[test]
    fn a_multiply_add_becomes_a_product_and_a_sum() {
        // f32x4.relaxed_madd
        let left = without(applying(3, [0x85, 0x02]));
        let words = ["LocalGet", "LocalGet", "LocalGet", "LocalSet", "F32x4Mul", "LocalGet", "F32x4Add"];
        assert_eq!(left.len(), words.len(), "{left:?}");
        assert!(left.iter().zip(words).all(|(instruction, word)| instruction.contains(word)), "{left:?}");
    }

    #[test]
    fn the_smaller_of_two_is_that_of_every_browser() {
        // f32x4.relaxed_min
        assert!(without(applying(2, [0x8D, 0x02]))[2].contains("F32x4PMin"));
    }

    #[test]
    fn what_it_cannot_do_without_is_said() {
        // f64x2.relaxed_madd
        let error = take_out_relaxed_simd(&mut applying(3, [0x87, 0x02])).unwrap_err().to_string();
        assert!(error.contains("F64x2RelaxedMadd"), "{error}");
    }
}
