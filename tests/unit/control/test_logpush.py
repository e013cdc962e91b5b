"""Logs pushed elsewhere: each at least once, encrypted where a gateway has a key, and no secret told."""

from __future__ import annotations

import base64
import gzip
import json
from typing import TYPE_CHECKING

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from receiver import CREDENTIALS, Receiver
from torana.control.audit import MASK, Search, find_entries
from torana.control.gateway_settings import GatewaySettings
from torana.control.logpush import jobs, pusher
from torana.control.logpush.jobs import Job, Wish, create_job, delete_job, find_job, list_jobs, update_job
from torana.control.logpush.pusher import Pusher
from torana.control.logpush.targets import Address, Bucket, Destination, Folder, open_sender
from torana.control.operations import Store, create_gateway, ensure_default, open_store, update_gateway
from torana.control.refusals import InvalidInput, NoSuchThing
from torana.control.turns import open_ingester
from torana.errors import KeyUnreadable
from torana.journal import Journal
from torana.settings import Settings
from unit.storage.records import log_id, make_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PRIVATE = rsa.generate_private_key(65537, 2048)
PUBLIC = (
    PRIVATE.public_key()
    .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    .decode()
)


class Place:
    """A store whose gateway `default` pushes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.settings = Settings(data_dir=str(folder), allow_private_upstreams="127.0.0.0/8")
        self.store: Store = open_store(self.settings)
        self.account = ensure_default(self.store).id
        self.let("default", logpush=True)
        self.ingester = open_ingester(self.settings, self.store)
        self.journal = Journal(folder / "journal", "w", 1 << 30)
        self.journal.open()
        self.pusher = self.new_pusher()

    def new_pusher(self) -> Pusher:
        return Pusher(self.store, open_sender(self.settings))

    def let(self, gateway_id: str, **settings: object) -> None:
        update_gateway(self.store, self.account, gateway_id, msgspec.convert(settings, GatewaySettings))

    def bring(self, *numbers: int, **changed: object) -> None:
        for number in numbers:
            assert self.journal.append(make_record(number, account_id=self.account, **changed))
        self.ingester.run_once()

    def job(self, destination: Destination, **changed: object) -> Job:
        plain = {"name": "j", "gateways": None, "enabled": True, "interval_s": 0, "most_logs": 100}
        wish = msgspec.structs.replace(Wish(**plain, destination=destination), **changed)  # type: ignore[arg-type]  # a dict of all kinds
        return create_job(self.store, self.account, wish)

    def push(self) -> None:
        while self.pusher.run_once():
            pass

    def state(self, job: Job) -> Job:
        return find_job(self.store, self.account, job.id)


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setenv("NO_PROXY", "*")
    made = Place(tmp_path)
    yield made
    made.journal.close()
    made.ingester.close()
    made.store.close()


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as opened:
        yield opened


def bucket(receiver: Receiver, **changed: object) -> Bucket:
    made = Bucket(
        bucket="logs",
        region="us-east-1",
        access_key_id=CREDENTIALS.access_key_id,
        secret_access_key=CREDENTIALS.secret_access_key,
        endpoint=receiver.url,
        prefix="torana/a b",
    )
    return msgspec.structs.replace(made, **changed)


def opened(sealed: object) -> bytes:
    """With the private key, as docs/compatibility.md says it is done."""
    assert isinstance(sealed, dict)
    assert sealed.keys() == {"key", "iv", "data"}
    key, iv, data = (base64.b64decode(sealed[name]) for name in ("key", "iv", "data"))
    secret = PRIVATE.decrypt(key, padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    return AESGCM(secret).decrypt(iv, data, None)


def test_a_folder_gets_files_of_lines(place: Place) -> None:
    place.bring(1)
    job = place.job(Folder("one/two"))
    place.bring(2, 3, metadata='{"user":"u"}')
    place.push()
    [file] = (place.folder / "logpush" / "one" / "two").rglob("*.log.gz")
    assert file.parent.name == "20261118"
    lines = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    assert [line["ID"] for line in lines] == [log_id(2), log_id(3)], "what was there before the job stays"
    plain = lines[0]
    assert (plain["Gateway"], plain["StatusCode"], plain["Provider"], plain["Model"]) == (
        *("default", 200, "openai"),
        "gpt-4o",
    )
    assert (plain["Metadata"], plain["RequestBody"], plain["ResponseBody"]) == ('{"user":"u"}', "request 2", "answer 2")
    state = place.state(job)
    assert (state.pushed, state.failures, place.pusher.pushed[job.id]) == (2, 0, 2)
    assert state.last_success_ms


def test_with_a_key_only_its_owner_reads_bodies_and_metadata(place: Place, receiver: Receiver) -> None:
    place.let("default", logpush=True, logpush_public_key=PUBLIC)
    place.job(Address(url=receiver.url + "/in", headers={"x-token": "t"}))
    place.bring(1, 2, metadata='{"user":"u"}', request_body="grüß".encode())
    place.push()
    [taken] = receiver.taken
    assert (taken.method, taken.path, taken.headers["x-token"]) == ("POST", "/in", "t")
    assert (taken.headers["content-encoding"], taken.headers["content-type"]) == ("gzip", "application/x-ndjson")
    one, two = taken.lines()
    assert opened(one["Metadata"]) == b'{"user":"u"}'
    assert opened(one["RequestBody"]).decode() == "grüß"
    assert opened(two["ResponseBody"]) == b"answer 2"
    assert one["Model"] == "gpt-4o"
    keys = {json.dumps(line[name]) for line in (one, two) for name in ("Metadata", "RequestBody", "ResponseBody")}
    assert len(keys) == 6
    assert len({line["RequestBody"]["key"] for line in (one, two)}) == 2, "a key of its own for each log"  # type: ignore[index]  # an object
    assert b"gpt-4o" in gzip.decompress(taken.body)
    assert b"answer" not in gzip.decompress(taken.body)


def test_a_bucket_gets_signed_objects(place: Place, receiver: Receiver) -> None:
    job = place.job(bucket(receiver))
    place.bring(1)
    place.push()
    [taken] = receiver.taken
    assert taken.path.startswith("/logs/torana/a%20b/20261118/20261118T110640Z_20261118T110640Z_")
    assert [line["ID"] for line in taken.lines()] == [log_id(1)]
    update_job(
        place.store,
        place.account,
        job.id,
        msgspec.structs.replace(job.wish, destination=bucket(receiver, secret_access_key="x")),
    )
    place.bring(2)
    place.push()
    state = place.state(job)
    assert (receiver.refused, len(receiver.taken), state.failures) == (1, 1, 1)
    assert "status 403" in state.last_error


def test_what_failed_is_sent_again_after_a_pause_that_grows(place: Place, receiver: Receiver) -> None:
    now = [1000.0]
    place.pusher = Pusher(place.store, open_sender(place.settings), lambda: now[0])
    job = place.job(Address(url=receiver.url))
    receiver.status = 503
    place.bring(1, 2)
    for waits in (1, 2, 4, 8):
        place.push()
        before = receiver.refused
        now[0] += waits - 0.1
        place.push()
        assert receiver.refused == before, "it rests"
        now[0] += 0.2
    state = place.state(job)
    assert (state.failures, place.pusher.failed[job.id], state.pushed, state.position) == (4, 4, 0, job.position)
    assert state.last_error == "http://127.0.0.1 answered with status 503"
    assert jobs.lag_ms(place.store, state, ["default"]) > 0
    receiver.status = 200
    place.push()
    assert [line["ID"] for line in receiver.lines()] == [log_id(1), log_id(2)]
    assert (place.state(job).failures, jobs.lag_ms(place.store, place.state(job), ["default"])) == (0, 0)


def test_a_process_that_dies_before_it_notes_sends_again_under_the_same_name(
    place: Place, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.job(bucket(receiver))
    place.bring(1, 2)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(pusher, "note", die)
        with pytest.raises(KeyboardInterrupt):
            place.push()
    place.pusher = place.new_pusher()
    place.push()
    first, again = receiver.taken
    assert (first.path, first.lines()) == (again.path, again.lines())


def test_batches_are_as_large_as_was_asked_and_wait_for_more(place: Place, receiver: Receiver) -> None:
    place.job(Address(url=receiver.url), most_logs=2, interval_s=3600)
    place.bring(1, 2, 3)
    place.push()
    assert [len(one.lines()) for one in receiver.taken] == [2], "the third waits for a fourth"
    place.bring(4)
    place.push()
    assert [line["ID"] for line in receiver.lines()] == [log_id(number) for number in (1, 2, 3, 4)]


def test_a_batch_ends_where_it_grows_too_large(
    place: Place, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pusher, "_MOST_BYTES", 1000)
    place.job(Address(url=receiver.url))
    place.bring(1, 2, 3, request_body=b"x" * 900)
    for _ in range(3):
        place.pusher.run_once()
    assert [len(one.lines()) for one in receiver.taken] == [1, 1, 1]


def test_only_gateways_that_push_are_pushed(place: Place, receiver: Receiver) -> None:
    for name in ("quiet", "other"):
        create_gateway(place.store, place.account, name)
    place.let("other", logpush=True)
    place.job(Address(url=receiver.url + "/all"))
    place.job(Address(url=receiver.url + "/one"), gateways=["other", "quiet"])
    place.job(Address(url=receiver.url + "/off"), enabled=False)
    place.bring(1)
    place.bring(2, gateway_id="quiet")
    place.bring(3, gateway_id="other")
    place.push()
    found = sorted((one.path, [line["Gateway"] for line in one.lines()]) for one in receiver.taken)
    assert found == [("/all", ["default", "other"]), ("/one", ["other"])]


def test_a_redirect_is_a_failure(place: Place, receiver: Receiver) -> None:
    receiver.status = 307
    job = place.job(Address(url=receiver.url))
    place.bring(1)
    place.push()
    assert (receiver.taken, receiver.refused) == ([], 1)
    assert "status 307" in place.state(job).last_error


def test_nobody_there_is_told_without_secrets(place: Place) -> None:
    job = place.job(Address(url="http://127.0.0.1:9/in?token=hush"))
    place.bring(1)
    place.push()
    assert "cannot be reached" in place.state(job).last_error
    assert "hush" not in place.state(job).last_error


def test_secrets_lie_nowhere_in_the_clear(place: Place, receiver: Receiver) -> None:
    secret = "a-secret-that-nobody-guesses"
    for destination in (
        bucket(receiver, secret_access_key=secret, session_token=secret),
        Address(url=f"{receiver.url}?token={secret}", headers={"x-own": secret}),
    ):
        job = place.job(destination)
        assert find_job(place.store, place.account, job.id).wish.destination == destination
        assert secret not in str(jobs.shown(job.wish))
        update_job(place.store, place.account, job.id, job.wish)
    with place.store.database.reader.connect() as connection:
        told = find_entries(connection, place.account, Search(resource_type="ai_gateway.logpush_job"))
    assert (told.total, secret.encode() in msgspec.json.encode(told)) == (4, False)
    files = [path for path in place.folder.rglob("*") if path.is_file()]
    assert not [path for path in files if secret.encode() in path.read_bytes()]


def test_a_secret_that_comes_back_masked_stays(place: Place, receiver: Receiver) -> None:
    for destination in (bucket(receiver), Address(url=f"{receiver.url}?key=k", headers={"a": "b"})):
        job = place.job(destination)
        back = msgspec.convert(jobs.shown(job.wish), Wish)
        assert back.destination != destination
        changed = update_job(place.store, place.account, job.id, msgspec.structs.replace(back, name="new"))
        assert (changed.wish.name, changed.wish.destination) == ("new", destination)
    with pytest.raises(InvalidInput, match="not there"):
        place.job(bucket(receiver, secret_access_key=MASK))


@pytest.mark.parametrize(
    "bad",
    [
        Folder("/etc"),
        Folder("a/../../b"),
        Address(url="file:///etc/passwd"),
        Address(url="http://user:secret@host/"),
        Address(url="http:///"),
        Address(url="http://h/", headers={"a": "b\r\nc: d"}),
        Bucket(bucket="a/b", region="r", access_key_id="k", secret_access_key="s"),
        Bucket(bucket="a", region="r", access_key_id="k", secret_access_key="s", prefix="../x"),
        Bucket(bucket="a", region="r", access_key_id="k", secret_access_key="s", endpoint="gopher://h"),
    ],
)
def test_destinations_that_cannot_be_are_refused(place: Place, bad: Destination) -> None:
    with pytest.raises(InvalidInput):
        place.job(bad)
    assert list_jobs(place.store) == []


def test_a_lost_key_is_told_and_the_job_can_be_deleted(place: Place) -> None:
    job = place.job(Folder("x"))
    (place.folder / "master.key").write_text("11" * 32)
    place.store.masters.now()
    with pytest.raises(KeyUnreadable, match=r"master\.key"):
        place.state(job)
    delete_job(place.store, place.account, job.id)
    with pytest.raises(NoSuchThing):
        place.state(job)


@pytest.mark.parametrize(
    "pem",
    [
        "no key at all, really",
        ec.generate_private_key(ec.SECP256R1())
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
    ],
)
def test_a_gateway_takes_no_key_that_nothing_can_be_encrypted_with(place: Place, pem: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        place.let("default", logpush=True, logpush_public_key=pem)
    assert caught.value.path[-1] == "logpush_public_key"


def test_an_authority_that_cannot_be_read_is_told_at_the_start(place: Place) -> None:
    with pytest.raises(OSError, match="No such file"):
        open_sender(msgspec.structs.replace(place.settings, upstream_ca=str(place.folder / "nothing.pem")))
