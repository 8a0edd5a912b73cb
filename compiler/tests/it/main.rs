//! What needs a workspace of its own, with files on a disk and tools of the machine.

mod bundle_build;
mod workspace;
