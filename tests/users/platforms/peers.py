"""Platforms to sign in at, as small servers on loopback: an OpenID 2.0 provider and an OAuth 2 server.

Each checks what the real one checks and shows a page where a person agrees or cancels; attributes of a peer make it
misbehave. `asked` lists every request that it got.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
from datetime import UTC, datetime
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlencode, urlsplit

OPENID2 = "http://specs.openid.net/auth/2.0"
SELECT = "http://specs.openid.net/auth/2.0/identifier_select"
CLAIMED = "https://steamcommunity.com/openid/id/"
SIGNED = ["op_endpoint", "claimed_id", "identity", "return_to", "response_nonce", "assoc_handle"]

Answer = tuple[int, dict[str, str], str]


def redirect(address: str, **query: str) -> Answer:
    joint = "&" if "?" in address else "?"
    return 302, {"Location": address + joint + urlencode(query)}, ""


class Peer:
    """A server in a thread, until `stop`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        #: While set, answers wait until `stop`; `drips` sends them byte by byte for ever.
        self.hangs = self.drips = False
        self._over = threading.Event()
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *args: object) -> None: ...

            def do_GET(self) -> None:
                self._serve("")

            def do_POST(self) -> None:
                self._serve(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def _serve(self, body: str) -> None:
                parts = urlsplit(self.path)
                peer.asked.append(f"{self.command} {parts.path}")
                query = dict(parse_qsl(body or parts.query, keep_blank_values=True))
                if parts.path == "/favicon.ico":
                    status, headers, text = 204, {}, ""
                else:
                    status, headers, text = peer.answer(f"{self.command} {parts.path}", query, dict(self.headers))
                machine = self.command == "POST" or "Authorization" in self.headers
                if machine and peer.hangs:
                    peer._over.wait(30)
                self.send_response(status)
                for name, value in ({"Content-Type": "text/html"} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                if machine and peer.drips:
                    self._drip()
                else:
                    self.wfile.write(text.encode())

            def _drip(self) -> None:
                try:
                    while not peer._over.wait(0.02):
                        self.wfile.write(b" ")
                except OSError:
                    return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        self._over.set()
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        raise NotImplementedError


def consent(name: str, action: str, query: dict[str, str]) -> Answer:
    """The page on which a person agrees; keeps what was asked for in the form."""
    kept = "".join(
        f'<input type="hidden" name="{escape(key)}" value="{escape(value)}">' for key, value in query.items()
    )
    return (
        200,
        {},
        f"""<!DOCTYPE html><html lang="en"><title>{name}</title><link rel="icon" href="data:,"><h1>{name}</h1>
        <form action="{action}">{kept}<button name="decision" value="yes">Yes, sign in</button>
        <button name="decision" value="no">Cancel</button></form></html>""",
    )


class SteamPeer(Peer):
    """An OpenID 2.0 provider without associations: every assertion is confirmed by asking it, once."""

    def __init__(self) -> None:
        super().__init__()
        #: Who is signed in at Steam.
        self.steam_id = "76561190000000001"
        #: What of an assertion is other than it should be: before it is signed, and after.
        self.instead: dict[str, str] = {}
        self.forged: dict[str, str] = {}
        #: Confirms whatever it is asked about, as often as it is asked.
        self.credulous = False
        self._secret = secrets.token_bytes(32)
        self._confirmed: set[str] = set()

    @property
    def endpoint(self) -> str:
        return f"{self.url}/openid/login"

    def answer(self, request: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if request == "GET /openid/login":
            return self._ask(query)
        if request == "GET /openid/decide":
            return self._decide(query)
        if request == "POST /openid/login":
            return self._confirm(query)
        return 404, {}, "no such page"

    def _ask(self, query: dict[str, str]) -> Answer:
        wrong = (
            query.get("openid.ns") != OPENID2
            or query.get("openid.mode") != "checkid_setup"
            or query.get("openid.identity") != SELECT
            or not query.get("openid.return_to", "").startswith(query.get("openid.realm", "-"))
        )
        return (400, {}, "no request of OpenID 2.0") if wrong else consent("Steam", "/openid/decide", query)

    def _decide(self, query: dict[str, str]) -> Answer:
        if query["decision"] != "yes":
            return redirect(query["openid.return_to"], **{"openid.ns": OPENID2, "openid.mode": "cancel"})
        claimed = CLAIMED + self.steam_id
        fields = {
            "ns": OPENID2,
            "mode": "id_res",
            "op_endpoint": self.endpoint,
            "claimed_id": claimed,
            "identity": claimed,
            "return_to": query["openid.return_to"],
            "response_nonce": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}{secrets.token_urlsafe(9)}",
            "assoc_handle": "1234567890",
            "signed": ",".join(SIGNED),
        } | self.instead
        fields = {key: value for key, value in fields.items() if value}
        fields["sig"] = self._signature(fields)
        fields |= self.forged
        return redirect(query["openid.return_to"], **{f"openid.{key}": value for key, value in fields.items()})

    def _signature(self, fields: dict[str, str]) -> str:
        text = "".join(f"{name}:{fields.get(name, '')}\n" for name in fields["signed"].split(","))
        return base64.b64encode(hmac.digest(self._secret, text.encode(), "sha256")).decode()

    def _confirm(self, query: dict[str, str]) -> Answer:
        fields = {key.removeprefix("openid."): value for key, value in query.items()}
        nonce = fields.get("response_nonce", "")
        valid = (
            fields.get("mode") == "check_authentication"
            and nonce not in self._confirmed
            and hmac.compare_digest(self._signature(fields), fields.get("sig", ""))
        )
        self._confirmed.add(nonce)
        said = "true" if valid or self.credulous else "false"
        return 200, {"Content-Type": "text/plain"}, f"ns:{OPENID2}\nis_valid:{said}\n"


class IRacingPeer(Peer):
    """An OAuth 2 server: authorization code with PKCE (S256), a masked secret, and the profile endpoint."""

    client_id = "SimLane-tests"
    secret = "a secret that never leaves as it is"

    def __init__(self) -> None:
        super().__init__()
        #: Who is signed in at iRacing: what the profile endpoint says.
        self.profile: object = {"iracing_name": "Alicia Amber", "iracing_cust_id": 400001}
        #: Instead of a proper answer of these endpoints.
        self.token_answer: Answer | None = None
        self.profile_answer: Answer | None = None
        self._codes: dict[str, dict[str, str]] = {}
        self._tokens: set[str] = set()

    def answer(self, request: str, query: dict[str, str], headers: dict[str, str]) -> Answer:
        if request == "GET /oauth2/authorize":
            return self._ask(query)
        if request == "GET /oauth2/decide":
            return self._decide(query)
        if request == "POST /oauth2/token":
            return self.token_answer or self._trade(query)
        if request == "GET /oauth2/iracing/profile":
            if headers.get("Authorization", "").removeprefix("Bearer ") not in self._tokens:
                return self._json({"error": "invalid_token"}, 401)
            return self.profile_answer or self._json(self.profile)
        return 404, {}, "no such page"

    @staticmethod
    def _json(document: object, status: int = 200) -> Answer:
        return status, {"Content-Type": "application/json"}, json.dumps(document)

    def _ask(self, query: dict[str, str]) -> Answer:
        wrong = (
            query.get("client_id") != self.client_id
            or query.get("response_type") != "code"
            or query.get("code_challenge_method") != "S256"
            or not query.get("code_challenge")
            or query.get("scope") != "iracing.profile"
            or not query.get("redirect_uri", "").endswith("/accounts/iracing/login/callback/")
        )
        return (400, {}, "invalid_request") if wrong else consent("iRacing", "/oauth2/decide", query)

    def _decide(self, query: dict[str, str]) -> Answer:
        if query["decision"] != "yes":
            return redirect(query["redirect_uri"], error="access_denied", state=query["state"])
        code = secrets.token_urlsafe(9)
        self._codes[code] = query
        return redirect(query["redirect_uri"], code=code, state=query["state"])

    def _trade(self, query: dict[str, str]) -> Answer:
        asked = self._codes.pop(query.get("code", ""), {})
        challenge = base64.urlsafe_b64encode(hashlib.sha256(query.get("code_verifier", "").encode()).digest())
        masked = base64.b64encode(hashlib.sha256((self.secret + self.client_id.lower()).encode()).digest()).decode()
        if (
            query.get("grant_type") != "authorization_code"
            or query.get("client_id") != self.client_id
            or query.get("client_secret") != masked
            or query.get("redirect_uri") != asked.get("redirect_uri")
            or challenge.decode().rstrip("=") != asked.get("code_challenge")
        ):
            return self._json({"error": "invalid_grant"}, 400)
        token = secrets.token_urlsafe(9)
        self._tokens.add(token)
        return self._json({"access_token": token, "token_type": "Bearer", "expires_in": 600})
