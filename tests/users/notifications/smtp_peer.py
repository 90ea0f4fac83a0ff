"""A mail server on loopback that keeps what it is sent, and refuses or hangs up when a test wants it to."""

from __future__ import annotations

import contextlib
import socketserver
import threading
from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any


class SmtpPeer(socketserver.ThreadingTCPServer):
    """Speaks as much SMTP as smtplib asks for. `refuse` holds recipients that are answered with 550."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Conversation)
        self.mails: list[EmailMessage] = []
        self.conversations = 0
        self.refuse: set[str] = set()
        #: Hang up after a mail was taken, before the client hears of it: the crash in the middle.
        self.hang_up = False

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def recipients(self) -> list[str]:
        return [str(mail["To"]) for mail in self.mails]


class _Conversation(socketserver.StreamRequestHandler):
    server: Any

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def handle(self) -> None:
        self.server.conversations += 1
        self.say("220 peer")
        while line := self.rfile.readline():
            command = line.decode().strip()
            verb = command.upper().split(" ")[0]
            if verb == "DATA":
                self.say("354 go on")
                if not self.take():
                    return
            elif verb == "RCPT" and any(each in command for each in self.server.refuse):
                self.say("550 no such mailbox")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def take(self) -> bool:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b"..") else line)
        message = message_from_bytes(b"".join(lines), policy=policy.default)
        self.server.mails.append(message)
        if self.server.hang_up:
            return False
        self.say("250 taken")
        return True


@contextlib.contextmanager
def smtp_peer(port: int = 0) -> Iterator[SmtpPeer]:
    """A running mail server for the length of a `with`."""
    with SmtpPeer(port) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
