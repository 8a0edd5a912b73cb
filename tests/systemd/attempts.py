"""Tries what a service should not be able to do, and what it must, and prints as JSON which succeeded.

    attempts.py TAG

What is sent holds TAG: the receivers (upstreams.py) say what really arrived.
"""

import json
import mmap
import os
import socket
import subprocess
import sys

TAG = sys.argv[1].encode()


def tcp(address):
    with socket.create_connection(address, timeout=2) as connection:
        connection.sendall(TAG + b"\n")
        assert connection.recv(2) == b"ok"


def udp(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(TAG, address)


def unix():
    socket.socket(socket.AF_UNIX).close()


def write(path):
    with open(path, "w", encoding="utf-8") as file:
        file.write("x")


def read(path):
    with open(path, "rb") as file:
        assert file.read()


def read_credential():
    path = os.path.join(os.environ["CREDENTIALS_DIRECTORY"], "clinic.key")
    assert os.stat(path).st_mode & 0o077 == 0, oct(os.stat(path).st_mode)
    read(path)


def see_others():
    own = str(os.getpid())
    assert [name for name in os.listdir("/proc") if name.isdigit() and name not in (own, "1")]


ATTEMPTS = {
    "declared-upstream": lambda: tcp(("10.1.2.3", 8080)),
    "write-records": lambda: write("/var/log/airlock/attempt"),
    "read-credential": read_credential,
    "other-address-tcp": lambda: tcp(("10.1.2.4", 8080)),
    "other-address-udp": lambda: udp(("10.1.2.4", 9999)),
    "unix-socket": unix,
    "netlink-socket": lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW).close(),
    "raw-socket": lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP).close(),
    "write-system": lambda: write("/etc/attempt"),
    "write-itself": lambda: write("/usr/local/bin/attempt"),
    "read-home": lambda: read("/home/private/file"),
    "read-key-file": lambda: read("/etc/airlock/clinic.key"),
    "run-another-program": lambda: subprocess.run(["/usr/bin/true"], check=True),
    "writable-code": lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC).close(),
    "memory-file": lambda: os.close(os.memfd_create("attempt")),
    "become-root": lambda: os.setresuid(0, 0, 0),
    "see-other-processes": see_others,
    "read-kernel-settings": lambda: read("/proc/sys/kernel/osrelease"),
    "change-kernel-settings": lambda: write("/proc/sys/kernel/domainname"),
    # Last: behind it nothing else is found.
    "change-root": lambda: os.chroot("/etc"),
}

outcomes = {}
for name, attempt in ATTEMPTS.items():
    try:
        attempt()
        outcomes[name] = "open"
    except (OSError, AssertionError, PermissionError) as fault:
        outcomes[name] = f"closed: {fault}"
print(json.dumps(outcomes, indent=1))
