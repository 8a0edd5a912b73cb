//! Installing: killed, without power, out of room, twice at once, and against every rule.

mod approval;
mod kill;
mod power;
mod release;
mod rules;
mod tree;
