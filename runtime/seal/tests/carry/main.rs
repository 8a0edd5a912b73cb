//! What carries a bundle across: signatures, keys, archives, parts, and what is told of a bundle. With the real tools on the other
//! side: ssh-keygen, ssh-agent, openssl, tar, zstd, split, cat, sha512sum.

mod archive;
mod hostile;
mod inspect;
mod keys;
mod made;
mod parts;
mod signing;
