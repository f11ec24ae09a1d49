"""Mail servers for the tests: aiosmtpd with answers of our choice, and one that misbehaves on a bare socket."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.controller import Controller


@dataclass
class Received:
    sender: str
    recipients: list[str]
    content: bytes


@dataclass
class Post:
    """A mail server: what it received, and what it answers at RCPT and DATA, one after the other, then yes."""

    port: int
    received: list[Received] = field(default_factory=list)
    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    at_mail: list[str] = field(default_factory=list)
    attempts: int = 0
    connections: int = 0
    on_data: Callable[[], None] | None = None

    async def handle_EHLO(self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]) -> Any:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        self.attempts += 1
        if self.at_mail:
            return self.at_mail.pop(0)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        answer = self.at_rcpt.pop(0) if self.at_rcpt else "250 OK"
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        answer = self.at_data.pop(0) if self.at_data else "250 OK"
        if answer.startswith("250"):
            self.received.append(Received(envelope.mail_from, list(envelope.rcpt_tos), envelope.original_content))
        if self.on_data:
            self.on_data()
        return answer


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def smtp_server(port: int | None = None, tls: ssl.SSLContext | None = None) -> Iterator[Post]:
    """A server that keeps what it gets; it says goodbye when the block ends."""
    post = Post(port or free_port())
    controller = Controller(post, hostname="127.0.0.1", port=post.port, tls_context=tls)
    controller.start()
    try:
        yield post
    finally:
        controller.stop()


@contextmanager
def rude_server(banner: bytes, *replies: bytes) -> Iterator[int]:
    """A port that says the banner, then one reply for each thing it hears, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.2)
    closing = threading.Event()

    def serve() -> None:
        while not closing.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            with connection:
                connection.settimeout(5)
                connection.sendall(banner)
                for reply in replies:
                    if not connection.recv(65536):
                        break
                    connection.sendall(reply)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        closing.set()
        thread.join()
        listener.close()
