"""A real Keycloak on this machine, and the administrator's calls that the tests need."""

import json
import os
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path
from string import Template

import httpx

HERE = Path(__file__).parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "prividium"
VERSIONS = dict(line.split("=") for line in (HERE / "versions").read_text().split())
INSTALLED = CACHE / f"keycloak-{VERSIONS['KEYCLOAK_VERSION']}"
START_SECONDS_MAX = 600


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Keycloak:
    """Its own data, in memory; the program itself is shared with other runs and never written to.

    It is reached as `localhost`, the node as `127.0.0.1`: for a browser these are two sites.
    """

    def __init__(self, folder: Path) -> None:
        assert INSTALLED.is_dir(), f"{INSTALLED} is missing; run `make setup-browser`"
        self.url = f"http://localhost:{free_port()}"
        self._password = secrets.token_urlsafe(16)
        self._log = folder / "keycloak.log"
        for part in ("bin", "conf", "lib", "providers", "themes"):
            (folder / part).symlink_to(INSTALLED / part)
        arguments = ["--optimized", "--http-enabled=true", "--http-host=127.0.0.1", "--cache=local"]
        arguments += [f"--http-port={httpx.URL(self.url).port}", f"--hostname={self.url}", f"-Dkc.home.dir={folder}"]
        command = ["sh", str(INSTALLED / "bin/kc.sh"), "start", *arguments]
        environment = {
            **os.environ,
            "KC_BOOTSTRAP_ADMIN_USERNAME": "admin",
            "KC_BOOTSTRAP_ADMIN_PASSWORD": self._password,
        }
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                command, env=environment, cwd=folder, stdout=log, stderr=log, start_new_session=True
            )
        self._http = httpx.Client(base_url=self.url, timeout=60, trust_env=False)

    def wait(self) -> None:
        """Return when it serves."""
        deadline = time.monotonic() + START_SECONDS_MAX
        while time.monotonic() < deadline and self._process.poll() is None:
            try:
                if self._http.get("/realms/master").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise AssertionError(f"Keycloak does not serve:\n{self._log.read_text()[-4_000:]}")

    def stop(self) -> None:
        self._http.close()
        self._process.terminate()
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            # The shell script that started Java is not all of it.
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def realm_url(self, realm: str) -> str:
        return f"{self.url}/realms/{realm}"

    def import_realm(self, realm: str, issuer_id: str, node_url: str, client_secret: str) -> None:
        text = (HERE / "realm.json").read_text()
        values = {"realm": realm, "issuer": issuer_id, "node": node_url, "secret": client_secret}
        self.call("POST", "/admin/realms", json.loads(Template(text).substitute(values)))

    def call(self, method: str, path: str, body: object = None) -> httpx.Response:
        grant = {"grant_type": "password", "client_id": "admin-cli", "username": "admin", "password": self._password}
        token = self._http.post("/realms/master/protocol/openid-connect/token", data=grant).json()["access_token"]
        answer = self._http.request(method, path, json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.is_success, (method, path, answer.status_code, answer.text)
        return answer

    def user_id(self, realm: str, username: str) -> str:
        (user,) = self.call("GET", f"/admin/realms/{realm}/users?exact=true&username={username}").json()
        return str(user["id"])

    def set_role(self, realm: str, username: str, role: str, held: bool) -> None:
        found = self.call("GET", f"/admin/realms/{realm}/roles/{role}").json()
        path = f"/admin/realms/{realm}/users/{self.user_id(realm, username)}/role-mappings/realm"
        self.call("POST" if held else "DELETE", path, [found])

    def sessions(self, realm: str, username: str) -> list[str]:
        path = f"/admin/realms/{realm}/users/{self.user_id(realm, username)}/sessions"
        return [str(session["id"]) for session in self.call("GET", path).json()]

    def sign_with(self, realm: str, algorithm: str) -> None:
        """The algorithm of the client's ID tokens."""
        (client,) = self.call("GET", f"/admin/realms/{realm}/clients?clientId=prividium").json()
        client["attributes"]["id.token.signed.response.alg"] = algorithm
        self.call("PUT", f"/admin/realms/{realm}/clients/{client['id']}", client)
