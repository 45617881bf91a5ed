//! The columns of the replay buffer: what it stores for each transition.

/// The columns of a replay buffer. Reward and end are always stored in addition.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Observation size. An episode has one observation more than transitions.
    pub observation: usize,
    /// Action size.
    pub action: usize,
    /// What the agent asks for in addition.
    pub extras: Vec<Column>,
}

/// A column that an agent asks for, with 32-bit elements.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Column {
    /// Its name, unique in the buffer, at most 255 bytes. Checkpoints contain it.
    pub name: &'static str,
    /// Elements per transition.
    pub width: usize,
    /// The elements of a transition that comes without this column. It also determines their type.
    pub missing: Cell,
}

/// An element of a column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell {
    /// A number. Batches contain the columns of numbers.
    Number(f32),
    /// A word, for bookkeeping. Batches do not contain it.
    Word(u32),
}

/// The elements of one column for one transition, `[width]`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cells<'a> {
    /// Of a column of numbers.
    Numbers(&'a [f32]),
    /// Of a column of numbers with width 1.
    Number(f32),
    /// Of a column of words.
    Words(&'a [u32]),
    /// Of a column of words with width 1.
    Word(u32),
}

impl Column {
    /// Returns whether its elements are numbers.
    pub(super) fn is_of_numbers(&self) -> bool {
        matches!(self.missing, Cell::Number(_))
    }
}

impl Columns {
    /// Returns the bytes that a transition takes, without the additional observation of an episode.
    #[must_use]
    pub fn transition_bytes(&self) -> usize {
        4 * (self.observation + self.action + 1 + self.extras.iter().map(|column| column.width).sum::<usize>())
    }

    /// Returns the place of an additional column.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.extras.iter().position(|column| column.name == name)
    }
}

/// The stored elements of one column, `[transitions, width]`, flat.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stored {
    Numbers(Vec<f32>),
    Words(Vec<u32>),
}

impl Stored {
    /// Returns an empty column with the element type of `column`.
    pub fn new(column: &Column) -> Self {
        match column.missing {
            Cell::Number(_) => Self::Numbers(Vec::new()),
            Cell::Word(_) => Self::Words(Vec::new()),
        }
    }

    /// Returns a column of `count` transitions that came without it.
    pub fn missing(column: &Column, count: usize) -> Self {
        match column.missing {
            Cell::Number(number) => Self::Numbers(vec![number; count * column.width]),
            Cell::Word(word) => Self::Words(vec![word; count * column.width]),
        }
    }

    /// Returns the number of elements.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Words(words) => words.len(),
        }
    }

    /// Appends the elements of a transition, or those of `column` for a transition without it.
    pub fn push(&mut self, column: &Column, cells: Option<Cells<'_>>) {
        let before = self.len();
        match (&mut *self, column.missing) {
            (Self::Numbers(stored), Cell::Number(missing)) => match cells.as_ref().and_then(Cells::numbers) {
                Some(numbers) => stored.extend_from_slice(numbers),
                None => stored.extend(std::iter::repeat_n(missing, column.width)),
            },
            (Self::Words(stored), Cell::Word(missing)) => match cells.as_ref().and_then(Cells::words) {
                Some(words) => stored.extend_from_slice(words),
                None => stored.extend(std::iter::repeat_n(missing, column.width)),
            },
            // A column is created with the type of its missing element.
            _ => {}
        }
        debug_assert_eq!(self.len(), before + column.width, "{} has its width", column.name);
    }

    /// Replaces the elements of transition number `t`, which has `width` of them.
    pub fn set(&mut self, t: usize, width: usize, cells: &Cells<'_>) {
        let place = t * width..(t + 1) * width;
        match self {
            Self::Numbers(stored) => {
                let Some(numbers) = cells.numbers() else { return };
                stored[place].copy_from_slice(numbers);
            }
            Self::Words(stored) => {
                let Some(words) = cells.words() else { return };
                stored[place].copy_from_slice(words);
            }
        }
    }

    /// Returns the elements of transition number `t`, which has `width` of them.
    pub fn get(&self, t: usize, width: usize) -> Cells<'_> {
        match self {
            Self::Numbers(numbers) => Cells::Numbers(&numbers[t * width..(t + 1) * width]),
            Self::Words(words) => Cells::Words(&words[t * width..(t + 1) * width]),
        }
    }

    /// Frees the unused capacity.
    pub fn shrink_to_fit(&mut self) {
        match self {
            Self::Numbers(numbers) => numbers.shrink_to_fit(),
            Self::Words(words) => words.shrink_to_fit(),
        }
    }
}

impl Cells<'_> {
    /// Returns the numbers; `None` for words.
    #[must_use]
    pub fn numbers(&self) -> Option<&[f32]> {
        match self {
            Self::Numbers(numbers) => Some(numbers),
            Self::Number(number) => Some(std::slice::from_ref(number)),
            Self::Words(_) | Self::Word(_) => None,
        }
    }

    /// Returns the words; `None` for numbers.
    #[must_use]
    pub fn words(&self) -> Option<&[u32]> {
        match self {
            Self::Words(words) => Some(words),
            Self::Word(word) => Some(std::slice::from_ref(word)),
            Self::Numbers(_) | Self::Number(_) => None,
        }
    }
}
