//! Structs of words, as a kernel's uniform holds them: declared once, written in order, and with names and positions
//! that a test compares with the WGSL struct.

/// Something that a uniform can hold, made of 32-bit words.
pub trait Words {
    /// Number of words.
    const COUNT: usize;

    /// Appends the words.
    fn put(&self, words: &mut Vec<u32>);

    /// Appends the name, position (in words) and kind (`u` or `f`) of each word, where `path` is that of the whole.
    #[cfg(test)]
    fn describe(path: &str, at: usize, fields: &mut Vec<(String, usize, char)>);
}

impl Words for u32 {
    const COUNT: usize = 1;

    fn put(&self, words: &mut Vec<u32>) {
        words.push(*self);
    }

    #[cfg(test)]
    fn describe(path: &str, at: usize, fields: &mut Vec<(String, usize, char)>) {
        fields.push((path.to_owned(), at, 'u'));
    }
}

impl Words for f32 {
    const COUNT: usize = 1;

    fn put(&self, words: &mut Vec<u32>) {
        words.push(self.to_bits());
    }

    #[cfg(test)]
    fn describe(path: &str, at: usize, fields: &mut Vec<(String, usize, char)>) {
        fields.push((path.to_owned(), at, 'f'));
    }
}

impl<T: Words, const N: usize> Words for [T; N] {
    const COUNT: usize = N * T::COUNT;

    fn put(&self, words: &mut Vec<u32>) {
        for part in self {
            part.put(words);
        }
    }

    #[cfg(test)]
    fn describe(path: &str, at: usize, fields: &mut Vec<(String, usize, char)>) {
        for i in 0..N {
            T::describe(path, at + i * T::COUNT, fields);
        }
    }
}

/// Declares a struct whose fields are [`Words`], laid out one after the other. WGSL pads vectors and the elements of
/// arrays; sizes are chosen so that there is nothing to pad.
macro_rules! uniform {
    ($(#[$doc:meta])* $visible:vis struct $name:ident { $($(#[$field_doc:meta])* $field:ident: $kind:ty),* $(,)? }) => {
        $(#[$doc])*
        $visible struct $name {
            $($(#[$field_doc])* pub $field: $kind),*
        }

        impl $crate::compute::gpu::uniform::Words for $name {
            const COUNT: usize = 0 $(+ <$kind as $crate::compute::gpu::uniform::Words>::COUNT)*;

            fn put(&self, words: &mut Vec<u32>) {
                $($crate::compute::gpu::uniform::Words::put(&self.$field, words);)*
            }

            #[cfg(test)]
            fn describe(path: &str, mut at: usize, fields: &mut Vec<(String, usize, char)>) {
                $(
                    let field = format!("{path}.{}", stringify!($field));
                    <$kind as $crate::compute::gpu::uniform::Words>::describe(&field, at, fields);
                    #[allow(unused_assignments, reason = "the last one is not read")]
                    { at += <$kind as $crate::compute::gpu::uniform::Words>::COUNT; }
                )*
            }
        }
    };
}

pub(crate) use uniform;

/// Returns the words of a uniform.
pub fn words<T: Words>(uniform: &T) -> Vec<u32> {
    let mut words = Vec::with_capacity(T::COUNT);
    uniform.put(&mut words);
    words
}
