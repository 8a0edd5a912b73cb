//! What the styles write, what they refuse, and that hostile values come back whole.

mod support;
