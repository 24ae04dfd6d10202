"""The load of `benches/pages`: asks at a steady rate, whether or not what was asked before is answered."""

import asyncio, json, os, re, statistics, subprocess, sys, tempfile, time, urllib.parse

charter, folder, rate, seconds, listeners = sys.argv[1], sys.argv[2], *map(int, sys.argv[3:6])
PASSWORD = "correct horse battery staple"


class Connection:
    """A connection that is kept alive, for one request after the other."""

    def __init__(self, address):
        self.address, self.reader, self.writer = address, None, None

    async def ask(self, method, path, cookie="", body=""):
        if self.writer is None:
            host, port = self.address.split(":")
            self.reader, self.writer = await asyncio.open_connection(host, int(port))
        head = f"{method} {path} HTTP/1.1\r\nhost: {self.address}\r\naccept-encoding: gzip, br\r\n"
        if cookie:
            head += f"cookie: {cookie}\r\n"
        if body:
            head += f"content-type: application/x-www-form-urlencoded\r\ncontent-length: {len(body)}\r\n"
        self.writer.write(f"{head}\r\n{body}".encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode()
        status, size, body = int(head.split(" ")[1]), 0, b""
        length = re.search(r"(?i)\r\ncontent-length: (\d+)", head)
        if length:
            body = await self.reader.readexactly(int(length[1]))
        elif re.search(r"(?i)\r\ntransfer-encoding: chunked", head):
            while True:
                size = int(await self.reader.readuntil(b"\r\n"), 16)
                body += (await self.reader.readexactly(size + 2))[:size]
                if not size:
                    break
        if re.search(r"(?i)\r\nconnection: close", head):
            self.writer.close()
            self.writer = None
        return status, head, body


def plain(head, body):
    import gzip
    return gzip.decompress(body).decode() if "content-encoding: gzip" in head.lower() else body.decode()


async def form(address, path, cookie="", **fields):
    """Sends a form as a browser does, and gives back the answer's head, its body, and the session's cookie."""
    connection = Connection(address)
    if cookie:
        _, head, page = await connection.ask("GET", fields.pop("of", path), cookie)
        fields["form_token"] = re.search(r'name="form_token" value="([^"]+)"', plain(head, page))[1]
    status, head, body = await connection.ask("POST", path, cookie, urllib.parse.urlencode(fields, doseq=True))
    given = re.search(r"(?i)\r\nset-cookie: ([^;]+)", head)
    assert status in (200, 303), (path, status, plain(head, body)[-900:])
    return head, plain(head, body), given and given[1]


async def invited(address, operator, name, role, party=""):
    """The session of somebody who was invited."""
    _, said, _ = await form(address, "/people/invitations", operator, of="/people", login=f"{name}@example.org",
                            role=role, party=party)
    link = re.search(r"/invitation/[A-Za-z0-9_-]+", said)[0]
    return (await form(address, link, name=name, password=PASSWORD))[2]


async def load(address, asked, rate, seconds):
    """Milliseconds from when each request was due to its last byte, and the size of the last answer, by name."""
    took, sizes, idle, tasks = {}, {}, [], []

    async def one(name, path, cookie, due):
        connection = idle.pop() if idle else Connection(address)
        status, _, body = await connection.ask("GET", path, cookie)
        took.setdefault(name, []).append((time.perf_counter() - due) * 1000)
        sizes[name] = len(body)
        assert status == 200, (path, status)
        idle.append(connection)

    begin = time.perf_counter()
    for number in range(rate * seconds):
        due = begin + number / rate
        await asyncio.sleep(max(0, due - time.perf_counter()))
        name, path, cookie = asked[number % len(asked)]
        tasks.append(asyncio.create_task(one(name, path, cookie, due)))
    await asyncio.gather(*tasks)
    return took, sizes


def at(figures, part):
    return sorted(figures)[min(len(figures) - 1, int(len(figures) * part))]


def memory(pid):
    status = open(f"/proc/{pid}/status").read()
    return [int(re.search(rf"{name}:\s+(\d+)", status)[1]) / 1024 for name in ("VmRSS", "VmHWM")]


def processor(pid):
    fields = open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


PAGES = ["/", "/agreement", "/agreement?at=2031-01-01", "/agreement/changes", "/ask", "/sourcing", "/sourcing/lots",
         "/sourcing/five-77", "/sourcing/one-150", "/traffic", "/statements", "/statements/2025-11",
         "/statements/2025-11?line=0", "/ledger", "/position", "/journal", "/journal?before=50000", "/journal/77777",
         "/access", "/keys", "/do/bid?case=five-77"]


async def main(says, pid):
    address = says["address"].removeprefix("http://")
    path = says["set_up"].removeprefix(says["address"])
    operator = (await form(address, path, login="operator", name="operator", password=PASSWORD))[2]
    people = {"auditor": await invited(address, operator, "auditor", "auditor"),
              "lab openai": await invited(address, operator, "lab", "lab", "openai"),
              "holder microsoft": await invited(address, operator, "holder", "holder", "microsoft"),
              "bidder oracle": await invited(address, operator, "bidder", "bidder", "oracle")}
    asked, first = [], Connection(address)
    for who, cookie in people.items():
        slowest = 0
        for path in PAGES:
            begun = time.perf_counter()
            status, head, body = await first.ask("GET", path, cookie)
            slowest = max(slowest, time.perf_counter() - begun)
            # Not every area is open to everybody.
            if status == 200:
                asked.append(((who, path), path, cookie))
            else:
                assert status in (303, 403, 404), (who, path, status, plain(head, body)[-600:])
        print(f"{who}: the slowest page took {slowest * 1000:.0f} ms when it was asked for first")
    began, cost = time.perf_counter(), processor(pid)
    took, sizes = await load(address, asked, rate, seconds)
    spent = (processor(pid) - cost) / (time.perf_counter() - began)
    print(f"\n{rate} requests/s for {seconds} s, {os.cpu_count()} cores, load average {os.getloadavg()[0]:.1f}; "
          f"the server took {spent:.2f} of a processor")
    print(f"{'page':<46} {'median ms':>10} {'p99 ms':>8} {'kB sent':>8}")
    for (who, path), figures in took.items():
        late = "  over" if statistics.median(figures) >= 20 or at(figures, 0.99) >= 100 else ""
        print(f"{who + ' ' + path:<46} {statistics.median(figures):>10.1f} {at(figures, 0.99):>8.1f} "
              f"{sizes[who, path] / 1000:>8.1f}{late}")
    every = [figure for figures in took.values() for figure in figures]
    print(f"{'all':<46} {statistics.median(every):>10.1f} {at(every, 0.99):>8.1f}")
    await beside(first, people["auditor"], every)
    await heard(address, people["auditor"])
    print("memory: {:.0f} MiB resident, {:.0f} MiB at most".format(*memory(pid)))


async def beside(connection, cookie, every):
    """The home page's bytes as a file, served by nginx under the same load: what load and machine cost."""
    _, _, body = await connection.ask("GET", "/", cookie)
    with tempfile.TemporaryDirectory() as place:
        open(f"{place}/page", "wb").write(body)
        os.chmod(place, 0o755)
        open(f"{place}/conf", "w").write(f"""
            daemon off; pid {place}/pid; error_log /dev/null; worker_processes 2; events {{}}
            http {{ access_log off; server {{ listen 127.0.0.1:18480; root {place}; }} }}""")
        nginx = subprocess.Popen(["nginx", "-c", f"{place}/conf"], stderr=subprocess.DEVNULL)
        await asyncio.sleep(0.5)
        took, _ = await load("127.0.0.1:18480", [("nginx", "/page", "")], rate, 5)
        nginx.terminate()
        nginx.wait()
    file, ours = statistics.median(took["nginx"]), statistics.median(every)
    print(f"{'nginx, a file of the same size':<46} {file:>10.1f} {at(took['nginx'], 0.99):>8.1f}"
          f"          ours {ours / file:.1f} × at the median")


async def heard(address, cookie):
    """How long after `charter` was started an event that it entered has reached every listener."""
    streams = []
    for _ in range(listeners):
        reader, writer = await asyncio.open_connection(*address.split(":"))
        writer.write(f"GET /live HTTP/1.1\r\nhost: {address}\r\ncookie: {cookie}\r\n\r\n".encode())
        await reader.readuntil(b"\r\n\r\n")
        streams.append((reader, writer))
    entered, reached = [], []
    for number in range(5):
        listening = [asyncio.create_task(reader.readuntil(b"event: changed")) for reader, _ in streams]
        begun = time.perf_counter()
        entering = await asyncio.create_subprocess_exec(
            charter, "-C", folder, "declare", "--by", "oracle", "--class", "GB200", "--count", str(100_000 + number),
            stdout=subprocess.DEVNULL)
        assert await entering.wait() == 0
        entered.append(time.perf_counter() - begun)
        await asyncio.wait_for(asyncio.gather(*listening), 30)
        reached.append(time.perf_counter() - begun)
        await asyncio.sleep(0.5)
    print(f"\n{listeners} listeners heard of an event {statistics.median(reached):.2f} s ({max(reached):.2f} s at most) after "
          f"`charter` was started to enter it, which took {statistics.median(entered):.2f} s")
    for _, writer in streams:
        writer.close()


server = subprocess.Popen([charter, "-C", folder, "serve", "--listen", "127.0.0.1:0", "--json"], stdout=subprocess.PIPE)
try:
    began = time.perf_counter()
    says = json.loads(server.stdout.readline())
    print(f"the server listened after {time.perf_counter() - began:.2f} s")
    asyncio.run(main(says, server.pid))
finally:
    server.terminate()
    server.wait()
