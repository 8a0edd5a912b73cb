"""Keys and signatures of ML-DSA-87 by OpenSSL, as the package `cryptography` brings it.

    mldsa.py keys FILE          writes FILE.expanded and FILE.both (RFC 9881), and a key of its own: theirs, theirs.pem
    mldsa.py verify PEM BUNDLE  checks the signature of a bundle
"""

import base64
import os
import sys
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa
from dilithium_py.ml_dsa import ML_DSA_87

CONTEXT = b"airgap-mcp-bundle-v1"
OBJECT = bytes.fromhex("300b0609608648016503040313")


def value(kind: int, inner: bytes) -> bytes:
    if len(inner) < 0x80:
        return bytes([kind, len(inner)]) + inner
    digits = len(inner).to_bytes((len(inner).bit_length() + 7) // 8, "big")
    return bytes([kind, 0x80 | len(digits)]) + digits + inner


def write(path: str, label: str, der: bytes) -> None:
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    Path(path).write_text("\n".join([f"-----BEGIN {label}-----", *lines, f"-----END {label}-----", ""]))
    os.chmod(path, 0o600)


def keys(path: str) -> None:
    ours = serialization.load_pem_private_key(Path(path).read_bytes(), None)
    assert isinstance(ours, mldsa.MLDSA87PrivateKey)
    public = ours.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    assert public == Path(f"{path}.pem").read_bytes(), "the public half is another"
    seed = ours.private_bytes_raw()
    # A third implementation, since OpenSSL gives out seeds alone here.
    derived, expanded = ML_DSA_87.key_derive(seed)
    assert derived == ours.public_key().public_bytes_raw(), "OpenSSL and dilithium-py disagree"
    for suffix, inner in (
        ("expanded", value(0x04, expanded)),
        ("both", value(0x30, value(0x04, seed) + value(0x04, expanded))),
    ):
        der = value(0x30, value(0x02, b"\0") + OBJECT + value(0x04, inner))
        write(f"{path}.{suffix}", "PRIVATE KEY", der)
    theirs = mldsa.MLDSA87PrivateKey.generate()
    private = theirs.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    Path("theirs").write_bytes(private)
    os.chmod("theirs", 0o600)
    Path("theirs.pem").write_bytes(
        theirs.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def verify(pem: str, bundle: str) -> None:
    public = serialization.load_pem_public_key(Path(pem).read_bytes())
    assert isinstance(public, mldsa.MLDSA87PublicKey)
    root = Path(bundle)
    signature = (root / "signatures/release.mldsa87").read_bytes()
    sums = (root / "SHA512SUMS").read_bytes()
    public.verify(signature, sums, CONTEXT)
    try:
        public.verify(signature, sums, b"")
    except Exception:
        return
    raise AssertionError("it holds without its context")


if __name__ == "__main__":
    {"keys": keys, "verify": verify}[sys.argv[1]](*sys.argv[2:])
