"""Listens where services may connect (10.1.2.3:8080) and where not, and notes whose bytes arrived in `received.txt`."""

import pathlib
import socket
import threading

BEDS = b'{"total": 1, "items": [{"id": "W3-04", "ward": "W3", "room": "3.02", "kind": "standard", "status": "free"}]}'


def note(place, tag):
    with open("received.txt", "a", encoding="utf-8") as file:
        file.write(f"{place} {tag.decode(errors='replace').strip()}\n")


def answer(place, connection):
    with connection:
        head = b""
        while not head.endswith(b"\n") or (head.startswith((b"GET", b"POST")) and b"\r\n\r\n" not in head):
            piece = connection.recv(4096)
            if not piece:
                break
            head += piece
        note(place, head.split(b"\r\n")[0])
        if not head.startswith(b"GET"):
            connection.sendall(b"ok")
            return
        length = len(BEDS)
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (length, BEDS)
        )


def listen(place, address):
    listener = socket.create_server(address)
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=answer, args=(place, connection), daemon=True).start()


receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("10.1.2.4", 9999))
threading.Thread(target=listen, args=("declared", ("10.1.2.3", 8080)), daemon=True).start()
threading.Thread(target=listen, args=("other-tcp", ("10.1.2.4", 8080)), daemon=True).start()
pathlib.Path("upstreams.ready").touch()
while True:
    note("other-udp", receiver.recv(4096))
