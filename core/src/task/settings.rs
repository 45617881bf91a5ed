//! Settings of the task.

use std::sync::Arc;

use crate::settings::{Limit, table};

table! {
    /// The task, and how decisions relate to its control steps.
    pub struct TaskConfig in "task" {
        /// Name of the task, as in `bootstride tasks`; or `body` for the task of a custom body.
        pub name: String = "cartpole-swingup".into(), limit Limit::Name;
        /// Control steps per decision; their rewards are summed.
        pub action_repeat: usize = 2, limit Limit::Whole(1, 1000);
    }
    besides {
        /// The text of the body file whose own task this is, if the name is [`CUSTOM_BODY`]. Not a setting: it is
        /// stored in a separate file next to the configuration, and the code that reads that file adds it.
        pub body: Option<Arc<str>>;
    }
}

/// The name of the task that a custom body file describes.
pub const CUSTOM_BODY: &str = "body";
