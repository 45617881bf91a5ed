//! The lab as a page.
